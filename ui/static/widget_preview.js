// Shows a widget with the settings that the page around sends, saved or not.

import { start } from "/widget/app/main.js";

const SESSION = { token: "", expires_in: 600, visitor: "", identified: false };
const CONVERSATION = { conversation_id: null, status: "bot", agent: null, open_now: true, entries: [], last: 0 };

const send = window.fetch;
let widget = null;
let turn = Promise.resolve();

addEventListener("message", (event) => {
  if (event.origin !== location.origin || event.source !== parent) return;
  turn = turn.then(() => show(event.data)).catch(console.error);
});

async function show({ config, language, page, unsaved }) {
  widget?.destroy();
  window.fetch = config.id ? send : (address) => Promise.resolve(answerOf(`${address}`, unsaved));
  document.documentElement.dataset.theme = page;
  const answer = Promise.resolve(new Response(JSON.stringify(config)));
  const options = { widget: config.id, base: `${location.origin}/widget/`, lang: language, open: "true" };
  widget = await start(options, answer, () => {});
  widget.open();
}

// The server does not know a widget that was never saved.
function answerOf(address, unsaved) {
  if (address.endsWith("/session")) {
    return Response.json({ ...SESSION, conversation: { id: null, ...CONVERSATION } });
  }
  if (address.includes("/conversation")) return Response.json(CONVERSATION);
  return Response.json({ code: "unsaved", detail: unsaved }, { status: 409 });
}

parent.postMessage("ready", location.origin);
