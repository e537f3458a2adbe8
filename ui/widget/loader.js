// What a site loads: puts window.AnswerDesk in place at once and fetches the rest.
(() => {
  "use strict";
  const script = document.currentScript;
  const stub = window.AnswerDesk;
  // Loaded twice is loaded once; what the page's own stub has queued is played back below.
  if (!script || (stub && !stub.queue)) return;

  const base = new URL(".", script.src).href;
  const options = { ...script.dataset, base };
  const listeners = new Map();
  const desk = stub ?? {};
  let started;
  const widget = new Promise((resolve) => {
    started = resolve;
  });

  desk.on = (event, listener) => {
    if (!listeners.has(event)) listeners.set(event, new Set());
    listeners.get(event).add(listener);
    return () => listeners.get(event).delete(listener);
  };
  for (const name of ["open", "close", "toggle", "reset", "destroy", "identify", "setContext"]) {
    desk[name] = (...given) => widget.then((real) => real[name](...given));
  }

  function emit(event, detail) {
    for (const listener of new Set(listeners.get(event))) {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    }
  }

  function warn(error) {
    console.warn(
      `AnswerDesk: the chat is not shown on this page. ${error.message}. Check in AnswerDesk, ` +
        `under Widget, that ${location.origin} is among the allowed sites and that the widget ` +
        `"${options.widget}" exists, and that this page's Content-Security-Policy allows ` +
        `${new URL(base).origin} in script-src and connect-src.`,
    );
  }

  const queued = desk.queue ?? [];
  delete desk.queue;
  window.AnswerDesk = desk;
  for (const [name, given] of queued) desk[name]?.(...given);

  // The configuration travels while the modules load.
  const address = `${base}widget/${encodeURIComponent(options.widget)}/config`;
  const answer = fetch(address, { headers: { Accept: "application/json" } });
  answer.catch(() => {}); // looked at by main.js
  import(`${base}widget/app/main.js`)
    .then(({ start }) => start(options, answer, emit))
    .then(started, warn);
})();
