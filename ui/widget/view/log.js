// The conversation as it is read: questions, answers, an agent's words, and what happened.

import { button, el, icon, unseen } from "./dom.js";
import { prose } from "./prose.js";

/** `act`: ask(text), person(), rate(entry, rating, comment), source(citation), stop(id), retry(id). */
export function createLog({ say, feedback, act }) {
  const node = el("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" });
  node.setAttribute("aria-label", say("conversation"));
  const pendings = new Map(); // by message id
  let empty;

  function place(item, ordinal) {
    let before = null;
    for (let at = node.lastElementChild; at && at.ordinal > ordinal; at = at.previousElementSibling) {
      before = at;
    }
    item.ordinal = ordinal;
    node.insertBefore(item, before);
  }

  const nearEnd = () => node.scrollHeight - node.scrollTop - node.clientHeight < 80;

  // The newest question stands at the top, so that its answer grows downwards and nothing jumps.
  function bringUp(item) {
    node.scrollTop += item.getBoundingClientRect().top - node.getBoundingClientRect().top - 16;
  }

  function answerText(text, citations) {
    const chip = (number) => {
      for (const citation of citations) {
        if (citation.number !== number) continue;
        const label = say("sourceNumber", { n: number, title: citation.title });
        const open = () => act.source(citation);
        return button(String(number), open, { class: "chip", "aria-label": label, title: label });
      }
      return null;
    };
    return prose(text, chip);
  }

  function suggestions(entry) {
    if (!entry.suggestions.length && !entry.refused) return null;
    const asks = el("div", { class: "asks" });
    if (entry.suggestions.length) asks.append(el("p", { class: "quiet" }, say("near")));
    for (const question of entry.suggestions) asks.append(ask(question));
    if (entry.refused) {
      const label = el("span", {}, say("talk"));
      asks.append(el("button", { type: "button", onclick: () => act.person() }, icon("person"), label));
    }
    return asks;
  }

  const ask = (question) => button(question, () => act.ask(question), { dir: "auto" });

  function thumbs(entry) {
    const bar = el("div", { class: "thumbs" });
    const told = el("span", { class: "quiet", role: "status" });
    const buttons = new Map();
    const mark = (rating) => {
      for (const [own, thumb] of buttons) thumb.setAttribute("aria-pressed", String(own === rating));
    };
    for (const [rating, name] of [[1, "good"], [-1, "bad"]]) {
      const give = async () => {
        bar.querySelector("form")?.remove();
        mark(rating);
        try {
          await act.rate(entry, rating);
          told.textContent = rating > 0 ? say("thanks") : "";
          if (rating < 0) bar.append(comment(entry, told));
        } catch {
          mark(entry.feedback);
          told.textContent = say("failed");
        }
      };
      buttons.set(rating, button(say(name), give, { picture: name, class: "tool" }));
    }
    mark(entry.feedback);
    bar.append(...buttons.values(), told);
    return bar;
  }

  function comment(entry, told) {
    const field = el("textarea", { rows: 2, maxlength: 1000, dir: "auto", "aria-label": say("missing") });
    field.placeholder = say("missing");
    const done = () => {
      form.remove();
      told.textContent = say("thanks");
    };
    const send = async (event) => {
      event.preventDefault();
      const words = field.value.trim();
      if (words) await act.rate(entry, -1, words).catch(() => {});
      done();
    };
    const submit = el("button", { type: "submit", class: "main" }, say("send"));
    const row = el("div", { class: "row" }, submit, button(say("skip"), done, { class: "plain" }));
    const form = el("form", { class: "comment", onsubmit: send }, field, row);
    queueMicrotask(() => field.focus());
    return form;
  }

  function question(text) {
    return el("div", { class: "mine" }, unseen(say("you")), el("p", { dir: "auto" }, text));
  }

  function turn(entry) {
    const text = el("div", { class: "text" }, ...answerText(entry.answer, entry.citations));
    const answer = el("div", { class: "answer", lang: entry.language }, unseen(say("answer")), text);
    const foot = [suggestions(entry), feedback && entry.answer ? thumbs(entry) : null];
    return el("article", { class: "turn" }, question(entry.question), answer, ...foot);
  }

  function agent({ author, text }) {
    const name = el("p", { class: "who" }, icon("person"), el("b", { dir: "auto" }, author));
    const words = el("p", { dir: "auto", class: "words" }, text);
    return el("article", { class: "agent" }, unseen(say("said", { name: author })), name, words);
  }

  const EVENTS = {
    waiting: "eventWaiting",
    taken: "eventTaken",
    handed_back: "eventBack",
    closed: "eventClosed",
    contact: "eventContact",
  };

  function build(entry) {
    if (entry.kind === "turn") return turn(entry);
    if (entry.kind === "visitor") return el("article", {}, question(entry.text));
    if (entry.kind === "agent") return agent(entry);
    const words = EVENTS[entry.event];
    const name = entry.by ?? say("someone");
    return el("p", { class: "event", dir: "auto" }, words ? say(words, { name }) : "");
  }

  function line(pending, words, ...controls) {
    const dot = el("i", { "aria-hidden": "true" });
    pending.line.replaceChildren(dot, el("span", {}, words), ...controls);
  }

  function show(message) {
    const pending = pendings.get(message.id);
    if (!pending) return;
    const stop = () => act.stop(message.id);
    const controls = message.mirrored ? [] : [button(say("stop"), stop)];
    if (pending.step !== message.step || !pending.step) {
      line(pending, say(message.step || "sending"), ...controls);
    }
    pending.step = message.step || "sending";
    pending.frame ??= requestAnimationFrame(() => {
      pending.frame = undefined;
      pending.text.replaceChildren(...answerText(message.said ?? "", message.citations ?? []));
    });
  }

  return {
    node,

    /** Show an entry, in the place of the message with the id if that is there; null removes it. */
    settle(id, entry) {
      const pending = pendings.get(id);
      pendings.delete(id);
      const follow = nearEnd();
      if (entry) place(build(entry), entry.ordinal);
      const top = node.scrollTop;
      pending?.node.remove();
      if (pending) node.scrollTop = top;
      else if (follow && entry) node.scrollTop = node.scrollHeight;
    },

    /** A message that is on its way. */
    pending(message) {
      pendings.get(message.id)?.node.remove();
      const text = el("div", { class: "text" });
      const working = el("div", { class: "working" });
      const answer = el("div", { class: "answer" }, text, working);
      const item = el("article", { class: "turn", "aria-busy": "true" }, question(message.text), answer);
      const pending = { node: item, text, line: working };
      pendings.set(message.id, pending);
      place(item, Infinity);
      show(message);
      bringUp(item);
    },

    progress: show,

    /** It is tried again soon: `words` say why. */
    waiting(message, words) {
      const pending = pendings.get(message.id);
      if (!pending) return;
      pending.step = "";
      line(pending, words, button(say("stop"), () => act.stop(message.id)));
    },

    stopped(message) {
      const pending = pendings.get(message.id);
      if (!pending) return;
      pending.node.removeAttribute("aria-busy");
      pending.line.replaceChildren(say("stopped"));
    },

    failed(message, words) {
      const pending = pendings.get(message.id);
      if (!pending) return;
      pending.node.removeAttribute("aria-busy");
      pending.line.replaceChildren(
        el("span", { class: "error", role: "alert" }, words),
        button(say("again"), () => act.retry(message.id)),
      );
    },

    clear() {
      pendings.clear();
      node.replaceChildren(empty);
    },

    /** What stands there while nothing has been said. */
    setEmpty(given) {
      empty = given;
      empty.ordinal = 0;
      node.append(empty);
    },

    /** The end of the conversation, or of the last question, comes into view. */
    end() {
      const last = node.lastElementChild;
      if (last?.classList.contains("turn")) bringUp(last);
      else node.scrollTop = node.scrollHeight;
    },
  };
}
