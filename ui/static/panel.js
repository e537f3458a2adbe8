// The place beside the chat where a source or "Why this answer?" opens.

let opener = null;

const panel = () => document.querySelector(".ad-panel");

export function open(button) {
  const drawers = button.closest(".ad-turn")?.querySelector(".ad-drawers");
  const drawer = drawers?.querySelector(`[data-drawer="${button.dataset.open}"]`);
  const place = panel();
  if (!drawer || !place) return;
  release();
  opener = button;
  button.setAttribute("aria-expanded", "true");
  place.querySelector("h2").textContent = drawer.dataset.heading;
  const body = place.querySelector(".ad-panel-body");
  body.replaceChildren(...drawer.cloneNode(true).childNodes);
  body.dataset.shows = button.dataset.open === "why" ? "why" : "source";
  place.hidden = false;
  document.getElementById("ad-app")?.classList.add("ad-with-panel");
  body.scrollTop = 0;
  showMark(body);
  place.focus({ preventScroll: true });
}

export function close() {
  const place = panel();
  if (!place || place.hidden) return false;
  place.hidden = true;
  document.getElementById("ad-app")?.classList.remove("ad-with-panel");
  const back = opener;
  release();
  back?.focus({ preventScroll: true });
  return true;
}

function release() {
  opener?.removeAttribute("aria-expanded");
  opener = null;
}

function showMark(body) {
  const mark = body.querySelector("mark");
  if (!mark) return;
  const offset = mark.getBoundingClientRect().top - body.getBoundingClientRect().top;
  body.scrollTop += offset - body.clientHeight / 3;
}
