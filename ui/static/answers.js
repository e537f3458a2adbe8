// The page of curated answers: shows them, edits one, tries a question, takes a file in.

const FILTER_MS = 250;

let ask = () => {};
let number = 0;
let shown = "";
let saidNext = "";
let filter = { query: "", collection: "", page: "1" };
let typing = 0;
// What was changed and not saved, by answer: nothing is lost by looking elsewhere.
const drafts = new Map();

const page = () => document.getElementById("ad-page-answers");
const root = () => page().querySelector(".ad-answers");
const form = () => page().querySelector(".ad-answer-form");
const part = (name) => page().querySelector(`.ad-answer-${name}`);
const place = () => {
  const [name, answer = "", question = ""] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return name === "answers" ? { answer, question } : null;
};
const key = () => root().dataset.answer || location.hash;

export function start(show) {
  ask = show;
  page().addEventListener("click", onClick);
  page().addEventListener("submit", onSubmit);
  page().addEventListener("input", onInput);
  page().addEventListener("change", onChange);
  addEventListener("hashchange", look);
  addEventListener("beforeunload", (event) => drafts.size && event.preventDefault());
  new MutationObserver(onPicture).observe(document.getElementById("ad-answers-shown"), {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-number"],
  });
  look();
}

function look() {
  const wanted = place();
  if (wanted) ask({ number: `${(number += 1)}`, ...wanted, ...filter });
}

function onPicture() {
  if (!root() || root().dataset.number === shown) return;
  shown = root().dataset.number;
  if (form()) {
    // A patched field keeps what was typed before; a new picture begins with what is saved.
    form().reset();
    const draft = drafts.get(key());
    if (draft) restore(draft);
    tellState(draft ? root().dataset.unsaved : "");
  } else if (saidNext) {
    part("file").textContent = saidNext;
  }
  saidNext = "";
}

function onInput(event) {
  if (form()?.contains(event.target)) {
    event.target.removeAttribute("aria-invalid");
    drafts.set(key(), snapshot());
    tellState(root().dataset.unsaved);
  } else if (event.target.name === "query") {
    clearTimeout(typing);
    typing = setTimeout(() => narrow({ query: event.target.value }), FILTER_MS);
  }
}

function onChange(event) {
  if (event.target.type === "file") takeIn(event.target);
}

function narrow(changes) {
  filter = { ...filter, page: "1", ...changes };
  look();
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.collection !== undefined) narrow({ collection: button.dataset.collection });
  else if (button.dataset.turn) narrow({ page: button.dataset.turn });
  else if (button.dataset.do === "delete") confirm();
  else if (button.dataset.do === "clear") {
    page().querySelector("[name=query]").value = "";
    narrow({ query: "", collection: "" });
  }
}

function onSubmit(event) {
  if (event.target.method === "dialog") return;
  event.preventDefault();
  if (event.target === form()) save();
  else tryOut(event.target);
}

// --- One answer ---

function read() {
  const field = (name) => form().elements[name];
  return {
    questions: field("questions").value.split("\n").map((line) => line.trim()).filter(Boolean),
    answer_en: field("answer_en").value.trim(),
    answer_zh: field("answer_zh").value.trim(),
    collection: field("collection").value.trim(),
    enabled: field("enabled").checked,
  };
}

function snapshot() {
  return [...form().elements]
    .filter((field) => field.name)
    .map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
}

