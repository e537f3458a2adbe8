// Replies on their way. Each has an id of its own, so that one sent twice over a broken line
// arrives once; they outlive a reload, and go out in the order in which they were written.

const KEY = "answerdesk.replies";
const LONGEST_MS = 10_000;

let replies = load();
let watcher = () => {};
let running = false;

// `onChange(refused)` after every change; `refused` is {reply, problem} when one will never go.
export function start(onChange) {
  watcher = onChange;
  addEventListener("online", run);
  run();
}

export function add(conversation, text) {
  replies.push({ id: randomId(), conversation, text, tries: 0 });
  save();
  watcher();
  run();
}

export function of(conversation) {
  return replies.filter((reply) => reply.conversation === conversation);
}

async function run() {
  if (running) return;
  running = true;
  try {
    while (replies.length) await deliver(replies[0]);
  } finally {
    running = false;
  }
}

async function deliver(reply) {
  let answer = null;
  try {
    answer = await fetch(`/api/v1/conversations/${encodeURIComponent(reply.conversation)}/messages`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
      body: JSON.stringify({ text: reply.text, id: reply.id }),
    });
  } catch {
    // The line is broken: below it is tried again.
  }
  if (answer?.ok) {
    drop(reply);
    watcher();
  } else if (answer && answer.status < 500 && answer.status !== 429) {
    drop(reply);
    const problem = await answer.json().catch(() => ({}));
    watcher({ reply, problem });
  } else {
    reply.tries += 1;
    save();
    watcher();
    await new Promise((done) => setTimeout(done, Math.min(LONGEST_MS, 500 * 2 ** reply.tries)));
  }
}

function drop(reply) {
  replies = replies.filter((other) => other !== reply);
  save();
}

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function save() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(replies));
  } catch {
    // Storage may be forbidden; replies then last as long as the page.
  }
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
