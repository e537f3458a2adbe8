// The way to the desk: what the browser keeps, the session, calls and their events.

const SILENCE_MS = 30_000; // a heartbeat comes every ten seconds

export const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    window.addEventListener("online", resolve, { once: true });
    signal?.addEventListener("abort", resolve, { once: true });
  });

// Milliseconds until another try; null for never.
function patience({ status, code, seconds }, tries) {
  const wait = 1000 * (seconds ?? Math.min(30, 2 ** tries)) * (1 + Math.random() / 3);
  const isLost = !status && (tries < 8 || !navigator.onLine);
  const isBusy = tries < 5 && (status === 429 || status > 500);
  return isLost || isBusy || code === "turn_in_progress" ? wait : null;
}

/** Tries `work` until it succeeds, is hopeless, or `signal` says stop. */
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

/** An answer that says no, as an error. */
export const refusal = ({ detail, ...problem }) => Object.assign(new Error(detail), problem);

export async function checked(response) {
  if (response.ok) return response;
  const { status, headers } = response;
  const problem = await response.json().catch(() => ({ detail: `HTTP ${status}` }));
  throw refusal({ ...problem, status, seconds: headers.get("Retry-After") });
}

/** What the tabs of a browser share. */
export function openStore(name) {
  const memory = {}; // where storage is forbidden
  const lines = {};
  const channel = new BroadcastChannel(name);
  let locks = null; // only in secure contexts, and not where storage is forbidden
  try {
    locks = localStorage && navigator.locks;
  } catch {}
  return {
    read(key) {
      try {
        return JSON.parse(localStorage.getItem(`${name}.${key}`));
      } catch {
        return memory[key] ?? null;
      }
    },
    write(key, value) {
      try {
        localStorage.setItem(`${name}.${key}`, JSON.stringify(value));
      } catch {
        memory[key] = value;
      }
    },
    /** Runs `work` once at a time, in all tabs where there are locks. */
    alone(what, signal, work) {
      if (locks) return locks.request(`${name}.${what}`, { signal }, work);
      return (lines[what] = Promise.resolve(lines[what]).then(work, work));
    },
    isShared: !!locks,
    channel,
    tell: (kind, value) => channel.postMessage([kind, value]),
  };
}

/** Calls in the visitor's session. */
export function connect({ base, widget, language, frame, store, onSession }) {
  let identity = null;

  async function send(path, { body, method = body ? "POST" : "GET", events, signal }, token) {
    const headers = { "Accept-Language": language };
    if (events) headers.Accept = "text/event-stream";
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    return checked(await fetch(base + path, { method, headers, signal, body: JSON.stringify(body) }));
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
    const fresh = async () => {
      await pause(100); // what another tab has stored takes a moment
      return kept() || (await renew()).token;
    };
    return kept() || store.alone("session", undefined, fresh);
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

    /** [name, data] of every event until the stream ends or falls silent. */
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
            const [, name] = /^event: (\w+)/m.exec(block) ?? [];
            if (name) yield [name, JSON.parse(/^data: ([^\r\n]+)/m.exec(block)[1])];
          }
        }
      } finally {
        reader.cancel().catch(() => {});
      }
    },

    identify(statement) {
      identity = statement;
      return statement && store.alone("session", undefined, renew);
    },
  };
}
