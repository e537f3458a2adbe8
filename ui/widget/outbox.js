// The visitor's messages on their way. Each has an id from the start: sent twice, it is said once.

import { patience, pause, Refusal } from "./api.js";
import { readEvents } from "./sse.js";

const RESEND_MS = 5 * 60_000; // an older message is sent again only when the visitor says so
const FORGET_MS = 24 * 60 * 60_000;
const MIRROR_MS = 2 * 60_000; // a tab that says no more has died

function newId() {
  let id = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) {
    id += byte.toString(16).padStart(2, "0");
  }
  return id;
}

export class Outbox {
  context = {}; // what the site tells with every message
  view;

  #messages = new Map(); // by id: this tab's and, mirrored, those of the other tabs
  #line = Promise.resolve();
  #api;
  #store;
  #delivered;
  #failed;

  /** `delivered(finished)` is called before a message is forgotten, `failed(error)` after. */
  constructor({ api, store, delivered, failed }) {
    this.#api = api;
    this.#store = store;
    this.#delivered = delivered;
    this.#failed = failed;
  }

  get busy() {
    for (const message of this.#messages.values()) if (!message.failed) return true;
    return false;
  }

  /** Send `text`; its id. */
  send(text) {
    const id = newId();
    const at = Date.now();
    this.#store.write(`out.${id}`, { text, at });
    this.#store.tell("pending", { id, text });
    this.#queue({ id, text, at });
    return id;
  }

  stop(id) {
    this.#messages.get(id)?.control?.abort();
  }

  retry(id) {
    const message = this.#messages.get(id);
    if (message?.failed) this.#queue(message);
  }

  /** What an earlier page had on its way when it was left. */
  resend() {
    const now = Date.now();
    for (const id of this.#store.list("out.")) {
      const { text, at } = this.#store.read(`out.${id}`);
      const known = this.#messages.get(id);
      if (now - at > FORGET_MS) this.#store.write(`out.${id}`, null);
      else if (known && !known.mirrored) continue;
      else if (now - at < RESEND_MS) this.#queue({ id, text, at });
      else this.#fail(this.#add({ id, text, at }), new TypeError("not sent"));
    }
  }

  /** The message that has become `entry`, which is then no longer on its way. */
  claim({ id, kind, question, text }) {
    if (kind !== "turn" && kind !== "visitor") return null;
    let found = this.#messages.get(id);
    for (const message of this.#messages.values()) {
      if (!found && message.text === (question ?? text)) found = message;
    }
    if (found) this.#forget(found);
    return found;
  }

  /** Show what another tab is sending. */
  mirror({ id, text }) {
    if (this.#messages.has(id)) return;
    this.#add({ id, text, mirrored: true });
    setTimeout(() => this.unmirror(id), MIRROR_MS);
  }

  unmirror(id) {
    if (!this.#messages.get(id)?.mirrored) return;
    this.#messages.delete(id);
    this.view.settle(id, null);
  }

  /** The page is left: what it was sending is another's to send. */
  leave() {
    for (const { id, mirrored } of this.#messages.values()) {
      if (!mirrored) this.#store.tell("gone", id);
    }
  }

  /** Forget all of it. */
  clear() {
    for (const message of this.#messages.values()) message.control?.abort();
    this.#messages.clear();
    for (const id of this.#store.list("out.")) this.#store.write(`out.${id}`, null);
  }

  #add(message) {
    this.#messages.set(message.id, message);
    this.view.pending(message);
    return message;
  }

  #queue(message) {
    message.control = new AbortController();
    message.failed = false;
    this.#add(message);
    this.#line = this.#line.then(() => this.#deliver(message));
  }

  async #deliver(message) {
    const { signal } = message.control;
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        const finished = await this.#attempt(message, signal);
        this.#delivered(finished);
        // Where the entry was there before, nothing has claimed the message.
        if (this.#messages.has(message.id)) {
          this.#forget(message);
          this.view.settle(message.id, null);
        }
        return;
      } catch (error) {
        const wait = signal.aborted ? 0 : patience(error, tries);
        if (wait === null) return this.#fail(message, error);
        if (wait) this.view.waiting(message, error, wait);
        await pause(wait, signal);
      }
    }
    this.#forget(message);
    this.#store.tell("gone", message.id);
    this.view.stopped(message);
  }

  /** One try: what `finished` says. Raises `Refusal`, or TypeError when the connection is lost. */
  async #attempt(message, signal) {
    Object.assign(message, { said: "", citations: [], step: "" });
    const context = Object.keys(this.context).length > 0 ? this.context : undefined;
    const body = { message: message.text, id: message.id, context };
    const response = await this.#api.call("widget/chat", { body, events: true, signal });
    for await (const { name, data } of readEvents(response)) {
      if (name === "finished") return { ...data, id: message.id };
      if (name === "error") throw new Refusal(data.status, data);
      if (name === "delta") message.said += data.text;
      else if (name === "sources") message.citations = data.citations;
      else if (name === "working") message.step = data.step;
      this.view.progress(message);
    }
    throw new TypeError("the answer broke off");
  }

  #fail(message, error) {
    message.failed = true;
    this.view.failed(message, error);
    this.#failed(error);
  }

  #forget(message) {
    this.#messages.delete(message.id);
    this.#store.write(`out.${message.id}`, null);
  }
}
