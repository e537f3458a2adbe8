// The chat page: turns what the visitor does into events, and follows what the server renders.

import * as news from "./chat_news.js";
import * as composer from "./composer.js";
import { language, recall, remember } from "./memory.js";
import * as panel from "./panel.js";
import { isDark, toggleTheme } from "./theme.js";

// An answer begins within a second; by then the connection is lost or the queue is full.
const PATIENCE_MS = 10_000;

let events;
let expected = null;
let shown = null;
let left = "";
let unsent = null;
let current = "";
let atEnd = true;

const log = () => document.querySelector(".ad-log");
const working = () => document.querySelector(".ad-working") !== null;

export function start(given) {
  events = given;
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", (event) => {
    if (event.target.id === "ad-question") composer.measure();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".ad-composer")) return;
    event.preventDefault();
    ask();
  });
  const app = document.getElementById("ad-app");
  new MutationObserver(follow).observe(app, { childList: true, subtree: true, characterData: true });
  new MutationObserver(onTrouble).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("scroll", onScroll, true);
  news.start(
    () => show(current),
    () => working() || expected !== null,
  );
  speak(language());
  show(recall("conversation"));
}

function show(conversation) {
  events.show({ language: language(), conversation });
}

function ask(question) {
  if (working() || expected) return;
  const written = question ?? composer.take();
  if (!written) return;
  panel.close();
  // A question that did not get through keeps its name, and so is never asked twice.
  const turn = unsent?.written === written ? unsent.turn : randomName();
  unsent = null;
  expected = { turn, written, timer: setTimeout(giveUp, PATIENCE_MS) };
  events.send({ text: written, turn, language: language(), conversation: recall("conversation") });
  composer.focus();
}

function giveUp() {
  unsent = expected;
  expected = null;
  composer.giveBack(unsent.written);
  composer.complain();
}

function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

// Gradio tells of a full queue or a lost connection in a toast, in English; chat.css hides it.
function onTrouble() {
  const toasts = document.querySelectorAll(".toast-body.error:not([data-told])");
  if (toasts.length === 0) return;
  for (const toast of toasts) toast.dataset.told = "yes";
  document.querySelector(".ad-working")?.remove();
  if (expected) {
    clearTimeout(expected.timer);
    giveUp();
  } else composer.complain();
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button || !button.closest("#ad-app")) return;
  const { ask: question, open, language: chosen } = button.dataset;
  if (question) ask(question);
  else if (open) panel.open(button);
  else if (chosen) switchLanguage(chosen);
  else actions[button.dataset.do]?.(button);
}

const actions = {
  stop: () => events.stop(),
  close: () => panel.close(),
  copy,
  person: (button) => {
    const conversation = recall("conversation");
    if (conversation) events.person({ language: language(), conversation });
    else ask(button.dataset.say);
  },
  theme: () => {
    toggleTheme();
    nameTheme();
  },
  new: () => {
    if (working()) events.stop();
    panel.close();
    left = recall("conversation");
    remember("conversation", "");
    show("");
    composer.focus();
  },
};

function onKey(event) {
  if (event.key === "Escape" && panel.close()) event.preventDefault();
  if (event.target.id === "ad-question" && composer.sends(event)) {
    event.preventDefault();
    ask();
  }
}

function switchLanguage(chosen) {
  if (working()) return;
  remember("language", chosen);
  speak(chosen);
  panel.close();
  show(recall("conversation"));
}

function speak(code) {
  document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
}

async function copy(button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  button.textContent = button.dataset.done;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

function nameTheme() {
  const button = document.querySelector("[data-do=theme]");
  const name = isDark() ? button?.dataset.light : button?.dataset.dark;
  if (button && button.getAttribute("aria-label") !== name) {
    button.setAttribute("aria-label", name);
    button.title = name;
  }
}

function follow() {
  nameTheme();
  composer.measureOnce();
  document.getElementById("ad-app").classList.toggle("ad-busy", working());
  const turns = [...document.querySelectorAll("[data-entry]")];
  const kept = turns.findLast((turn) => turn.dataset.conversation)?.dataset.conversation;
  // The turns of a conversation that was left stand there until the new page has come.
  if (kept && kept !== left) remember("conversation", kept);
  const last = turns.at(-1);
  if (expected && last?.dataset.turn === expected.turn) {
    clearTimeout(expected.timer);
    expected = null;
    bringUp(last, "smooth");
  } else if (last && !shown) {
    bringUp(last, "instant");
  } else if (last && last.dataset.entry !== shown.name && isSaid(last) && atEnd) {
    bringUp(last, "smooth");
  }
  shown = last ? { name: last.dataset.entry } : null;
  if (kept !== left) {
    current = kept ?? "";
    news.attend(current);
  }
  news.look();
}

const isSaid = (node) => !node.matches(".ad-turn:not(.ad-message)");

function onScroll(event) {
  const place = log();
  if (event.target === place) atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
}

// The newest question stands at the top, so that its answer grows downwards and nothing jumps;
// what people say to each other stands at the end.
function bringUp(turn, behavior) {
  const place = log();
  if (isSaid(turn)) {
    turn.scrollIntoView({ block: "nearest", behavior: calm() ? "instant" : behavior });
    return;
  }
  const offset = turn.getBoundingClientRect().top - place.getBoundingClientRect().top;
  place.scrollBy({ top: offset - 24, behavior: calm() ? "instant" : behavior });
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
