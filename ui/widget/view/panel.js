// The panel: header, conversation, notices, the field to write in, and what covers them.

import { button, el, icon, link, words } from "./elements.js";
import { createLog } from "./log.js";

const NOBODY_MS = 60_000; // so long a visitor waits before they are asked for their address

export function createPanel({ say, desk, store, config, suggestions, title, close, onUnread }) {
  let opener;
  let timer;
  let told = null; // a notice that stands until it is dismissed

  const asks = el("div.asks", {}, suggestions.length && el("p.quiet", {}, say("examples")));
  for (const text of suggestions) asks.append(button(text, () => ask(text)));
  const hint = words("p", say(desk.openNow ? "hint" : "offline"));
  const empty = el("div.empty", {}, words("h3", say("greeting")), hint, asks);
  const log = createLog({
    say,
    empty,
    feedback: config.feedback,
    act: { ask, person, source, rate: desk.rate, stop: desk.stop, retry: desk.retry },
  });

  const state = el("span");
  const status = el("p.status", { role: "status" }, el("i"), state);
  const fresh = button(say("fresh"), askFresh, "tool", "new");
  const shut = close && button(say("close"), close, "tool", "down");
  const heading = words("h2", title);
  heading.id = "title";
  const name = el("div.name", {}, heading, status);
  const header = el("header", {}, el("span.logo", {}, icon("chat")), name, fresh, shut);

  const notice = el("div.notice", { role: "status" });
  const field = el("textarea", { rows: 1, dir: "auto", "aria-label": say("label"), oninput: measure });
  const send = el("button.send", { "aria-label": say("send"), title: say("send") }, icon("send"));
  const talk = button("", person, "plain");
  const talkLabel = el("span");
  talk.append(icon("person"), talkLabel);
  const count = el("span.quiet", { role: "status" });
  const front = el(
    "div.front",
    {},
    log.node,
    notice,
    el("form.composer", { onsubmit, onkeydown: onEnter }, field, send),
    el("div.foot", {}, talk, count),
  );
  const sheet = el("section.sheet", { hidden: "" });
  const labels = { role: "dialog", "aria-labelledby": "title", tabindex: -1 };
  const panel = el("section.panel", { ...labels, onkeydown: onKey }, header, front, sheet);

  function ask(text) {
    if (send.disabled) return;
    desk.send(text);
    focus();
  }

  function onsubmit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || [...text].length > config.limit || send.disabled) return;
    field.value = "";
    measure();
    ask(text);
  }

  function onEnter(event) {
    // While Chinese is being composed, Enter picks a word and must not send.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.target === field && event.key === "Enter" && !event.shiftKey && !composing) onsubmit(event);
  }

  function measure() {
    store.write("draft", field.value || null, "sessionStorage");
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
    const left = config.limit - [...field.value.trim()].length;
    const n = Math.abs(left);
    count.textContent = left > config.limit / 10 ? "" : say(left < 0 ? "tooLong" : "left", { n });
    field.setAttribute("aria-invalid", left < 0);
  }

  // A finger that opens the panel does not ask for the keyboard yet.
  function focus() {
    (matchMedia("(pointer: coarse)").matches ? panel : field).focus({ preventScroll: true });
  }

  const focused = () => panel.getRootNode().activeElement;

  // --- What covers the conversation ---

  function cover(label, ...children) {
    opener = focused();
    const back = button(say("back"), uncover, "tool", "back");
    const body = el("div.body", {}, ...children);
    sheet.replaceChildren(el("header", {}, back, el("h2", {}, label)), body);
    sheet.hidden = false;
    front.inert = true;
    back.focus();
    const mark = body.querySelector("mark");
    if (mark) body.scrollTop = mark.offsetTop - body.clientHeight / 3;
  }

  function uncover() {
    sheet.hidden = true;
    front.inert = false;
    if (opener?.isConnected && opener !== panel) opener.focus({ preventScroll: true });
    else focus();
  }

  function source({ title: name, quote, passage, url }) {
    const at = passage.indexOf(quote);
    const text = words("p.words", passage.slice(0, Math.max(0, at)));
    text.append(words("mark", quote), at < 0 ? `\n\n${passage}` : passage.slice(at + quote.length));
    cover(say("source"), words("h3", name), text, link(url, say("original")));
  }

  function contact() {
    const why = words("p.quiet", say(desk.openNow ? "nobody" : "offline"));
    const error = el("p.error", { role: "alert" });
    const onsubmit = async (event) => {
      event.preventDefault();
      const given = Object.fromEntries(new FormData(form));
      const wrong = given.email && !/\S@\S+\.\S/.test(given.email);
      error.textContent = wrong ? say("emailWrong") : given.email || given.phone ? "" : say("reach");
      if (error.textContent) return;
      try {
        await desk.leaveContact(given);
        uncover();
        tell(say("contactDone"));
      } catch (failure) {
        error.textContent = explain(failure);
      }
    };
    const form = el("form", { onsubmit }, why);
    const kinds = { name: "name", email: "email", phone: "tel", message: "" };
    for (const name of Object.keys(kinds)) {
      const kind = name === "message" ? "textarea" : "input";
      const maxlength = name === "message" ? 4000 : 64;
      const field = el(kind, { name, autocomplete: kinds[name], maxlength, dir: "auto", rows: 4 });
      form.append(el("label", {}, say(name), field));
    }
    form.append(error, el("button.main", {}, say("send")));
    cover(say("leave"), form);
  }

  async function person() {
    try {
      if (!desk.openNow || !(await desk.person())) contact();
    } catch (error) {
      tell(explain(error));
    }
  }

  // --- Notices and the state of things ---

  function tell(text, ...controls) {
    told = text && [text, controls];
    showNotice();
  }

  function askFresh() {
    const start = (erase) => () => attempt(() => desk.reset(erase));
    const keep = button(say("keep"), dismiss);
    tell(say("freshAsk"), button(say("start"), start()), button(say("erase"), start(true)), keep);
    keep.focus();
  }

  async function attempt(work) {
    try {
      await work();
      dismiss();
    } catch (error) {
      tell(explain(error));
    }
  }

  function dismiss() {
    tell(null);
    focus();
  }

  function showNotice() {
    clearTimeout(timer);
    let [text = "", controls = []] = told ?? [];
    if (!told && desk.status === "waiting") {
      const left = store.read("waiting") + NOBODY_MS - Date.now();
      const late = left <= 0 || !desk.openNow;
      text = say(!desk.openNow ? "offline" : late ? "nobody" : "noticed");
      if (late) controls = [button(say("leave"), contact)];
      else timer = setTimeout(showNotice, left);
    }
    notice.hidden = !text;
    if (text !== notice.firstChild?.textContent) notice.replaceChildren(words("p", text), ...controls);
  }

  function explain(error, wait) {
    if (wait && error.status) return say("busy", { n: Math.ceil(wait / 1000) });
    if (wait) return say(navigator.onLine ? "lost" : "offlineNow");
    return error.status < 500 ? error.message : say("failed");
  }

  function showStatus() {
    const agent = desk.agent ?? say("someone");
    const held = desk.status === "person";
    const known = desk.status !== "bot" ? desk.status : desk.openNow ? "now" : "away";
    status.dataset.status = desk.reachable ? known : "unreachable";
    const shown = say(status.dataset.status, { name: agent });
    if (state.textContent !== shown) state.textContent = shown; // else it would be read again
    field.placeholder = say(held ? "placeholderTo" : "placeholder", { name: agent });
    talkLabel.textContent = say(desk.openNow ? "talk" : "leave");
    talk.hidden = held || desk.status === "waiting";
    send.disabled = desk.busy && !held;
    fresh.hidden = !desk.begun;
    showNotice();
  }

  function onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      if (!sheet.hidden) uncover();
      else if (told) dismiss();
      else close?.();
    }
    if (event.key !== "Tab") return;
    const stops = [];
    for (const stop of panel.querySelectorAll("button, textarea, input, a, [tabindex='0']")) {
      if (!stop.disabled && stop.getClientRects().length && !stop.closest("[inert]")) stops.push(stop);
    }
    const at = stops.indexOf(focused());
    if (event.shiftKey ? at > 0 : at < stops.length - 1) return;
    event.preventDefault();
    stops.at(event.shiftKey ? -1 : 0).focus();
  }

  field.value = store.read("draft", "sessionStorage") ?? "";

  // What the desk tells: everything that may change who writes or waits is shown at once.
  const then = (tell) => (...given) => {
    tell(...given);
    showStatus();
  };
  return {
    node: panel,
    shown(focusing) {
      measure();
      log.end();
      if (focusing) focus();
    },
    settle: then(log.settle),
    pending: then(log.pending),
    progress: log.progress,
    waiting: (message, error, wait) => log.progress(message, explain(error, wait)),
    halted: log.halted,
    complain: then((error, message) => {
      if (message) log.halted(message, explain(error));
      else tell(error && explain(error));
    }),
    clear: then(log.clear),
    status: showStatus,
    unread: onUnread,
  };
}
