// Turns a click on anything with `data-action` into the Gradio event of that name, with its data
// and what the form around it holds. Gradio reads the names of the events from here.
const EVENTS = [
  "open_document",
  "ask_delete",
  "delete_document",
  "close_sheet",
  "turn_page",
  "clear_filter",
  "choose_period",
  "switch_document",
  "retry_document",
  "edit_passage",
  "save_passage",
  "say_language",
  "move_document",
  "ask_restore",
  "restore_version",
  "show_bundle",
  "ask_delete_bundle",
  "delete_bundle",
  "why_not",
  "save_synonyms",
];
const FIELDS = "button, a[href], textarea, select, input:not([type=radio], [type=hidden]), input:checked";
let before = null;

element.addEventListener("click", (event) => {
  const target = event.target.closest("[data-action]");
  if (target && EVENTS.includes(target.dataset.action) && !target.disabled) act(target);
});

function act(target) {
  const form = target.closest("form");
  if (target.dataset.action === "close_sheet") leaveLink();
  trigger(target.dataset.action, { ...target.dataset, ...(form && Object.fromEntries(new FormData(form))) });
}

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.target.querySelector("[data-action][data-submit]");
  if (button) act(button);
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
  const inside = [...element.querySelectorAll(FIELDS)].filter(
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
  if (open) {
    before ??= document.activeElement;
    if (!open.contains(document.activeElement)) {
      (open.querySelector("[data-here]") ?? open.querySelector("[data-first]")).focus({ preventScroll: true });
    }
    element.querySelector("[data-scroll]")?.scrollIntoView({ block: "center" });
  } else if (before) {
    before.focus({ preventScroll: true });
    before = null;
  }
});

// A link to a place in a document, "#knowledge/<document>/<passage>/<start>-<end>", opens it there.
function followLink() {
  const [page, id, passage = "", span = ""] = location.hash.slice(1).split("/").map(decodeURIComponent);
  if (page === "knowledge" && id) trigger("open_document", { id, passage, span });
}

function leaveLink() {
  // By its whole path: Gradio's page names another base than itself.
  if (location.hash.startsWith("#knowledge/")) history.replaceState(null, "", `${location.pathname}#knowledge`);
}

if (element.querySelector("[data-follows-links]") || element.closest("#ad-documents")) {
  addEventListener("hashchange", followLink);
  followLink();
}
