// The question field: Enter sends, it grows with its text and counts near the limit.

const NEAR = 0.9;

const form = () => document.querySelector(".ad-composer");
const field = () => document.getElementById("ad-question");

export function take() {
  const area = field();
  const written = area.value.trim();
  if (!written || isTooLong(written)) return "";
  area.value = "";
  measure();
  return written;
}

export function giveBack(written) {
  const area = field();
  if (area.value) return;
  area.value = written;
  measure();
}

// Said when the server does not answer, or not any more.
export function complain() {
  const count = document.querySelector(".ad-count");
  const { busy, offline } = form().dataset;
  count.textContent = navigator.onLine ? busy : offline;
  count.classList.add("ad-over");
}

export function focus() {
  field()?.focus();
}

let measured = "";

// Only when the field has just been rendered: a change of language takes its height away.
export function measureOnce() {
  const left = form()?.dataset.left ?? "";
  if (left === measured) return;
  measured = left;
  measure();
}

export function measure() {
  const area = field();
  if (!area) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
  const limit = Number(form().dataset.limit);
  const length = [...area.value.trim()].length;
  const count = document.querySelector(".ad-count");
  const over = length > limit;
  count.textContent = length < limit * NEAR ? "" : message(over, Math.abs(limit - length));
  count.classList.toggle("ad-over", over);
  area.setAttribute("aria-invalid", String(over));
}

export function sends(event) {
  // While Chinese is being composed, Enter picks a word and must not send.
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

function isTooLong(written) {
  return [...written].length > Number(form().dataset.limit);
}

function message(over, count) {
  return (over ? form().dataset.over : form().dataset.left).replace("#", count);
}
