// Elements made by hand, and an answer's text made of them: nothing here ever reads markup.

const SVG = "http://www.w3.org/2000/svg";
const THUMB = "M7 11v9H4v-9zM7 11l4-8c1.600 0 2.500 1 2.500 2.500V9H19a1.500 1.500 0 0 1 1.500 1.800l-1.300 7.400A2 2 0 0 1 17.200 20H7";
const PATHS = {
  chat: "M5 5.500h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.500L8 21v-3.500H5a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM7.500 10h9M7.500 13.500h6",
  down: "M6 9.500l6 6 6-6",
  new: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  send: "M12 19V5M5.500 11.500L12 5l6.500 6.500",
  person: "M8.500 8a3.500 3.500 0 1 0 7 0 3.500 3.500 0 1 0-7 0M5 20c.6-4 3.400-6 7-6s6.400 2 7 6",
  good: THUMB,
  bad: THUMB,
};

/** "name.class" with attributes, `on…` listeners and children; what is null or false is left out. */
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

/** Words that people wrote: in the direction of their own script. */
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

/** A button with words on it, or of the kind "tool" with a picture that stands for them. */
export function button(label, onclick, kind = "", picture = null) {
  const spoken = picture ? { "aria-label": label, title: label } : {};
  const shown = picture ? icon(picture) : label;
  return el(`button.${kind}`, { type: "button", dir: "auto", onclick, ...spoken }, shown);
}

/** A link that opens elsewhere and tells that place nothing; null unless it leads to the web. */
export function link(href, text) {
  if (!/^https?:\/\/[^/]/i.test(href ?? "")) return null;
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" }, text);
}

const MARKS = /(?:[ \t\u00a0]*\[\d{1,2}\])+/g;
// A mark that has begun to stream in.
const HALF_MARK = /[ \t]*\[\d{0,2}$/;
// A short Latin word or one Chinese character, with what closes it: a chip stays beside it.
const LAST = /(?:(?<!\S)[!-~]{1,24}|[^\s!-~])[，。；：！？、）”’」》]*$/;
const LINK = /https?:\/\/[^\s<>"'`()[\]{}，。；：！？、（）《》“”「」]+/gi;
const ITEMS = { ul: /^\s*[-*•·]\s+/, ol: /^\s*(\d{1,2})(?:[.)]\s+|、\s*)(?=\S)/ };

/** Paragraphs and lists of `text`; `chip(number)` is that source's chip, or null. */
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
    const said = line.slice(end, marks.index);
    const last = said.search(LAST);
    const apart = last < 0 ? said.length : last;
    const together = linked(el("span.together"), said.slice(apart));
    for (const [number] of marks[0].matchAll(/\d+/g)) together.append(chip(Number(number)) ?? "");
    linked(node, said.slice(0, apart)).append(together);
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