function restore(values) {
  for (const [name, value] of values) {
    const field = form().elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
}

async function save() {
  const id = root().dataset.answer;
  const before = key();
  const { problem } = await call(id ? "PUT" : "POST", id, read());
  if (problem) {
    const wrong = form().elements[culprit(problem)];
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
    tellState(problem.detail ?? root().dataset.failed, true);
    return;
  }
  drafts.delete(before);
  leave(root().dataset.saved);
}

// The field that a problem of the API is about.
function culprit(problem) {
  const said = `${problem.code} ${problem.detail}`;
  if (/answer_en|answer_zh/.test(said)) return /answer_zh/.test(said) ? "answer_zh" : "answer_en";
  if (/collection/.test(said) && problem.code !== "question_taken") return "collection";
  return read().questions.length && problem.code === "invalid_answer" && !read().answer_en && !read().answer_zh
    ? "answer_en"
    : "questions";
}

function confirm() {
  const dialog = document.getElementById("ad-answer-delete");
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue === "yes" && remove();
  dialog.showModal();
}

async function remove() {
  const { problem } = await call("DELETE", root().dataset.answer);
  if (problem) {
    tellState(problem.detail ?? root().dataset.failed, true);
    return;
  }
  drafts.delete(key());
  leave(root().dataset.deleted);
}

function leave(said) {
  saidNext = said;
  location.hash = "#answers";
}

function tellState(said, wrong = false) {
  const state = form()?.querySelector(".ad-save-state");
  if (!state) return;
  state.textContent = said;
  state.classList.toggle("ad-reason", wrong);
}

// --- A question tried ---

async function tryOut(asked) {
  const question = asked.elements.question.value.trim();
  const tried = part("tried");
  if (!question) {
    tried.replaceChildren();
    return;
  }
  const body = { question, ...(filter.collection && { collection: filter.collection }) };
  const { problem, answer } = await call("POST", "try", body);
  if (problem) {
    tried.replaceChildren(element("p", "ad-reason", problem.detail ?? root().dataset.failed));
    return;
  }
  const { found, none, nothing } = tried.dataset;
  const said = answer.near.length ? [element("p", "", answer.answer === null ? none : found)] : [element("p", "", nothing)];
  if (answer.answer !== null) said.push(element("div", "ad-text ad-answer-given", answer.answer));
  const list = element("ol", "ad-answer-near");
  list.append(...answer.near.map((way) => nearby(way, tried.dataset)));
  tried.replaceChildren(...said, list);
}

function nearby(way, words) {
  const item = element("li", "");
  const matches = way.fit === "same" || way.fit === "fits";
  const link = element("a", "ad-link", way.question);
  link.href = `#answers/${encodeURIComponent(way.answer_id)}`;
  const fit = words[`fit${way.fit[0].toUpperCase()}${way.fit.slice(1)}`];
  const score = fill(words.score, { score: `${Math.round(100 * Math.max(0, way.similarity))}%` });
  item.append(link, element("span", `ad-state ad-state-${matches ? "ready" : "none"}`, fit), element("span", "ad-quiet", score));
  return item;
}

// --- A file ---

async function takeIn(input) {
  const place = part("file");
  const body = new FormData();
  body.append("file", input.files[0]);
  input.value = "";
  place.textContent = place.dataset.importing;
  const { problem, answer } = await call("POST", "import", body);
  if (!problem) {
    place.textContent = fill(place.dataset.imported, answer);
    look();
    return;
  }
  const lines = (problem.problems ?? []).map(({ line, detail }) => {
    const item = element("li", "");
    item.append(element("strong", "", fill(place.dataset.line, { line })), ` ${detail}`);
    return item;
  });
  const list = element("ul", "");
  list.append(...lines);
  const said = lines.length ? place.dataset.refused : (problem.detail ?? root().dataset.failed);
  const box = element("div", "ad-callout ad-callout-error");
  box.append(element("p", "", said), list);
  place.replaceChildren(box);
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// {answer} or {problem}; without a connection the problem says so.
async function call(method, path, body) {
  const file = body instanceof FormData;
  const language = { "Accept-Language": document.documentElement.lang };
  try {
    const response = await fetch(`/api/v1/curated${path ? `/${path}` : ""}`, {
      method,
      headers: file ? language : { ...language, "Content-Type": "application/json" },
      body: file ? body : body && JSON.stringify(body),
    });
    const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
    return response.ok ? { answer } : { problem: answer };
  } catch {
    return { problem: { detail: root().dataset.lost } };
  }
}
