// The conversation: what is known of it, who holds it, what is unread. No elements here.

import { patience, pause } from "./api.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";

const isReply = ({ kind }) => kind === "turn" || kind === "agent";

export class Desk {
  status = "bot";
  agent = null;
  reachable = true;
  unread = 0;
  entries = new Map(); // by ordinal
  outbox;

  #api;
  #store;
  #emit;
  #live;
  #view;
  #over = new AbortController();
  #loading = null;
  #conversation = null;
  #cursor = 0;
  #from = null; // entries up to here are not loaded; null while nothing is
  #attended = false;

  constructor({ api, store, openNow, emit }) {
    this.#api = api;
    this.#store = store;
    this.#emit = emit;
    this.openNow = openNow;
    this.outbox = new Outbox({
      api,
      store,
      delivered: (finished) => this.#delivered(finished),
      failed: (error) => this.#report(error),
    });
    this.#live = new Live({
      api,
      store,
      cursor: () => this.#cursor,
      take: ({ name, data }) => this.#takeEvent(name, data),
    });
  }

  /** Show what happens on `view` from now on, and take up this browser's conversation. */
  begin(view) {
    const { signal } = this.#over;
    this.#view = view;
    this.outbox.view = view;
    this.#store.hear((kind, value) => this.#hear(kind, value));
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.load(), { signal });
    if (this.#store.read("visitor")) this.load();
  }

  get begun() {
    return this.#conversation !== null || this.entries.size > 0;
  }

  /** When the visitor began to wait for a person, in milliseconds; null when they do not. */
  get waitingSince() {
    return this.#store.read("waiting");
  }

  /** Whether the visitor has the conversation before them: then nothing of it is unread. */
  attend(attended) {
    this.#attended = attended;
    if (attended && this.#from !== 0) this.load();
    this.#count();
    this.#follow();
  }

  /** Read what the server has, again and again until it can be reached. */
  load() {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  send(text) {
    this.#emit("message", { from: "visitor", id: this.outbox.send(text), text });
  }

  /** Ask for a person. Whether one may come now. */
  async person() {
    this.#setStatus(await this.#api.json("widget/person", { body: {} }));
    await this.load();
    return this.openNow;
  }

  async leaveContact(contact) {
    await this.#api.call("widget/contact", { body: contact });
    await this.load();
  }

  async rate(entry, rating, comment) {
    const body = { turn_id: entry.id, rating, ...(comment && { comment }) };
    await this.#api.call("widget/feedback", { body });
    entry.feedback = rating;
  }

  /** Whether the server believes the site's word on who the visitor is. */
  async identify(token) {
    this.#api.identity = token;
    const { identified } = await this.#api.renew();
    await this.load();
    return identified;
  }

  /** Start again as nobody in particular. With `erase` what was said is deleted, too. */
  async reset(erase) {
    if (this.#store.read("visitor")) {
      const gone = erase
        ? this.#api.call("widget/data", { method: "DELETE" })
        : this.#api.call("widget/reset", { body: {} });
      // On a shared computer this browser must forget, whether or not the server hears of it.
      await (erase ? gone : gone.catch(() => {}));
    }
    this.#api.identity = null;
    for (const key of ["visitor", "token", "seen", "waiting"]) this.#store.write(key, null);
    this.#store.tell("reset");
    this.outbox.clear();
    this.#clear();
  }

  end() {
    this.#over.abort();
    this.#leave();
    this.#store.close();
  }

  /** From the connection: whether the last call reached the server. */
  reached(reachable) {
    if (reachable === this.reachable) return;
    this.reachable = reachable;
    this.#view?.status();
  }

  /** From the connection: whose session it is now. */
  renewed({ conversation }) {
    if (this.#conversation !== null && conversation.id !== this.#conversation) this.#clear();
    this.#conversation = conversation.id;
  }

  async #load() {
    const { signal } = this.#over;
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        do await this.#read();
        while (this.#attended && this.#from !== 0);
        return this.outbox.resend();
      } catch (error) {
        const wait = patience(error, tries);
        if (wait === null) {
          this.#report(error);
          return this.#view.refused(error);
        }
        await pause(wait, signal);
      }
    }
  }

  async #read() {
    const first = this.#from === null;
    const whole = this.#attended && this.#from !== 0;
    const seen = this.#store.read("seen") ?? 0;
    const after = whole ? 0 : first ? seen : this.#cursor;
    const found = await this.#api.json(`widget/conversation?after=${after}`);
    if (this.#conversation !== null && found.conversation_id !== this.#conversation) this.#clear();
    this.#conversation = found.conversation_id;
    if (first || whole) this.#from = this.begun ? after : 0;
    for (const entry of found.entries) this.#merge(entry, !first && !whole);
    this.#cursor = Math.max(this.#cursor, found.last);
    this.#setStatus(found);
  }

  #takeEvent(name, data) {
    if (name === "entry") {
      this.#cursor = Math.max(this.#cursor, data.ordinal);
      this.#store.tell("entry", data);
      this.#merge(data, true);
    } else if (name === "status") {
      this.#setStatus(data);
    }
  }

  #delivered({ entry, status, agent }) {
    this.#store.tell("entry", entry);
    this.#merge(entry, true);
    this.#setStatus({ status, agent });
  }

  #merge(entry, isNew) {
    if (this.entries.has(entry.ordinal)) return;
    this.entries.set(entry.ordinal, entry);
    this.#view.settle(this.outbox.claim(entry)?.id, entry);
    if (isNew && isReply(entry)) {
      const [from, text] = entry.kind === "agent" ? ["agent", entry.text] : ["desk", entry.answer];
      this.#emit("message", { from, id: entry.id, text });
    }
    this.#count();
  }

  #setStatus({ status, agent = null, open_now: openNow = this.openNow }) {
    const handedOver = status !== this.status || agent !== this.agent;
    const changed = handedOver || openNow !== this.openNow;
    Object.assign(this, { status, agent, openNow });
    if (status !== "waiting") this.#store.write("waiting", null);
    else if (!this.waitingSince) this.#store.write("waiting", Date.now());
    if (changed) this.#store.tell("status", { status, agent, open_now: openNow });
    if (handedOver) this.#emit("handover", { status, agent });
    this.#view.status();
    this.#follow();
  }

  #report(error) {
    this.#emit("error", { code: error.code ?? "lost", detail: error.message });
  }

  // The other tabs.
  #hear(kind, value) {
    if (kind === "entry") this.#merge(value, true);
    else if (kind === "status") this.#setStatus(value);
    else if (kind === "pending") this.outbox.mirror(value);
    else if (kind === "gone") this.outbox.unmirror(value);
    else if (kind === "seen") this.#count();
    else if (kind === "reset") {
      this.outbox.clear();
      this.#clear();
    }
  }

  #look() {
    if (document.visibilityState === "visible" && this.begun) this.load();
    this.#count();
    this.#follow();
  }

  #leave() {
    this.#live.want(false);
    this.outbox.leave();
  }

  // A hidden tab follows only for a person's words, and only if it can be the only one.
  #follow() {
    const awaited = navigator.locks && (this.status === "waiting" || this.status === "person");
    const seen = document.visibilityState === "visible" || awaited;
    this.#live.want(Boolean(this.begun && seen && !this.#over.signal.aborted));
  }

  #count() {
    let last = 0;
    let unread = 0;
    for (const ordinal of this.entries.keys()) last = Math.max(last, ordinal);
    let seen = this.#store.read("seen") ?? 0;
    if (this.#attended && document.visibilityState === "visible" && last > seen) {
      seen = last;
      this.#store.write("seen", seen);
      this.#store.tell("seen");
    }
    for (const entry of this.entries.values()) {
      if (isReply(entry) && entry.ordinal > seen) unread += 1;
    }
    if (unread === this.unread) return;
    this.unread = unread;
    this.#view.unread(unread);
    this.#emit("unread", { count: unread });
  }

  #clear() {
    this.#live.want(false);
    this.entries.clear();
    Object.assign(this, { status: "bot", agent: null });
    this.#conversation = null;
    this.#cursor = 0;
    this.#from = null;
    this.#view.clear();
    this.#count();
  }
}
