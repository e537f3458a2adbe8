// What is being written to whom. It outlives a reload, and goes when the tab is closed.

const memory = new Map();
const key = (conversation) => `answerdesk.draft.${conversation}`;

export function of(conversation) {
  if (!conversation) return "";
  try {
    return sessionStorage.getItem(key(conversation)) ?? memory.get(conversation) ?? "";
  } catch {
    return memory.get(conversation) ?? "";
  }
}

export function keep(conversation, text) {
  if (!conversation) return;
  memory.set(conversation, text);
  try {
    if (text) sessionStorage.setItem(key(conversation), text);
    else sessionStorage.removeItem(key(conversation));
  } catch {
    // Storage may be forbidden; the draft then lasts as long as the page.
  }
}
