// Puts the widget into a page: its shadow root, the launcher, the panel and the desk behind them.

import { checked, insist, openStore } from "./connection.js";
import { createDesk } from "./desk.js";
import { dress } from "./style.js";
import { chooseLanguage, speaker } from "./texts.js";
import { button, el, icon } from "./view/elements.js";
import { createPanel } from "./view/panel.js";

/**
 * `options`: widget, base, the snippet's color, position, theme, lang, title, open and zIndex,
 * and of a frame page `full` and `frame`. `answer` promises the response with the configuration.
 * Returns what `window.AnswerDesk` can do; raises what keeps it from being shown.
 */
export async function start(options, answer, emit) {
  const over = new AbortController();
  let response = await answer;
  const config = await insist(async () => {
    response ??= await fetch(`${options.base}${options.widget}/config`);
    const given = response;
    response = null;
    return (await checked(given)).json();
  }, over.signal);
  if (!document.body) {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  }
  const { full } = options;
  const language = chooseLanguage(options.lang ?? options.language, config.languages);
  const say = speaker(language, config.texts[language]);
  const store = openStore(`answerdesk.${options.widget}`);
  const isNarrow = () => matchMedia("(max-width: 600px)").matches;

  const launcher = button(say("open"), toggle, "launcher", "chat");
  const badge = el("span.badge", { "aria-hidden": true, hidden: "" });
  launcher.append(icon("down"), badge);
  const root = el("div.root", { lang: language === "zh" ? "zh-CN" : "en", dir: "ltr" }, launcher);
  root.classList.toggle("full", !!full);
  root.dataset.position = options.position ?? config.position;
  const host = document.createElement("answerdesk-widget");
  host.attachShadow({ mode: "open" }).append(root);
  const paint = dress(host, root, { ...config, ...options }, over.signal);

  // Keys pressed here are no shortcuts of the page, and no dialog of it takes the focus back.
  for (const type of ["keydown", "keyup", "keypress", "focusin"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  // Outside of the body, which single-page applications like to replace.
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
    panel.node.setAttribute("aria-modal", !!full || isNarrow());
  }

  function open(focusing) {
    if (isOpen()) return;
    set(true);
    paint();
    store.write("open", true, "sessionStorage");
    desk.attend(true);
    panel.shown(focusing);
    emit("open");
  }

  function close() {
    if (!isOpen()) return;
    set(false);
    store.write("open", false, "sessionStorage");
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
  // Open where it was open on the page before; but never over the whole of a page.
  const before = isNarrow() ? false : store.read("open", "sessionStorage");
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
