// Elements made by hand: nothing here ever reads markup.

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  chat: "M5 5.500h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.500L8 21v-3.500H5a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM7.500 10h9M7.500 13.500h6",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9.500l6 6 6-6",
  new: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  send: "M12 19V5M5.500 11.500L12 5l6.500 6.500",
  person: "M8.500 8a3.500 3.500 0 1 0 7 0 3.500 3.500 0 1 0-7 0M5 20c.6-4 3.400-6 7-6s6.400 2 7 6",
  good: "M7 11v9H4v-9zM7 11l4-8c1.600 0 2.500 1 2.500 2.500V9H19a1.500 1.500 0 0 1 1.500 1.800l-1.300 7.400A2 2 0 0 1 17.200 20H7",
};
PATHS.bad = PATHS.good;

/** An element with attributes, `on…` listeners and children; null children and values are left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon i-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows `label`, or with `picture` an icon that says it to those who listen. */
export function button(label, act, { picture, ...attributes } = {}) {
  const spoken = picture && { "aria-label": label, title: label };
  const shown = picture ? icon(picture) : label;
  return el("button", { type: "button", onclick: act, ...spoken, ...attributes }, shown);
}

/** What only those who listen are told. */
export const unseen = (words) => el("span", { class: "unseen" }, words);

/** `address` as a link that opens elsewhere and tells that place nothing; null unless http(s). */
export function link(address, words) {
  if (!/^https?:\/\/[^/]/i.test(address ?? "")) return null;
  const rel = "noopener noreferrer nofollow";
  return el("a", { href: address, target: "_blank", rel, dir: "auto" }, words);
}
