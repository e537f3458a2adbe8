// Tells what changes in the inbox. One connection a tab, none for a tab that nobody sees:
// a browser opens only six to one server, and the pages need some themselves.

const EVENTS = "/api/v1/conversations/events";
const WAITING = "/api/v1/conversations?status=waiting&limit=200";
const AGAIN_MS = 3_000;
const POLL_MS = 20_000;

const followers = new Set();
let source = null;
let timer = 0;
let count = null;

// `counted` gets the number of those who wait; `changed` the id of a conversation, or "" when
// any may have changed.
export function follow(follower) {
  followers.add(follower);
  if (count !== null) follower.counted?.(count);
  if (followers.size > 1) return;
  document.addEventListener("visibilitychange", connect);
  connect();
}

function connect() {
  clearTimeout(timer);
  source?.close();
  source = null;
  if (document.hidden) {
    timer = setTimeout(poll, POLL_MS);
    return;
  }
  source = new EventSource(EVENTS);
  // Also after a break, in which anything may have happened.
  source.onopen = () => tell("changed", "");
  source.addEventListener("changed", (event) => tell("changed", JSON.parse(event.data).id));
  source.addEventListener("waiting", (event) => counted(JSON.parse(event.data).count));
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) later();
  };
}

// The browser gives up on a refusal. A session that has ended is noticed by the shell, which
// watches every answer; a server that restarts is there again soon.
function later() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    await ask();
    connect();
  }, AGAIN_MS);
}

async function poll() {
  await ask();
  if (document.hidden) timer = setTimeout(poll, POLL_MS);
}

async function ask() {
  try {
    const answer = await fetch(WAITING);
    if (answer.ok) counted((await answer.json()).conversations.length);
  } catch {
    // Not reached; the next attempt is on its way.
  }
}

function counted(now) {
  if (now === count) return;
  count = now;
  tell("counted", now);
}

function tell(what, value) {
  for (const follower of followers) follower[what]?.(value);
}
