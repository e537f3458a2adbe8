// What a site loads: puts window.AnswerDesk in place at once and fetches the rest.
(() => {
  const script = document.currentScript;
  const stub = window.AnswerDesk;
  // Loaded twice is loaded once. A page's own stub has a queue, which is played back.
  if (!script || (stub && !stub.queue)) return;

  const base = new URL("widget/", script.src).href;
  const options = { ...script.dataset, base };
  const desk = (window.AnswerDesk = stub ?? {});
  const listeners = new Set();
  let loaded;
  const loading = new Promise((resolve) => (loaded = resolve));

  desk.on = (...wanted) => {
    listeners.add(wanted);
    return () => listeners.delete(wanted);
  };
  for (const name of ["open", "close", "toggle", "reset", "destroy", "identify", "setContext"]) {
    desk[name] = (...given) => loading.then((widget) => widget[name](...given));
  }
  for (const [name, given] of stub?.queue ?? []) desk[name](...given);
  delete desk.queue;

  function emit(event, detail) {
    for (const [wanted, listener] of listeners) if (wanted === event) setTimeout(listener, 0, detail);
  }

  const config = fetch(`${base}${options.widget}/config`); // while the modules load
  config.catch(() => {});
  import(`${base}app/main.js`)
    .then(({ start }) => start(options, config, emit))
    .then(loaded, ({ message }) =>
      console.warn(
        `AnswerDesk: the chat is not shown (${message}). Is ${location.origin} an allowed site of ` +
          `widget ${options.widget}, and ${base} in this page's Content-Security-Policy?`,
      ),
    );
})();
