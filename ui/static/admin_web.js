// Orders pages and sites, and stops and repeats what was ordered. Gradio reads the events' names here.
const EVENTS = ["fetch_web", "stop_fetch", "fetch_again"];
const opened = new Set();
let focused = "";

element.addEventListener("submit", (event) => {
  event.preventDefault();
  trigger("fetch_web", Object.fromEntries(new FormData(event.target)));
});

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button && EVENTS.includes(button.dataset.action)) trigger(button.dataset.action, { id: button.dataset.id });
});

// The list is made anew while jobs are at work: what was open or had the focus has it again.
element.addEventListener("focusin", (event) => {
  focused = event.target.closest("li")?.dataset.id ?? "";
});
element.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.isConnected) return;
    opened[target.open ? "add" : "delete"](target.dataset.id);
  },
  true,
);

watch("value", () => {
  element.querySelector("form")?.reset(); // what was ordered need not be typed over
  for (const details of element.querySelectorAll("details")) details.open = opened.has(details.dataset.id);
  const job = [...element.querySelectorAll("li[data-id]")].find((item) => item.dataset.id === focused);
  if (job && document.activeElement === document.body) job.querySelector("button")?.focus({ preventScroll: true });
});
