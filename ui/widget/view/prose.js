// An answer's text as paragraphs, lists, links and citation chips.

import { el, link } from "./dom.js";

const MARKS = /(?:[ \t\u00a0]*\[\d{1,2}\])+/g;
// A mark that has begun to stream in, at the very end of the text.
const HALF_MARK = /[ \t]*\[\d{0,2}$/;
// A short Latin word or one Chinese character, with what follows it: a chip stays beside it.
const LAST = /(?:(?<![^\s])[!-~]{1,24}|[^\s!-~])[，。；：！？、）”’」》]*$/u;
const LINK = /https?:\/\/[^\s<>"'`()[\]{}，。；：！？、（）《》“”「」]+/gi;
const BULLET = /^\s*[-*•·]\s+/;
const NUMBER = /^\s*(\d{1,2})(?:[.)]\s+|、\s*)(?=\S)/;

/** Nodes for `text`. `chip(number)` is the chip of that source, or null when there is none. */
export function prose(text, chip) {
  const blocks = [];
  let block = null;
  for (const line of text.replace(HALF_MARK, "").split(/\r?\n/)) {
    const kind = !line.trim() ? "" : BULLET.test(line) ? "ul" : NUMBER.test(line) ? "ol" : "p";
    if (block?.kind !== kind) {
      block = { kind, lines: [] };
      if (kind) blocks.push(block);
    }
    block.lines.push(line);
  }
  const nodes = [];
  for (const { kind, lines } of blocks) nodes.push(kind === "p" ? paragraph(lines, chip) : list(kind, lines, chip));
  return nodes;
}

function paragraph(lines, chip) {
  const node = el("p", { dir: "auto" });
  for (const line of lines) {
    if (node.hasChildNodes()) node.append(el("br"));
    inline(node, line.trim(), chip);
  }
  return node;
}

function list(kind, lines, chip) {
  const start = kind === "ol" ? NUMBER.exec(lines[0])[1] : null;
  const node = el(kind, { start, dir: "auto" });
  for (const line of lines) {
    const item = el("li");
    inline(item, line.replace(kind === "ul" ? BULLET : NUMBER, ""), chip);
    node.append(item);
  }
  return node;
}

function inline(node, line, chip) {
  let end = 0;
  for (const marks of line.matchAll(MARKS)) {
    const words = line.slice(end, marks.index);
    const last = LAST.exec(words)?.index ?? words.length;
    const together = el("span", { class: "together" });
    linked(node, words.slice(0, last));
    linked(together, words.slice(last));
    for (const [number] of marks[0].matchAll(/\d+/g)) together.append(chip(Number(number)) ?? "");
    node.append(together);
    end = marks.index + marks[0].length;
  }
  linked(node, line.slice(end));
}

function linked(node, words) {
  let end = 0;
  for (const found of words.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?]+$/, "");
    node.append(words.slice(end, found.index), link(address, address) ?? address);
    end = found.index + address.length;
  }
  node.append(words.slice(end));
}
