// Tells when the page no longer shows all there is: a colleague wrote, another tab asked.

import * as live from "./chat_live.js";

// A picture that has not come by then was lost, or shows nothing new.
const PATIENCE_MS = 2_000;
const ATTEMPTS = 4;
const SETTLING_MS = 100;

let refresh = () => {};
let isBusy = () => false;
// Entries that the page may not show yet, by name, and who has the conversation.
const news = new Set();
let standing = null;
let unread = 0;
let asking = 0;
let attempts = 0;
let before = "";

const header = () => document.querySelector(".ad-header")?.dataset;
const status = () => document.querySelector(".ad-status")?.dataset.status;

export function start(onNews, busy) {
  refresh = onNews;
  isBusy = busy;
  live.start({ entry: onEntry, status: onStatus });
  document.addEventListener("visibilitychange", nameTab);
}

export function attend(conversation) {
  const known = header()?.conversation === conversation ? Number(header().last) : 0;
  if (!live.attend(conversation, known)) return;
  news.clear();
  standing = null;
}

function onEntry(entry) {
  news.add(entry.id);
  attempts = 0;
  if (entry.kind === "agent" && document.hidden) unread += 1;
  nameTab();
  look();
}

function onStatus(now) {
  standing = now;
  attempts = 0;
  look();
}

// After every change of the page. Not while an answer is being written: its picture and that of
// the whole would meet.
export function look() {
  const seen = `${header()?.conversation} ${header()?.last} ${status()} ${header()?.agent}`;
  if (seen !== before) {
    before = seen;
    arrived();
    setTimeout(look, SETTLING_MS); // the header comes a moment before the entries
    return;
  }
  for (const name of news) {
    if (document.querySelector(`[data-entry="${CSS.escape(name)}"]`)) news.delete(name);
  }
  const missing = news.size > 0 || isNew();
  if (!missing || asking || isBusy() || attempts === ATTEMPTS) return;
  attempts += 1;
  asking = setTimeout(() => {
    arrived();
    look();
  }, PATIENCE_MS);
  refresh();
}

function arrived() {
  clearTimeout(asking);
  asking = 0;
}

function isNew() {
  if (!standing || !header()) return false;
  const held = standing.status === "waiting" || standing.status === "person";
  const agent = standing.agent ?? "";
  return status() !== (held ? standing.status : "now") || header().agent !== agent;
}

function nameTab() {
  if (!document.hidden) unread = 0;
  const title = document.title.replace(/^\(\d+\) /, "");
  const named = unread ? `(${unread}) ${title}` : title;
  if (named !== document.title) document.title = named;
}
