// The way to the desk: what the browser keeps, the session and its token, calls and their events.

const SILENCE_MS = 30_000; // a heartbeat comes every ten seconds

/** Waits, at most until the network is back or `signal` says stop. */
export const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    window.addEventListener("online", resolve, { once: true });
    signal.addEventListener("abort", resolve, { once: true });
  });

// Milliseconds until a failed call is worth another try; null when it is not.
function patience({ status, code, seconds }, tries) {
  const wait = 1000 * (seconds ?? Math.min(30, 2 ** tries)) * (1 + Math.random() / 3);
  if (!status || code === "turn_in_progress") return wait;
  return tries < 5 && (status === 429 || status > 500) ? wait : null;
}

/** Does `work`, again and again until it succeeds, is hopeless, or `signal` says stop. */
export async function insist(work, signal, onWait) {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const wait = signal.aborted ? 0 : patience(error, tries);
      if (wait === null) throw error;
      onWait?.(error, wait);
      await pause(wait, signal);
    }
  }
}

/** An answer that says no: an error with `status`, `code`, and perhaps `seconds` to wait. */
export const refusal = ({ detail, ...problem }) => Object.assign(new Error(detail), problem);

export async function checked(response) {
  if (response.ok) return response;
  const { status, headers } = response;
  const problem = await response.json().catch(() => ({ detail: `HTTP ${status}` }));
  throw refusal({ ...problem, status, seconds: headers.get("Retry-After") ?? undefined });
}

/** What the tabs of a browser share: values, words to each other, and turns at work. */
export function openStore(name) {
  const memory = {}; // where storage is forbidden
  const lines = {};
  const channel = new BroadcastChannel(name);
  let locks = null; // only in secure contexts, and not where storage is forbidden
  try {
    locks = window.localStorage && navigator.locks;
  } catch {}
  return {
    read(key, area = "localStorage") {
      try {
        return JSON.parse(window[area].getItem(`${name}.${key}`));
      } catch {
        return memory[key] ?? null;
      }
    },
    write(key, value, area = "localStorage") {
      try {
        window[area].setItem(`${name}.${key}`, JSON.stringify(value));
      } catch {
        memory[key] = value;
      }
    },
    /** Runs `work` in one tab at a time; without locks once at a time in this one. */
    alone(what, signal, work) {
      if (locks) return locks.request(`${name}.${what}`, { signal }, work);
      return (lines[what] = Promise.resolve(lines[what]).then(work, work));
    },
    isShared: !!locks,
    channel,
    tell: (kind, value) => channel.postMessage([kind, value]),
  };
}

/** Calls in the session of the widget's visitor; `onReach(reached)`, `onSession(session)`. */
export function connect({ base, widget, language, frame, store, onReach, onSession }) {
  let identity = null;

  async function send(path, { body, method = body ? "POST" : "GET", events, signal }, token) {
    const headers = { "Accept-Language": language, Accept: events ? "text/event-stream" : "*/*" };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(base + path, { method, headers, signal, body: JSON.stringify(body) });
      onReach(true);
      return await checked(response);
    } catch (error) {
      if (!error.status && !signal?.aborted) onReach(false);
      throw error;
    }
  }

  async function renew() {
    const body = { widget, language, frame, identity, visitor: store.read("visitor") };
    const session = await (await send("session", { body })).json();
    store.write("visitor", session.visitor);
    store.write("token", { value: session.token, ends: Date.now() + 1000 * session.expires_in });
    onSession(session);
    return session;
  }

  function token(spent) {
    const kept = () => {
      const { value, ends } = store.read("token") ?? {};
      return value !== spent && ends > Date.now() + 20_000 && value;
    };
    return kept() || store.alone("session", undefined, async () => kept() || (await renew()).token);
  }

  async function call(path, request = {}) {
    const first = await token();
    try {
      return await send(path, request, first);
    } catch (error) {
      if (error.status !== 401) throw error;
      return send(path, request, await token(first));
    }
  }

  return {
    call,
    json: async (path, request) => (await call(path, request)).json(),

    /** Yields [name, data] of every event, until the stream ends or falls silent. */
    async *events(path, request) {
      const reader = (await call(path, { ...request, events: true })).body.getReader();
      const decoder = new TextDecoder();
      let rest = "";
      try {
        for (;;) {
          const timer = setTimeout(() => reader.cancel(), SILENCE_MS);
          const { done, value } = await reader.read();
          clearTimeout(timer);
          if (done) return;
          const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
          rest = blocks.pop();
          for (const block of blocks) {
            const [, name] = /^event: (.*)$/m.exec(block) ?? [];
            if (name) yield [name, JSON.parse(/^data: (.*)$/m.exec(block)[1])];
          }
        }
      } finally {
        reader.cancel().catch(() => {});
      }
    },

    /** A session as whom the site says the visitor is; as nobody in particular for null. */
    identify(statement) {
      identity = statement;
      return statement && store.alone("session", undefined, renew);
    },
  };
}
