// Turns a click on anything with `data-action` into the Gradio event of that name, with its data.
// Gradio reads the names of the events from here.
const EVENTS = [
  "open_document",
  "ask_delete",
  "delete_document",
  "close_sheet",
  "turn_page",
  "clear_filter",
  "choose_period",
];
let before = null;

element.addEventListener("click", (event) => {
  const target = event.target.closest("[data-action]");
  if (target && EVENTS.includes(target.dataset.action) && !target.disabled) {
    trigger(target.dataset.action, { ...target.dataset });
  }
});

// What opens over the page takes the focus, keeps it, and gives it back.
element.addEventListener("keydown", (event) => {
  if (!element.querySelector("[data-focus]")) {
    return;
  }
  if (event.key === "Escape") {
    element.querySelector("[data-action='close_sheet']").click();
  } else if (event.key === "Tab") {
    keepInside(event);
  }
});

function keepInside(event) {
  const inside = [...element.querySelectorAll("button, input:checked, a[href]")].filter(
    (item) => !item.disabled && item.offsetParent !== null,
  );
  const edge = event.shiftKey ? inside[0] : inside.at(-1);
  if (document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? inside.at(-1) : inside[0]).focus();
  }
}

watch("value", () => {
  const open = element.querySelector("[data-focus]");
  if (open && !before) {
    before = document.activeElement;
    open.querySelector("[data-first]").focus({ preventScroll: true });
    element.querySelector("[data-scroll]")?.scrollIntoView({ block: "center" });
  } else if (!open && before) {
    before.focus({ preventScroll: true });
    before = null;
  }
});
