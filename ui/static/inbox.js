// The inbox: opens conversations, asks for fresh pictures of them, and sends what agents do.

import { sends } from "./composer.js";
import * as drafts from "./inbox_drafts.js";
import { follow } from "./inbox_feed.js";
import * as outbox from "./inbox_outbox.js";

// How long ago something was is said in minutes.
const TICK_MS = 30_000;
// A picture that has not come by then was lost.
const PATIENCE_MS = 10_000;

let ask = () => {};
let number = 0;
let underWay = 0;
let again = false;
let patience = 0;
let everything = "";
let shown = null;
let atEnd = true;
let notice = "";

const place = (id) => document.getElementById(id);
const opened = () => {
  const [page, id] = location.hash.slice(1).split("/");
  return page === "inbox" ? decodeURIComponent(id ?? "") : null;
};
const thread = () => document.querySelector(".ad-thread");
const entries = () => document.querySelector(".ad-entries");

export function start(refresh) {
  ask = refresh;
  const page = place("ad-inbox");
  page.addEventListener("click", onClick);
  page.addEventListener("submit", onSubmit);
  page.addEventListener("keydown", onKey);
  page.addEventListener("input", () => drafts.keep(opened(), field().value));
  page.addEventListener("scroll", onScroll, true);
  page.addEventListener("toggle", onToggle, true);
  addEventListener("hashchange", look);
  new MutationObserver(onPicture).observe(place("ad-inbox-thread"), {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-number"],
  });
  follow({ changed: (id) => (id === "" || opened() !== null) && look() });
  outbox.start(onOutbox);
  setInterval(look, TICK_MS);
  look();
}

// One picture at a time, so that an older one never comes after a newer one.
function look() {
  const id = opened();
  if (id === null) return;
  place("ad-inbox").dataset.opened = id;
  if (id !== everything) everything = "";
  again = underWay !== 0;
  if (again) return;
  underWay = number += 1;
  clearTimeout(patience);
  patience = setTimeout(arrived, PATIENCE_MS);
  ask({ number: `${number}`, conversation: id, everything: everything ? "yes" : "no" });
}

function arrived() {
  underWay = 0;
  if (again) look();
}

function onPicture() {
  const picture = thread();
  if (!picture || picture.dataset.number === shown?.number) return;
  const before = shown;
  shown = { ...picture.dataset };
  if (Number(shown.number) >= underWay) arrived();
  reopenDetails();
  showReply();
  scroll(before);
}

function scroll(before) {
  const log = entries();
  if (!log) return;
  const another = before?.opened !== shown.opened;
  if (another || (atEnd && before.last !== shown.last)) log.scrollTop = log.scrollHeight;
  if (another && shown.opened) place("ad-inbox").querySelector(".ad-thread-who h2")?.focus();
}

function onScroll(event) {
  const log = event.target;
  if (log === entries()) atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
}

// Gradio's patches take away what the server did not render.
const unfolded = new Set();

function onToggle(event) {
  const name = event.target.dataset?.details;
  if (!name) return;
  if (event.target.open) unfolded.add(name);
  else unfolded.delete(name);
}

function reopenDetails() {
  for (const details of document.querySelectorAll(".ad-sources")) {
    const open = unfolded.has(details.dataset.details);
    if (details.open !== open) details.open = open;
  }
}

// --- Answering ---

const box = () => document.querySelector(".ad-reply-box");
const field = () => place("ad-reply");

function showReply() {
  const mine = shown.mine === "yes";
  box().hidden = !shown.status;
  box().querySelector("form").hidden = !mine;
  if (field().dataset.conversation !== shown.opened) {
    if (field().dataset.conversation !== undefined) notice = "";
    field().dataset.conversation = shown.opened;
    field().value = drafts.of(shown.opened);
  }
  box().querySelector(".ad-notice").textContent = notice || (mine ? "" : whoAnswers());
  if (mine && field().dataset.wanted === shown.opened) {
    delete field().dataset.wanted;
    field().focus();
  }
  showPending();
}

function whoAnswers() {
  const { held, free } = box().dataset;
  return shown.holder ? held.replace("{agent}", shown.holder) : free;
}

function showPending() {
  const items = outbox.of(shown.opened).map((reply) => {
    const item = document.createElement("li");
    const said = document.createElement("span");
    said.textContent = reply.text;
    const state = document.createElement("span");
    state.className = "ad-quiet";
    state.textContent = reply.tries ? box().dataset.again : box().dataset.sending;
    item.append(said, state);
    return item;
  });
  box().querySelector(".ad-pending").replaceChildren(...items);
}

function onSubmit(event) {
  if (!event.target.matches(".ad-answering")) return;
  event.preventDefault();
  const written = field().value.trim();
  if (!written || shown?.mine !== "yes") return;
  field().value = "";
  notice = "";
  drafts.keep(shown.opened, "");
  atEnd = true;
  outbox.add(shown.opened, written);
  field().focus();
}

function onKey(event) {
  if (event.target.id === "ad-reply" && sends(event)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
}

function onOutbox(refused) {
  if (refused) {
    const { reply, problem } = refused;
    const draft = [reply.text, drafts.of(reply.conversation)].filter(Boolean).join("\n\n");
    drafts.keep(reply.conversation, draft);
    delete field().dataset.conversation;
    notice = `${problem.detail ?? box().dataset.failed} ${box().dataset.kept}`;
  }
  if (shown) showReply();
  look();
}

// --- Taking over, handing back, closing ---

function onClick(event) {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const { do: what, from } = button.dataset;
  if (what === "everything") {
    everything = shown.opened;
    look();
  } else if (what === "take" && from) confirmTaking(from);
  else act(what, what === "take" ? { from: null } : null);
}

async function act(what, body) {
  const id = shown.opened;
  notice = "";
  const problem = await post(`${encodeURIComponent(id)}/${what}`, body);
  if (problem?.code === "held_by_another" && what === "take") confirmTaking(problem.holder);
  else if (problem) notice = problem.detail ?? box().dataset.failed;
  else if (what === "take") field().dataset.wanted = id;
  showReply();
  look();
}

function confirmTaking(holder) {
  const dialog = document.querySelector(".ad-confirm");
  const fill = (template) => template.replaceAll("{agent}", holder);
  dialog.querySelector("h2").textContent = fill(dialog.dataset.title);
  dialog.querySelector("p").textContent = fill(dialog.dataset.lead);
  dialog.querySelector("[value=take]").textContent = fill(dialog.dataset.action);
  dialog.onclose = () => {
    if (dialog.returnValue === "take") act("take", { from: holder });
  };
  dialog.returnValue = "";
  dialog.showModal();
}

// The problem, or null when all went well.
async function post(path, body) {
  try {
    const answer = await fetch(`/api/v1/conversations/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
      body: body && JSON.stringify(body),
    });
    return answer.ok ? null : await answer.json().catch(() => ({}));
  } catch {
    return { detail: box().dataset.lost };
  }
}
