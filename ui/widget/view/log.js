// The conversation as it is read: questions, answers, an agent's words, and what happened.

import { button, el, icon, prose, words } from "./elements.js";

const EVENTS = { waiting: "asked", taken: "taken", handed_back: "parted", closed: "ended", contact: "contact" };

/** `act`: ask(text), person(), rate(entry, rating, comment), source(citation), stop and retry(message). */
export function createLog({ say, feedback, empty, act }) {
  const node = el("div.log", { role: "log", "aria-live": "polite", "aria-label": say("log"), tabindex: 0 }, empty);
  const pendings = new Map(); // by message id
  empty.ordinal = 0;

  function place(item, ordinal) {
    let before = null;
    let at = node.lastElementChild;
    for (; at.ordinal > ordinal; at = at.previousElementSibling) before = at;
    item.ordinal = ordinal;
    node.insertBefore(item, before);
  }

  // The newest question stands at the top, so that its answer grows downwards and nothing jumps.
  function bringUp(item) {
    node.scrollTop += item.getBoundingClientRect().top - node.getBoundingClientRect().top - 16;
  }

  const unseen = (name) => el("span.unseen", {}, name);
  const question = (text) => el("div.mine", {}, unseen(say("you")), words("p", text));

  function answer(text, citations) {
    return prose(text, (n) => {
      for (const citation of citations) {
        if (citation.number !== n) continue;
        const chip = button(`${n}`, () => act.source(citation), "chip");
        chip.title = say("sourceOf", { n, title: citation.title });
        chip.setAttribute("aria-label", chip.title);
        return chip;
      }
      return null;
    });
  }

  function asks({ suggestions, refused }) {
    if (!suggestions.length && !refused) return null;
    const near = el("div.asks", {}, suggestions.length && el("p.quiet", {}, say("near")));
    for (const text of suggestions) near.append(button(text, () => act.ask(text)));
    if (refused) {
      const person = button(say("talk"), act.person);
      person.prepend(icon("person"));
      near.append(person);
    }
    return near;
  }

  function thumbs(entry) {
    const told = el("span.quiet", { role: "status" });
    const thumb = (rating, name) => button(say(name), () => rate(rating), "tool", name);
    const good = thumb(1, "good");
    const bad = thumb(-1, "bad");
    const bar = el("div.thumbs", {}, good, bad, told);
    const mark = () => {
      good.setAttribute("aria-pressed", entry.feedback === 1);
      bad.setAttribute("aria-pressed", entry.feedback === -1);
    };
    const rate = async (rating, comment) => {
      bar.querySelector("form")?.remove();
      try {
        await act.rate(entry, rating, comment);
        entry.feedback = rating;
        told.textContent = say("thanks");
        if (rating < 0 && comment === undefined) bar.append(why());
      } catch {
        told.textContent = say("failed");
      }
      mark();
    };
    const why = () => {
      const field = words("textarea");
      field.placeholder = say("missing");
      field.maxLength = 1000;
      const onsubmit = (event) => {
        event.preventDefault();
        rate(-1, field.value.trim());
      };
      setTimeout(() => field.focus());
      return el("form", { onsubmit }, field, el("button.main", {}, say("send")));
    };
    mark();
    return bar;
  }

  function build(entry) {
    const { kind, author, text, by, event } = entry;
    if (kind === "visitor") return el("article", {}, question(text));
    if (kind === "event") return words("p.event", say(EVENTS[event], { name: by ?? say("someone") }));
    if (kind === "agent") {
      const who = el("p.who", {}, icon("person"), words("b", author));
      return el("article.agent", {}, who, words("p.words", text));
    }
    const said = el("div.text", {}, ...answer(entry.answer, entry.citations));
    const thumb = feedback && entry.answer && thumbs(entry);
    return el("article.turn", {}, question(entry.question), unseen(say("answer")), said, asks(entry), thumb);
  }

  function line(pending, text, ...controls) {
    pending.line.replaceChildren(el("i"), text, ...controls);
  }

  const log = {
    node,

    /** Show an entry, in the place of the message with the id if that is there; null removes it. */
    settle(id, entry) {
      const isNear = node.scrollHeight - node.scrollTop - node.clientHeight < 80;
      const item = entry && build(entry);
      if (item) place(item, entry.ordinal);
      const { scrollTop } = node;
      const pending = pendings.get(id);
      pendings.delete(id);
      pending?.node.remove();
      if (pending) node.scrollTop = scrollTop;
      else if (isNear) log.end();
    },

    /** A message that is on its way. */
    pending(message) {
      log.settle(message.id, null);
      const text = el("div.text");
      const working = el("div.working", {});
      const item = el("article.turn", { "aria-busy": true }, question(message.text), text, working);
      pendings.set(message.id, { node: item, text, line: working });
      place(item, Infinity);
      log.progress({ ...message, said: "", step: "sending" });
      bringUp(item);
    },

    progress(message, text = say(message.step)) {
      const pending = pendings.get(message.id);
      if (!pending) return;
      if (pending.told !== text) line(pending, text, button(say("stop"), () => act.stop(message)));
      pending.told = text;
      pending.frame ??= requestAnimationFrame(() => {
        pending.frame = undefined;
        pending.text.replaceChildren(...answer(message.said, message.citations ?? []));
      });
    },

    /** The message came to an end that is no answer: it was stopped, or failed and why. */
    halted(message, failure) {
      const pending = pendings.get(message.id);
      if (!pending) return;
      pending.node.removeAttribute("aria-busy");
      const alert = failure && el("span.error", { role: "alert" }, failure);
      const again = failure && button(say("again"), () => act.retry(message));
      pending.line.replaceChildren(...(failure ? [alert, again] : [say("stopped")]));
    },

    clear() {
      while (node.children[1] && node.children[1].ordinal < Infinity) node.children[1].remove();
    },

    /** The last question, or what came after it, comes into view. */
    end() {
      const last = node.lastElementChild;
      if (last.className === "turn") bringUp(last);
      else node.scrollTop = node.scrollHeight;
    },
  };
  return log;
}
