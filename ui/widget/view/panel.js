// The panel: header, conversation, notices, the field to write in, and what covers them.

import { Refusal } from "../api.js";
import { button, el, icon } from "./dom.js";
import { createLog } from "./log.js";
import { contactSheet, createSheet, sourceSheet } from "./sheets.js";

const NOBODY_MS = 60_000; // so long a visitor waits before they are asked for their address
const NEAR = 0.9;

export function createPanel({ say, desk, config, suggestions, title, store, close, onUnread }) {
  const { outbox } = desk;
  const ids = { title: "title" };
  let opener = null;
  let told = null; // a notice that stands until it is dismissed
  let timer;

  // --- Header ---
  const statusDot = el("i", { "aria-hidden": "true" });
  const statusText = el("span");
  const status = el("p", { class: "status", role: "status" }, statusDot, statusText);
  const name = el("div", { class: "name" }, el("h2", { id: ids.title, dir: "auto" }, title), status);
  const fresh = button(say("fresh"), askFresh, { picture: "new", class: "tool" });
  const shut = close && button(say("close"), close, { picture: "down", class: "tool" });
  const logo = el("span", { class: "logo" }, icon("chat"));
  const header = el("header", {}, logo, name, fresh, shut);

  // --- Conversation ---
  const log = createLog({
    say,
    feedback: config.feedback,
    act: {
      ask,
      person,
      rate: (...given) => desk.rate(...given),
      source: (citation) => cover(say("source"), sourceSheet({ say, citation })),
      stop: (id) => outbox.stop(id),
      retry: (id) => outbox.retry(id),
    },
  });
  const empty = el("div", { class: "empty" }, el("h3", { dir: "auto" }, say("greeting")));
  empty.append(el("p", { dir: "auto" }, say(config.open_now ? "hint" : "offline")));
  const asks = el("div", { class: "asks" });
  if (suggestions.length) asks.append(el("p", { class: "quiet" }, say("examples")));
  for (const question of suggestions) asks.append(button(question, () => ask(question), { dir: "auto" }));
  empty.append(asks);
  log.setEmpty(empty);

  // --- Notices, field, foot ---
  const notice = el("div", { class: "notice", role: "status", hidden: true });
  const field = el("textarea", { rows: 1, dir: "auto", "aria-label": say("label"), enterkeyhint: "send" });
  const send = el("button", { type: "submit", class: "send", "aria-label": say("send") }, icon("send"));
  send.title = say("send");
  const form = el("form", { class: "composer", onsubmit: onSubmit }, field, send);
  const talk = el("button", { type: "button", class: "plain", onclick: person }, icon("person"), el("span"));
  const count = el("span", { class: "quiet count", role: "status" });
  const foot = el("div", { class: "foot" }, talk, count);
  const desktop = el("div", { class: "desk" }, log.node, notice, form, foot);
  field.addEventListener("input", measure);
  field.addEventListener("keydown", (event) => {
    // While Chinese is being composed, Enter picks a word and must not send.
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
    if (sends) onSubmit(event);
  });

  const sheet = createSheet({ say, closed: uncover });
  const node = el("section", { class: "panel", role: "dialog", tabindex: -1, "aria-labelledby": ids.title });
  node.append(header, desktop, sheet.node);
  node.addEventListener("keydown", onKey);

  field.value = store.read("tab.draft") ?? "";

  function ask(text) {
    if (outbox.busy && desk.status !== "person") return;
    desk.send(text);
    focusField();
  }

  function onSubmit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || [...text].length > config.limit || send.disabled) return;
    field.value = "";
    measure();
    ask(text);
  }

  function measure() {
    store.write("tab.draft", field.value || null);
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
    const length = [...field.value.trim()].length;
    const over = length > config.limit;
    const n = Math.abs(config.limit - length);
    count.textContent = length < config.limit * NEAR ? "" : say(over ? "tooLong" : "left", { n });
    field.setAttribute("aria-invalid", String(over));
  }

  // A finger that opens the panel does not ask for the keyboard yet.
  function focusField() {
    (matchMedia("(pointer: coarse)").matches ? node : field).focus({ preventScroll: true });
  }

  function askFresh() {
    const start = (erase) => () =>
      desk.reset(erase).then(() => tell(null), (error) => tell(words(error)));
    tell(
      say("freshAsk"),
      button(say("start"), start(false)),
      button(say("erase"), start(true)),
      button(say("keep"), () => tell(null)),
    );
    notice.querySelector("button").focus();
  }

  async function person() {
    try {
      if (!desk.openNow || !(await desk.person())) contact();
    } catch (error) {
      tell(words(error));
    }
  }

  function contact() {
    const send = async (given) => {
      await desk.leaveContact(given);
      uncover();
      tell(say("contactDone"));
    };
    const why = say(desk.openNow ? "noticeNobody" : "offline");
    cover(say("leave"), contactSheet({ say, words: why, send }));
  }

  function cover(heading, children) {
    opener = node.getRootNode().activeElement;
    desktop.inert = true;
    sheet.show(heading, children);
  }

  function uncover() {
    sheet.node.hidden = true;
    desktop.inert = false;
    if (opener?.isConnected && opener.getClientRects().length) opener.focus({ preventScroll: true });
    else focusField();
  }

  function tell(text, ...controls) {
    told = text && [text, controls];
    showNotice();
    if (!text) focusField();
  }

  function showNotice() {
    clearTimeout(timer);
    let [text, controls] = told ?? [];
    if (!told && desk.status === "waiting") {
      const left = NOBODY_MS - (Date.now() - desk.waitingSince);
      const late = left <= 0 || !desk.openNow;
      text = say(!desk.openNow ? "offline" : late ? "noticeNobody" : "noticeWaiting");
      controls = late ? [button(say("leave"), contact)] : [];
      if (!late) timer = setTimeout(showNotice, left);
    }
    notice.hidden = !text;
    if (text === notice.firstChild?.textContent) return;
    notice.replaceChildren(el("p", { dir: "auto" }, text ?? ""), ...(controls ?? []));
  }

  function words(error, wait) {
    if (!(error instanceof Refusal)) {
      return say(!wait ? "failed" : navigator.onLine ? "lost" : "offlineNow");
    }
    if (wait) return say("busy", { n: Math.ceil(wait / 1000) });
    return error.status < 500 ? error.message : say("failed");
  }

  function onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      if (!sheet.node.hidden) uncover();
      else if (told) tell(null);
      else close?.();
    } else if (event.key === "Tab") {
      const stops = [];
      for (const stop of node.querySelectorAll("button, textarea, input, a[href], [tabindex='0']")) {
        if (!stop.disabled && stop.getClientRects().length && !stop.closest("[inert]")) stops.push(stop);
      }
      const at = stops.indexOf(node.getRootNode().activeElement);
      const edge = event.shiftKey ? at <= 0 : at === stops.length - 1;
      if (!edge) return;
      event.preventDefault();
      stops[event.shiftKey ? stops.length - 1 : 0].focus();
    }
  }

  function showStatus() {
    const agent = desk.agent ?? say("someone");
    const open = desk.openNow ? "now" : "away";
    const known = desk.status === "bot" ? open : desk.status;
    const shown = desk.reachable ? known : "unreachable";
    status.dataset.status = shown;
    if (statusText.textContent !== say(shown, { name: agent })) {
      statusText.textContent = say(shown, { name: agent });
    }
    const held = desk.status === "person";
    field.placeholder = held ? say("placeholderPerson", { name: agent }) : say("placeholder");
    const asked = held || desk.status === "waiting";
    talk.hidden = asked;
    talk.lastChild.textContent = say(desk.openNow ? "talk" : "leave");
    send.disabled = outbox.busy && !held;
    fresh.hidden = !desk.begun;
    showNotice();
  }

  const afterwards = (act) => (...given) => {
    act(...given);
    showStatus();
  };
  measure();
  showStatus();

  return {
    node,
    focus() {
      focusField();
      log.end();
    },
    // What the desk tells.
    settle: afterwards(log.settle),
    pending: afterwards(log.pending),
    progress: log.progress,
    waiting: (message, error, wait) => log.waiting(message, words(error, wait)),
    stopped: afterwards(log.stopped),
    failed: afterwards((message, error) => log.failed(message, words(error))),
    refused: (error) => tell(words(error)),
    status: showStatus,
    unread: onUnread,
    clear() {
      log.clear();
      if (!sheet.node.hidden) uncover();
      tell(null);
    },
  };
}
