// The conversation: what was said, what is on its way, who holds it.

import { connect, insist, pause, refusal } from "./connection.js";

const isReply = ({ kind }) => kind === "turn" || kind === "agent";
const isSeen = () => !document.hidden;

const newId = () => crypto.getRandomValues(new BigUint64Array(2)).join("-");

export function createDesk({ options, language, store, openNow, emit }) {
  const over = new AbortController();
  const { signal } = over;
  const entries = new Map(); // by ordinal
  const outbox = new Map(); // by id
  let view;
  let conversation = null;
  let cursor = 0;
  let attended = false;
  let context = {};
  let following = null;
  let loading = null;
  let sending = Promise.resolve();

  const api = connect({
    ...options,
    language,
    store,
    onSession: ({ conversation: { id } }) => isAbout(id),
  });

  // Of another visitor's nothing stays.
  function isAbout(id) {
    if (conversation !== null && id !== conversation) clear();
    conversation = id;
  }

  async function read() {
    const after = cursor;
    const found = await api.json(`conversation?after=${after}`);
    isAbout(found.conversation_id);
    if (cursor < after) return read(); // from the beginning of another
    for (const entry of found.entries) merge(entry, after > 0);
    cursor = Math.max(cursor, found.last);
    setStatus(found);
    // What an earlier page was sending.
    const kept = store.read("outbox") ?? {};
    for (const id of Object.keys(kept)) if (!outbox.has(id)) queue({ id, text: kept[id] });
  }

  function load() {
    loading ??= insist(read, signal)
      .catch((error) => fail(error))
      .finally(() => (loading = null));
    return loading;
  }

  // What is being read may be older than what was just done.
  async function reload() {
    await loading;
    await load();
  }

  // One tab listens for all.
  async function follow(stop) {
    while (!stop.aborted) {
      await insist(() => listen(stop), stop).catch(() => pause(30_000, stop));
      await pause(1000 * (0.5 + Math.random()), stop);
    }
  }

  async function listen(stop) {
    let isHeard = false;
    try {
      for await (const [name, data] of api.events(`events?after=${cursor}`, { signal: stop })) {
        isHeard = true;
        if (name === "status") setStatus(data);
        if (name !== "entry") continue;
        cursor = Math.max(cursor, data.ordinal);
        store.tell("entry", data);
        merge(data, true);
      }
    } catch (error) {
      if (!isHeard) throw error;
    }
  }

  // A hidden tab follows for a person's words only.
  function stay() {
    const awaited = store.isShared && /waiting|person/.test(desk.status);
    if (!desk.begun || signal.aborted || !(isSeen() || awaited)) {
      following?.abort();
      following = null;
    } else if (!following) {
      const { signal: stop } = (following = new AbortController());
      store.alone("live", stop, () => follow(stop)).catch(() => {});
    }
  }

  function merge(entry, isNew) {
    if (entries.has(entry.ordinal)) return;
    entries.set(entry.ordinal, entry);
    view.settle(claim(entry), entry);
    const { kind, id, text = entry.answer } = entry;
    if (isNew && isReply(entry)) emit("message", { from: kind === "agent" ? kind : "desk", id, text });
    count();
  }

  function setStatus({ status, agent = null, open_now: isOpen = desk.openNow }) {
    const handedOver = status !== desk.status || agent !== desk.agent;
    const changed = handedOver || isOpen !== desk.openNow;
    Object.assign(desk, { status, agent, openNow: isOpen });
    if (status !== "waiting") store.write("waiting", null);
    else if (!store.read("waiting")) store.write("waiting", Date.now());
    if (changed) store.tell("status", { status, agent, open_now: isOpen });
    if (handedOver) emit("handover", { status, agent });
    view.status();
    stay();
  }

  // By its id, a message that is sent twice is said once.
  function queue(message) {
    Object.assign(message, { control: new AbortController(), idle: false });
    outbox.set(message.id, message);
    keep(message, message.text);
    view.pending(message);
    sending = sending.then(() => deliver(message));
  }

  async function deliver(message) {
    const stop = message.control.signal;
    const wait = (error, milliseconds) =>
      error.code !== "turn_in_progress" && view.waiting(message, error, milliseconds);
    try {
      const finished = await insist(() => attempt(message, stop), stop, wait);
      if (finished) {
        store.tell("entry", finished.entry);
        merge(finished.entry, true);
        if (forget(message)) view.settle(message.id, null);
        return setStatus(finished);
      }
      store.tell("stop", message.id);
      rest(message);
      view.halted(message); // until it comes as an entry
    } catch (error) {
      rest(message);
      fail(error, message);
    }
  }

  function rest(message) {
    message.idle = true;
    keep(message);
  }

  async function attempt(message, stop) {
    const { id, text } = message;
    Object.assign(message, { said: "", citations: [], step: "sending" });
    const request = { body: { id, message: text, context }, signal: stop };
    for await (const [name, data] of api.events("chat", request)) {
      if (name === "finished") return data;
      if (name === "error") throw refusal(data);
      if (name === "delta") message.said += data.text;
      if (name === "sources") message.citations = data.citations;
      if (name === "working") message.step = data.step;
      view.progress(message);
    }
    throw new TypeError("the answer broke off");
  }

  // The id of the message that has become `entry`.
  function claim({ kind, question, text = question }) {
    for (const message of outbox.values()) {
      if (kind !== "agent" && message.text === text && forget(message)) return message.id;
    }
    return null;
  }

  function keep({ id }, text) {
    store.write("outbox", { ...store.read("outbox"), [id]: text });
  }

  function forget(message) {
    keep(message);
    return outbox.delete(message.id);
  }

  function fail(error, message) {
    emit("error", { code: error.code ?? "lost", detail: error.message });
    view.complain(error, message);
  }

  const heard = {
    entry: (entry) => merge(entry, true),
    status: setStatus,
    stop: (id) => outbox.get(id)?.control.abort(),
    seen: count,
    reset: drop,
  };

  function look() {
    if (isSeen() && desk.begun) load();
    count();
    stay();
  }

  function count() {
    const last = Math.max(0, ...entries.keys());
    let seen = store.read("seen") ?? 0;
    if (attended && isSeen() && last > seen) {
      seen = last;
      store.write("seen", seen);
      store.tell("seen");
    }
    let unread = 0;
    for (const entry of entries.values()) if (isReply(entry) && entry.ordinal > seen) unread += 1;
    if (unread === desk.unread) return;
    desk.unread = unread;
    view.unread(unread);
    emit("unread", { count: unread });
  }

  function drop() {
    for (const message of outbox.values()) {
      message.control.abort();
      outbox.delete(message.id);
      view.settle(message.id, null);
    }
    clear();
  }

  function clear() {
    entries.clear();
    conversation = null;
    cursor = 0;
    view.clear(Object.assign(desk, { status: "bot", agent: null }));
    count();
    stay();
  }

  const desk = {
    status: "bot",
    agent: null,
    unread: 0,
    openNow,

    get begun() {
      return conversation !== null || entries.size > 0;
    },

    get busy() {
      for (const { idle } of outbox.values()) if (!idle) return true;
      return false;
    },

    begin(given) {
      view = given;
      store.channel.onmessage = ({ data: [kind, value] }) => heard[kind](value);
      document.addEventListener("visibilitychange", look, { signal });
      for (const event of ["online", "offline"]) window.addEventListener(event, view.status, { signal });
      if (store.read("visitor")) load();
    },

    /** Whether the visitor sees the conversation. */
    attend(given) {
      attended = given;
      if (attended && !conversation) load();
      count();
    },

    send(text) {
      const id = newId();
      emit("message", { from: "visitor", id, text });
      queue({ id, text });
    },
    stop: ({ control }) => control.abort(),
    retry: queue,

    async person() {
      setStatus(await api.json("person", { body: {} }));
      await reload();
      return desk.openNow;
    },

    async leaveContact(body) {
      await api.call("contact", { body });
      await reload();
    },

    rate: ({ id }, rating, comment) => api.call("feedback", { body: { turn_id: id, rating, comment } }),

    setContext(values) {
      context = { ...context, ...values };
    },

    /** Whether the site's word on who the visitor is was believed. */
    async identify(statement) {
      const { identified } = await api.identify(statement);
      view.complain(null);
      await reload();
      return identified;
    },

    /** Start again as nobody; with `erase` what was said is deleted. */
    async reset(erase) {
      if (store.read("visitor")) {
        const gone = erase ? api.call("data", { method: "DELETE" }) : api.call("reset", { body: {} });
        await (erase ? gone : gone.catch(() => {}));
      }
      api.identify(null);
      for (const key of ["visitor", "token", "seen", "outbox"]) store.write(key, null);
      store.tell("reset");
      drop();
    },

    end() {
      over.abort();
      drop();
      store.channel.close();
    },
  };
  return desk;
}
