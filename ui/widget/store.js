// What a browser keeps for one widget on one site, and what its tabs tell each other.

export function openStore(widget) {
  const name = `answerdesk.${widget}`;
  const memory = new Map(); // where storage is forbidden, a value lasts as long as the page
  const channel = new BroadcastChannel(name);

  const area = (key) => (key.startsWith("tab.") ? sessionStorage : localStorage);

  function read(key) {
    try {
      const kept = area(key).getItem(`${name}.${key}`);
      return kept === null ? (memory.get(key) ?? null) : JSON.parse(kept);
    } catch {
      return memory.get(key) ?? null;
    }
  }

  function write(key, value) {
    memory.set(key, value);
    try {
      if (value === null) area(key).removeItem(`${name}.${key}`);
      else area(key).setItem(`${name}.${key}`, JSON.stringify(value));
    } catch {
      // Kept in memory.
    }
  }

  /** The rest of the names that begin with `prefix`. */
  function list(prefix) {
    const found = new Set();
    for (const key of memory.keys()) if (key.startsWith(prefix)) found.add(key);
    try {
      for (let at = 0; at < localStorage.length; at += 1) {
        const key = localStorage.key(at);
        if (key.startsWith(`${name}.${prefix}`)) found.add(key.slice(name.length + 1));
      }
    } catch {
      // Kept in memory.
    }
    const names = [];
    for (const key of found) if (read(key) !== null) names.push(key.slice(prefix.length));
    return names;
  }

  /** Runs `work` in one tab of the browser at a time, where the browser can promise that. */
  function alone(what, work, signal) {
    const locks = navigator.locks; // only in secure contexts
    return locks ? locks.request(`${name}.${what}`, { signal }, work) : work();
  }

  return {
    read,
    write,
    list,
    alone,
    tell: (kind, value) => channel.postMessage({ kind, value }),
    hear: (listener) => {
      channel.onmessage = ({ data }) => listener(data.kind, data.value);
    },
    close: () => channel.close(),
  };
}
