// Puts the widget into a page.

import { checked, insist, openStore } from "./connection.js";
import { createDesk } from "./desk.js";
import { dress } from "./style.js";
import { TEXTS } from "./texts.js";
import { button, el, icon } from "./view/log.js";
import { createPanel } from "./view/panel.js";

/** `options` are the snippet's, `answer` promises the configuration. What a site may call. */
export async function start(options, answer, emit) {
  const over = new AbortController();
  const responses = [await answer];
  const again = () => fetch(`${options.base}${options.widget}/config`);
  const config = await insist(async () => (await checked(responses.pop() ?? (await again()))).json(), over.signal);
  if (!document.body) {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  }
  const full = !!options.frame; // the ticket of a page that is all widget
  const language = chooseLanguage(options.lang, config.languages);
  const own = config.texts[language];
  const say = (name, values = {}) => {
    const text = own[name] ?? TEXTS[name]?.[language === "zh" ? 1 : 0] ?? "";
    return text.replace(/{(\w+)}/g, (_, key) => values[key]);
  };
  const store = openStore(`answerdesk.${options.widget}`);
  const isNarrow = () => matchMedia("(max-width: 600px)").matches;

  const launcher = button(say("open"), toggle, "launcher", "chat");
  const badge = el("span.badge", { "aria-hidden": true, hidden: "" });
  launcher.append(icon("down"), badge);
  const root = el("div.root", { lang: language === "zh" ? "zh-CN" : "en", dir: "ltr" }, launcher);
  root.classList.toggle("full", full);
  root.dataset.position = options.position ?? config.position;
  const host = document.createElement("answerdesk-widget");
  host.attachShadow({ mode: "open" }).append(root);
  const paint = dress(host, root, { ...config, ...options }, over.signal);

  // No shortcuts of the page, and no dialog of it that takes the focus back.
  for (const type of ["keydown", "keyup", "keypress", "focusin"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  // Outside of the body, which applications like to replace.
  const page = document.documentElement;
  const watch = new MutationObserver(() => host.isConnected || page.append(host));
  watch.observe(page, { childList: true });
  page.append(host);
  paint();
  performance.mark("answerdesk-launcher");

  const desk = createDesk({ options, language, store, openNow: config.open_now, emit });
  const panel = createPanel({
    say,
    desk,
    store,
    config,
    suggestions: config.suggestions[language],
    title: options.title ?? say("title"),
    close: full ? null : close,
    onUnread(n) {
      launcher.title = say(n ? "openUnread" : "open", { n });
      launcher.setAttribute("aria-label", launcher.title);
      badge.hidden = !n;
      badge.textContent = n;
    },
  });
  root.append(panel.node);
  const isOpen = () => !panel.node.hidden;
  set(false);

  function set(open) {
    panel.node.hidden = !open;
    root.classList.toggle("open", open);
    launcher.setAttribute("aria-expanded", open);
    panel.node.setAttribute("aria-modal", full || isNarrow());
  }

  function open(focusing) {
    if (isOpen()) return;
    set(true);
    paint();
    store.write("open", true);
    desk.attend(true);
    panel.shown(focusing);
    emit("open");
  }

  function close() {
    if (!isOpen()) return;
    set(false);
    store.write("open", false);
    desk.attend(false);
    launcher.focus({ preventScroll: true });
    emit("close");
  }

  function toggle() {
    if (isOpen()) close();
    else open(true);
  }

  desk.begin(panel);
  panel.status();
  // Open as on the page before, but never over the whole of this one.
  const before = isNarrow() ? false : store.read("open");
  if (full || (before ?? options.open === "true")) open(full);
  emit("ready");

  const { setContext, identify, reset } = desk;
  return {
    open: () => open(true),
    close,
    toggle,
    setContext,
    identify,
    reset: () => reset(),
    destroy() {
      over.abort();
      watch.disconnect();
      desk.end();
      host.remove();
      delete window.AnswerDesk;
    },
  };
}

// The script's, else the page's, else the browser's, if it is offered.
function chooseLanguage(wanted, offered) {
  for (const tag of [wanted, document.documentElement.lang, ...navigator.languages]) {
    const language = tag?.slice(0, 2).toLowerCase();
    if (offered.includes(language)) return language;
  }
  return offered[0];
}
