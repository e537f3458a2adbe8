// Calls to AnswerDesk: the session and its token, refusals as errors, and how long to wait.

const MARGIN_MS = 20_000; // a token is renewed before it ends
const LONGEST_MS = 30_000;

/** An answer that says no. `seconds` is how long the server asks us to wait, if it does. */
export class Refusal extends Error {
  constructor(status, problem, seconds) {
    super(problem.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.seconds = seconds;
  }
}

/** The JSON of a response; raises `Refusal`. */
export async function accept(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After")) || undefined;
  throw new Refusal(response.status, problem, seconds);
}

/** Milliseconds until a failed call is worth another try; null when it is not. */
export function patience(error, tries) {
  const jitter = 1 + Math.random() / 4;
  const backOff = Math.min(LONGEST_MS, 1000 * 2 ** tries) * (0.5 + Math.random() / 2);
  if (!(error instanceof Refusal)) return backOff; // the connection
  if (error.code === "turn_in_progress") return 1000 * (error.seconds ?? 1) * jitter;
  if (tries >= 5) return null;
  if (error.status === 429 || error.status === 503) {
    return error.seconds ? 1000 * error.seconds * jitter : backOff;
  }
  return error.status > 500 ? backOff : null;
}

/** Waits, at most until the connection is back. Never fails. */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("online", end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}

export class Api {
  identity = null;
  #given;
  #renewing = null;

  /** `reached` is told whether the server could be reached, `renewed` of every new session. */
  constructor(given) {
    this.#given = given;
  }

  /** The response to a call in the visitor's session. Raises `Refusal`, or TypeError when lost. */
  async call(path, request = {}) {
    const token = await this.#token();
    try {
      return await this.#send(path, { ...request, token });
    } catch (error) {
      if (error.status !== 401) throw error;
      return this.#send(path, { ...request, token: await this.#token(token) });
    }
  }

  /** As `call`, but the JSON of it. */
  async json(path, request) {
    const response = await this.call(path, request);
    return response.status === 204 ? null : response.json();
  }

  /** A new token for the same visitor, or for a new one; what the server says of them. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #token(spent) {
    const { store } = this.#given;
    const kept = () => {
      const { value, ends } = store.read("token") ?? {};
      return value !== spent && ends > Date.now() + MARGIN_MS ? value : null;
    };
    return (
      kept() ??
      store.alone("session", async () => kept() ?? (await this.renew()).token)
    );
  }

  async #renew() {
    const { store, widget, language, frame, renewed } = this.#given;
    const body = { widget, visitor: store.read("visitor"), language, frame, identity: this.identity };
    const response = await this.#send("widget/session", { body });
    const session = await response.json();
    store.write("visitor", session.visitor);
    store.write("token", { value: session.token, ends: Date.now() + 1000 * session.expires_in });
    renewed(session);
    return session;
  }

  async #send(path, { method, body, token, events, signal }) {
    const { base, language, reached } = this.#given;
    const headers = { "Accept-Language": language, Accept: "application/json" };
    if (events) headers.Accept = "text/event-stream";
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(base + path, {
        method: method ?? (body ? "POST" : "GET"),
        headers,
        body: body && JSON.stringify(body),
        signal,
        cache: "no-store",
      });
    } catch (error) {
      if (!signal?.aborted) reached(false);
      throw error;
    }
    reached(true);
    return accept(response);
  }
}
