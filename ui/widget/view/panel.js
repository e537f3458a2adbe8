// The panel around the conversation.

import { button, createLog, el, icon, link, words } from "./log.js";

const NOBODY_MS = 60_000; // of waiting for a person

export function createPanel({ say, desk, store, config, suggestions, title, close, onUnread }) {
  let opener;
  let timer;
  let told = null; // until it is dismissed

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
  const name = el("div.name", {}, words("h2", title), status);
  const header = el("header", {}, el("span.logo", {}, icon("chat")), name, fresh, shut);

  const notice = el("div.notice", { role: "status" });
  const field = el("textarea", { rows: 1, dir: "auto", oninput: measure });
  const send = el("button.send", { "aria-label": say("send"), title: say("send") }, icon("send"));
  const talk = button(say("talk"), person, "plain");
  talk.prepend(icon("person"));
  const form = el("form.composer", { onsubmit, onkeydown: onEnter }, field, send);
  const front = el("div.front", {}, log.node, notice, form, talk);
  const sheet = el("section.sheet", { hidden: "" });
  const about = { role: "dialog", "aria-label": title, tabindex: -1, onkeydown: onKey };
  const panel = el("section.panel", about, header, front, sheet);

  function ask(text) {
    if (send.disabled) return;
    desk.send(text);
    focus();
  }

  function onsubmit(event) {
    event.preventDefault();
    const text = field.value.trim();
    const n = [...text].length - config.limit;
    if (n > 0) return tell(say("tooLong", { n }));
    if (!text || send.disabled) return;
    dismiss();
    field.value = "";
    measure();
    ask(text);
  }

  function onEnter(event) {
    // Where Chinese is composed, Enter picks a word.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.target === field && event.key === "Enter" && !event.shiftKey && !composing) onsubmit(event);
  }

  function measure() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }

  // A finger does not ask for the keyboard yet.
  function focus() {
    (matchMedia("(pointer: coarse)").matches ? panel : field).focus({ preventScroll: true });
  }

  const focused = () => panel.getRootNode().activeElement;

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

  function source({ title: name, where, quote, passage, url }) {
    const at = passage.indexOf(quote);
    const text = words("p.words", passage.slice(0, Math.max(0, at)));
    text.append(words("mark", quote), at < 0 ? `\n\n${passage}` : passage.slice(at + quote.length));
    cover(say("source"), words("h3", name), where && words("p.quiet", where), text, link(url, say("original")));
  }

  function contact() {
    const why = words("p.quiet", say(desk.openNow ? "nobody" : "offline"));
    const error = el("p.error", { role: "alert" });
    const onsubmit = async (event) => {
      event.preventDefault();
      const given = Object.fromEntries(new FormData(form));
      const isFull = given.email ? /\S@\S+\.\S/.test(given.email) : given.phone;
      if (!isFull) return (error.textContent = say("reach"));
      try {
        await desk.leaveContact(given);
        uncover();
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

  function person() {
    return attempt(async () => (desk.openNow && (await desk.person())) || contact());
  }

  function tell(text, ...controls) {
    told = text && [text, controls];
    showNotice();
  }

  function askFresh() {
    const start = (erase) => () => attempt(() => desk.reset(erase));
    const again = button(say("start"), start());
    tell(say("freshAsk"), again, button(say("erase"), start(true)));
    again.focus();
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
    if (text === (notice.textContent && notice.firstChild.textContent)) return;
    notice.replaceChildren(words("p", text), ...controls);
    log.end();
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
    status.dataset.status = navigator.onLine ? known : "unreachable";
    const shown = say(status.dataset.status, { name: agent });
    if (state.textContent !== shown) state.textContent = shown; // or it is read again
    field.placeholder = say(held ? "placeholderTo" : "placeholder", { name: agent });
    talk.lastChild.textContent = say(desk.openNow ? "talk" : "leave");
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

  const then = (tell) => (...given) => {
    const at = focused();
    tell(...given);
    showStatus();
    if (at?.isConnected === false) focus();
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
    progress: then(log.progress),
    waiting: then((message, error, wait) => log.progress(message, explain(error, wait))),
    halted: then(log.halted),
    complain: then((error, message) => {
      if (message) log.halted(message, explain(error));
      else tell(error && explain(error));
    }),
    clear: then(log.clear),
    status: showStatus,
    unread: onUnread,
  };
}
