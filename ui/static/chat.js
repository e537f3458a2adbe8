// The chat page: turns what the visitor does into events, and follows what the server renders.

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
  const turn = `${Date.now()}`;
  expected = { turn, written, timer: setTimeout(() => giveUp(written), PATIENCE_MS) };
  events.send({ text: written, turn, language: language(), conversation: recall("conversation") });
  composer.focus();
}

function giveUp(written) {
  expected = null;
  composer.giveBack(written);
  composer.complain();
}

// Gradio tells of a full queue or a lost connection in a toast, in English; chat.css hides it.
function onTrouble() {
  const toasts = document.querySelectorAll(".toast-body.error:not([data-told])");
  if (toasts.length === 0) return;
  for (const toast of toasts) toast.dataset.told = "yes";
  document.querySelector(".ad-working")?.remove();
  if (expected) {
    clearTimeout(expected.timer);
    giveUp(expected.written);
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
  const turns = [...document.querySelectorAll(".ad-turn")];
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
  }
  shown = last ?? null;
}

// The newest question stands at the top, so that its answer grows downwards and nothing jumps.
function bringUp(turn, behavior) {
  const place = log();
  const offset = turn.getBoundingClientRect().top - place.getBoundingClientRect().top;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  place.scrollBy({ top: offset - 24, behavior: calm ? "instant" : behavior });
}
