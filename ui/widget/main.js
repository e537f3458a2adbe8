// Puts the widget together: what the page asks for, the configuration, the desk and the panel.

import { accept, Api, patience, pause } from "./api.js";
import { Desk } from "./desk.js";
import { createShell } from "./shell.js";
import { openStore } from "./store.js";
import { chooseLanguage, speaker } from "./texts.js";
import { createPanel } from "./view/panel.js";

const NARROW = "(max-width: 600px)";

/**
 * `options`: widget, base, color, position, theme, lang, title, open, zIndex, and for a page
 * that is all widget `full` and `frame`, its ticket. `answer` is the promise of the
 * configuration's response. What `window.AnswerDesk` can do, or an error that says why not.
 */
export async function start(options, answer, emit) {
  const config = await configuration(options, answer);
  if (!document.body) await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  const language = chooseLanguage(options.lang, config.languages);
  const say = speaker(language, config.texts[language]);
  const store = openStore(options.widget);
  const { full } = options;

  const shell = createShell({ look: { ...config, ...options }, language, say, toggle });
  performance.mark("answerdesk-launcher");

  const api = new Api({
    base: options.base,
    widget: options.widget,
    frame: options.frame ?? null,
    language,
    store,
    reached: (reachable) => desk.reached(reachable),
    renewed: (session) => desk.renewed(session),
  });
  const desk = new Desk({ api, store, openNow: config.open_now, emit });
  const panel = createPanel({
    say,
    desk,
    config,
    store,
    suggestions: config.suggestions[language] ?? [],
    title: options.title ?? say("title"),
    close: full ? null : close,
    onUnread: (count) => shell.setUnread(count),
  });
  panel.node.hidden = true;
  shell.root.append(panel.node);

  function show(focus) {
    if (shell.isOpen) return;
    panel.node.hidden = false;
    panel.node.setAttribute("aria-modal", String(full || matchMedia(NARROW).matches));
    shell.setOpen(true);
    store.write("tab.open", true);
    desk.attend(true);
    if (focus) panel.focus();
    emit("open");
  }

  function close() {
    if (!shell.isOpen) return;
    panel.node.hidden = true;
    shell.setOpen(false);
    store.write("tab.open", false);
    desk.attend(false);
    shell.launcher.focus({ preventScroll: true });
    emit("close");
  }

  function toggle() {
    if (shell.isOpen) close();
    else show(true);
  }

  desk.begin(panel);
  // Open on the page before: open on this one, but never over the whole of it.
  const before = matchMedia(NARROW).matches ? false : store.read("tab.open");
  if (full || (before ?? options.open === "true")) show(full);
  setTimeout(() => emit("ready"));

  return {
    open: () => show(true),
    close,
    toggle,
    reset: () => desk.reset(),
    identify: (token) => desk.identify(token),
    setContext(values) {
      for (const name of Object.keys(values)) desk.outbox.context[name] = values[name];
    },
    destroy() {
      desk.end();
      shell.remove();
      delete window.AnswerDesk;
    },
  };
}

async function configuration({ base, widget }, answer) {
  const address = `${base}widget/${encodeURIComponent(widget)}/config`;
  for (let tries = 0; ; tries += 1) {
    try {
      return await (await accept(await answer)).json();
    } catch (error) {
      const wait = error.seconds ? patience(error, tries) : null;
      if (wait === null) throw error;
      await pause(wait);
      answer = fetch(address);
    }
  }
}
