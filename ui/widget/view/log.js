// The conversation as it is read, made of elements and never of markup.

const SVG = "http://www.w3.org/2000/svg";
const THUMB = "M7 11v9H4v-9zl4-8q3 0 3 3v3h6l-2 11H7";
const PATHS = {
  chat: "M5 5h14q2 0 2 2v8q0 2-2 2h-7l-4 4v-4H5q-2 0-2-2V7q0-2 2-2zM8 9h8M8 13h5",
  down: "M6 9l6 6 6-6",
  new: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  send: "M12 19V5M5 12l7-7 7 7",
  person: "M8 8a4 4 0 1 0 8 0 4 4 0 1 0-8 0M4 21q1-6 8-6t8 6",
  good: THUMB,
  bad: THUMB,
};

/** "name.class" with attributes, `on…` listeners and children; falsy ones are left out. */
export function el(kind, attributes = {}, ...children) {
  const [name, ...classes] = kind.split(".");
  const node = document.createElement(name);
  node.className = classes.join(" ");
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if ((value ?? false) !== false) node.setAttribute(key, value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/** Words in the direction of their own script. */
export const words = (kind, text) => el(kind, { dir: "auto" }, text);

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon i-${name}`);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with words on it, or a picture that stands for them. */
export function button(label, onclick, kind = "", picture = null) {
  const spoken = picture ? { "aria-label": label, title: label } : {};
  const shown = picture ? icon(picture) : label;
  return el(`button.${kind}`, { type: "button", dir: "auto", onclick, ...spoken }, shown);
}

/** A link to the web; null for any other. */
export function link(href, text) {
  if (!/^https?:\/\/[^/]/i.test(href ?? "")) return null;
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" }, text);
}

const MARKS = /(?:[ \t\u00a0]*\[\d{1,2}\])+/g;
// One that streams in.
const HALF_MARK = /[ \t]*\[\d{0,2}$/;
const LINK = /https?:\/\/[^\s<>"'`()[\]{}，。；：！？、（）《》“”「」]+/gi;
const ITEMS = { ul: /^\s*[-*•·]\s+/, ol: /^\s*(\d{1,2})(?:[.)]\s+|、\s*)(?=\S)/ };

/** Paragraphs and lists; `chip(number)` is a source's, or null. */
export function prose(text, chip) {
  const nodes = [];
  let kind = "";
  for (const line of text.replace(HALF_MARK, "").split(/\r?\n/)) {
    const before = kind;
    kind = !line.trim() ? "" : ITEMS.ul.test(line) ? "ul" : ITEMS.ol.test(line) ? "ol" : "p";
    if (!kind) continue;
    if (kind !== before) {
      nodes.push(words(kind));
      if (kind === "ol") nodes.at(-1).start = ITEMS.ol.exec(line)[1];
    }
    const block = nodes.at(-1);
    if (kind === "p") {
      if (block.firstChild) block.append(el("br"));
      inline(block, line.trim(), chip);
    } else {
      block.append(inline(el("li"), line.replace(ITEMS[kind], ""), chip));
    }
  }
  return nodes;
}

function inline(node, line, chip) {
  let end = 0;
  for (const marks of line.matchAll(MARKS)) {
    const said = linked(node, line.slice(end, marks.index)).lastChild;
    const together = el("span.together", {}, said.splitText(said.data.search(/\S{0,9}$/u)));
    for (const [n] of marks[0].matchAll(/\d+/g)) together.append(chip(Number(n)) ?? "");
    node.append(together);
    end = marks.index + marks[0].length;
  }
  return linked(node, line.slice(end));
}

function linked(node, text) {
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?]+$/, "");
    node.append(text.slice(end, found.index), link(address, address) ?? address);
    end = found.index + address.length;
  }
  node.append(text.slice(end));
  return node;
}

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

  // From the top an answer grows downwards, and nothing jumps.
  function bringUp(item) {
    node.scrollTop += item.getBoundingClientRect().top - node.getBoundingClientRect().top - 16;
  }

  const question = (text) => el("div.mine", {}, el("span.unseen", {}, say("you")), words("p", text));

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
    if (kind === "event") return words("p.event", say(event === "taken" ? "person" : event, { name: by ?? say("someone") }));
    if (kind === "agent") {
      const who = el("p.who", {}, icon("person"), words("b", author));
      return el("article.agent", {}, who, words("p.words", text));
    }
    const said = el("div.text", {}, ...answer(entry.answer, entry.citations));
    const thumb = feedback && entry.answer && thumbs(entry);
    return el("article.turn", {}, question(entry.question), said, asks(entry), thumb);
  }

  function line(pending, text, ...controls) {
    pending.line.replaceChildren(el("i"), text, ...controls);
  }

  const log = {
    node,

    /** `entry`, or nothing, in the place of the message with that id. */
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
      pending.text.replaceChildren(...answer(message.said, message.citations ?? []));
    },

    /** It was stopped, or has failed. */
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

    end() {
      const last = node.lastElementChild;
      if (last.className === "turn") bringUp(last);
      else node.scrollTop = node.scrollHeight;
    },
  };
  return log;
}
