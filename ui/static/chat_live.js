// What happens in the conversation while the page is open: a colleague's words, another tab's.
// One connection, and none for a tab that nobody sees, unless a person is awaited there.

const AGAIN_MS = 5_000;
const LONGEST_MS = 60_000;

let source = null;
let timer = 0;
let pause = AGAIN_MS;
let attended = "";
let last = 0;
let status = "bot";
let onEntry = () => {};
let onStatus = () => {};

export function start(handlers) {
  onEntry = handlers.entry;
  onStatus = handlers.status;
  document.addEventListener("visibilitychange", connect);
}

// `after` is the last entry that is on the page. Whether it is another conversation than before.
export function attend(conversation, after) {
  if (conversation === attended) return false;
  attended = conversation;
  last = after;
  status = "bot";
  pause = AGAIN_MS;
  close();
  connect();
  return true;
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function connect() {
  const unseen = document.hidden && status !== "waiting" && status !== "person";
  if (!attended || unseen) close();
  else if (!source) open();
}

function open() {
  const url = `/api/v1/chat/${encodeURIComponent(attended)}/events?after=${last}`;
  const opened = new EventSource(url);
  source = opened;
  opened.onopen = () => {
    pause = AGAIN_MS;
  };
  opened.addEventListener("entry", (event) => {
    last = Number(event.lastEventId);
    onEntry(JSON.parse(event.data));
  });
  opened.addEventListener("status", (event) => {
    const now = JSON.parse(event.data);
    status = now.status;
    onStatus(now);
  });
  // The browser tries again by itself after a break, but not after a refusal.
  opened.onerror = () => {
    if (source !== opened || opened.readyState !== EventSource.CLOSED) return;
    close();
    timer = setTimeout(connect, pause);
    pause = Math.min(LONGEST_MS, 2 * pause);
  };
}
