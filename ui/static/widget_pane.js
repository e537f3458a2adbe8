// The preview beside the form: tells the page in the frame what the widget is to look like.

const WAIT_MS = 250;
// A page as wide as this has room for the widget beside its content.
const WIDTH = 640;

let place = null;
let frame = null;
let ready = false;
let offered = null;
let language = "";
let told = "";
let timer = 0;

export function start(page) {
  place = page.querySelector(".ad-preview");
  frame = place.querySelector("iframe");
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.data !== "ready") return;
    ready = true;
    told = "";
    tell();
  });
  place.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-preview-language]");
    if (!chosen) return;
    language = chosen.dataset.previewLanguage;
    tell();
  });
  new ResizeObserver(() => {
    const box = frame.parentElement;
    const scale = Math.min(1, box.clientWidth / WIDTH);
    frame.style.transform = `scale(${scale})`;
    box.style.height = `${frame.height * scale}px`;
  }).observe(frame.parentElement);
}

// Settings to show; null when there is no widget.
export function offer(settings) {
  offered = settings;
  place.hidden = !settings;
  if (!settings) return;
  if (!frame.src) frame.src = frame.dataset.src;
  clearTimeout(timer);
  timer = setTimeout(tell, WAIT_MS);
}

// Sessions of the widget know its new settings only from now on.
export function saved() {
  told = "";
}

function tell() {
  if (!ready || !offered) return;
  const { languages, theme } = offered;
  const first = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  if (!languages.includes(language)) language = languages.includes(first) ? first : languages[0];
  for (const button of place.querySelectorAll("[data-preview-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.previewLanguage === language));
    button.disabled = !languages.includes(button.dataset.previewLanguage);
  }
  const config = { ...offered, open_now: true, limit: 2000 };
  const { unsaved } = place.dataset;
  const message = { config, language, page: theme === "auto" ? "" : theme, unsaved };
  const written = JSON.stringify(message);
  if (written === told) return;
  told = written;
  frame.contentWindow.postMessage(message, location.origin);
}
