// The page of widgets: shows one, saves it, tries it, and hands out what a site needs.

import { culprit, read, restore, snapshot } from "./widget_form.js";
import * as preview from "./widget_pane.js";

let ask = () => {};
let number = 0;
let shown = "";
let saidNext = "";
// Settings that were changed and not saved, by widget: nothing is lost by looking elsewhere.
const drafts = new Map();

const page = () => document.getElementById("ad-widget");
const root = () => document.querySelector(".ad-widgets");
const form = () => document.querySelector(".ad-widget-settings");
const wanted = () => {
  const [name, id] = location.hash.slice(1).split("/");
  return name === "widget" ? decodeURIComponent(id ?? "") : null;
};
const key = () => root().dataset.widget || "new";

export function start(show) {
  ask = show;
  page().addEventListener("click", onClick);
  page().addEventListener("submit", onSubmit);
  page().addEventListener("input", onInput);
  addEventListener("hashchange", look);
  addEventListener("beforeunload", (event) => drafts.size && event.preventDefault());
  new MutationObserver(onPicture).observe(document.getElementById("ad-widget-form"), {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-number"],
  });
  preview.start(page());
  look();
}

function look() {
  const widget = wanted();
  if (widget !== null) ask({ number: `${(number += 1)}`, widget });
}

function onPicture() {
  if (!root() || root().dataset.number === shown) return;
  shown = root().dataset.number;
  if (form()) {
    // A patched field keeps what was typed before; a new picture begins with what is saved.
    form().reset();
    form().querySelector(".ad-hex").value = form().elements.color.value;
    if (drafts.has(key())) restore(form(), drafts.get(key()));
    tellState(drafts.has(key()) ? root().dataset.unsaved : saidNext);
    saidNext = "";
    toggleHours();
  }
  preview.offer(form() && { id: root().dataset.widget, ...read(form()) });
}

function onInput(event) {
  if (!form()?.contains(event.target)) return;
  const { color } = form().elements;
  if (event.target.matches(".ad-hex")) {
    if (/^#[0-9a-f]{6}$/i.test(event.target.value)) color.value = event.target.value;
  } else if (event.target === color) form().querySelector(".ad-hex").value = color.value;
  event.target.removeAttribute("aria-invalid");
  drafts.set(key(), snapshot(form()));
  tellState(root().dataset.unsaved);
  toggleHours();
  preview.offer({ id: root().dataset.widget, ...read(form()) });
}

function toggleHours() {
  form().querySelector(".ad-hours").hidden = !form().elements.hours.checked;
}

function tellState(said, wrong = false) {
  const state = form()?.querySelector(".ad-save-state");
  if (!state) return;
  state.textContent = said;
  state.classList.toggle("ad-reason", wrong);
}

// --- Saving, deleting, testing ---

function onSubmit(event) {
  if (event.target.method === "dialog") return;
  event.preventDefault();
  if (event.target === form()) save();
  else if (event.target.matches(".ad-test")) test(event.target);
}

async function save() {
  const id = root().dataset.widget;
  const before = key();
  const { problem, answer } = await call(id ? "PUT" : "POST", id, read(form()));
  if (problem) {
    const field = culprit(form(), problem);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
    tellState(problem.detail ?? root().dataset.failed, true);
    return;
  }
  drafts.delete(before);
  preview.saved();
  saidNext = root().dataset.saved;
  const now = `#widget/${answer.id}`;
  if (location.hash === now) look();
  else location.hash = now;
}

function onClick(event) {
  const copied = event.target.closest("[data-copy]");
  const button = event.target.closest("button[data-do]");
  if (copied) copy(copied);
  else if (button) actions[button.dataset.do]?.();
}

const actions = {
  delete: () => confirm("delete", remove),
  rotate: () => confirm("rotate", () => showSecret("POST")),
  reveal: () => showSecret("GET"),
};

function confirm(name, act) {
  const dialog = document.getElementById(`ad-widget-${name}`);
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue === "yes" && act();
  dialog.showModal();
}

async function remove() {
  const { problem } = await call("DELETE", root().dataset.widget);
  if (problem) {
    tellState(problem.detail ?? root().dataset.failed, true);
    return;
  }
  drafts.delete(key());
  if (location.hash === "#widget") look();
  else location.hash = "#widget";
}

async function showSecret(method) {
  const { problem, answer } = await call(method, `${root().dataset.widget}/secret`);
  const place = page().querySelector(".ad-secret-value");
  place.textContent = problem ? (problem.detail ?? root().dataset.failed) : answer.secret;
}

async function test(asked) {
  const list = page().querySelector(".ad-findings");
  const button = asked.querySelector("button");
  list.replaceChildren(finding("testing", root().dataset.testing));
  button.disabled = true;
  const url = asked.elements.url.value.trim();
  const { problem, answer } = await call("POST", `${root().dataset.widget}/check`, { url });
  button.disabled = false;
  const found = problem ? [{ level: "error", detail: problem.detail ?? root().dataset.failed }] : answer.findings;
  list.replaceChildren(...found.map(({ level, detail }) => finding(level, detail)));
}

function finding(level, detail) {
  const item = document.createElement("li");
  const word = document.createElement("span");
  const known = { ok: "levelOk", warning: "levelWarning", error: "levelError" }[level];
  word.className = `ad-state ad-state-${{ ok: "ready", warning: "queued", error: "failed" }[level] ?? "none"}`;
  word.textContent = known ? root().dataset[known] : "";
  const said = document.createElement("span");
  said.textContent = detail;
  item.append(word, said);
  return item;
}

async function copy(button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  } catch {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    return;
  }
  button.textContent = button.dataset.done;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

// {answer} or {problem}; without a connection the problem says so.
async function call(method, path, body) {
  try {
    const response = await fetch(`/api/v1/widgets${path ? `/${path}` : ""}`, {
      method,
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
      body: body && JSON.stringify(body),
    });
    const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
    return response.ok ? { answer } : { problem: answer };
  } catch {
    return { problem: { detail: root().dataset.lost } };
  }
}
