// The widget's place in a page: a shadow root that the page's styles do not reach, the launcher
// and the panel's frame.

import { STYLE } from "./style.js";
import { accents, parseColor } from "./theme.js";
import { button, el, icon } from "./view/dom.js";

const PROPERTIES = { zIndex: "--answerdesk-z-index" };

/** `look`: color, position, theme, zIndex, full; `toggle()` is the launcher's. */
export function createShell({ look, language, say, toggle }) {
  const over = new AbortController();
  const { signal } = over;
  const host = document.createElement("answerdesk-widget");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  if (look.zIndex) host.style.setProperty(PROPERTIES.zIndex, look.zIndex);

  const badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
  const launcher = button(say("open"), toggle, { picture: "chat", class: "launcher", "aria-expanded": "false" });
  launcher.append(icon("down"), badge);
  const root = el("div", { class: "root", lang: language === "zh" ? "zh-CN" : "en", dir: "ltr" });
  root.dataset.position = look.position;
  root.classList.toggle("full", Boolean(look.full));
  root.append(launcher);
  shadow.append(root);

  // Keys pressed here are no shortcuts of the page, and no dialog of the page takes the focus back.
  for (const type of ["keydown", "keyup", "keypress", "focusin"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }

  const darkness = matchMedia("(prefers-color-scheme: dark)");
  function paint() {
    const dark = look.theme === "dark" || (look.theme !== "light" && darkness.matches);
    const theme = dark ? "dark" : "light";
    root.dataset.theme = theme;
    const own = getComputedStyle(root).getPropertyValue("--answerdesk-accent").trim();
    root.style.color = own; // the browser reads whatever way the site writes its colour
    const given = own && parseColor(getComputedStyle(root).color);
    root.style.color = "";
    const color = given || parseColor(look.color) || [15, 107, 92];
    const found = accents(color, theme);
    for (const name of Object.keys(found)) root.style.setProperty(name, `rgb(${found[name].join(" ")})`);
  }
  darkness.addEventListener("change", paint, { signal });

  // On a phone the keyboard covers half of the page, but not of what can be seen.
  const seen = window.visualViewport;
  function fit() {
    root.style.setProperty("--top", `${seen.offsetTop}px`);
    root.style.setProperty("--height", `${seen.height}px`);
  }
  if (seen) {
    seen.addEventListener("resize", fit, { signal });
    seen.addEventListener("scroll", fit, { signal });
    fit();
  }

  // Outside of the body, which single-page applications like to replace.
  const page = document.documentElement;
  page.append(host);
  const watch = new MutationObserver(() => host.isConnected || page.append(host));
  watch.observe(page, { childList: true });
  paint();

  return {
    root,
    launcher,
    get isOpen() {
      return root.classList.contains("open");
    },
    setOpen(open) {
      root.classList.toggle("open", open);
      launcher.setAttribute("aria-expanded", String(open));
      paint();
    },
    setUnread(n) {
      const label = n ? say("openUnread", { n }) : say("open");
      launcher.setAttribute("aria-label", label);
      launcher.title = label;
      badge.hidden = !n;
      badge.textContent = n > 9 ? "9+" : n;
    },
    remove() {
      over.abort();
      watch.disconnect();
      host.remove();
    },
  };
}
