// What the browser keeps between visits: the conversation's unguessable id and the language.

const memory = new Map();

export function recall(name) {
  try {
    return localStorage.getItem(`answerdesk.${name}`) ?? memory.get(name) ?? "";
  } catch {
    return memory.get(name) ?? "";
  }
}

export function remember(name, value) {
  memory.set(name, value);
  try {
    if (value) localStorage.setItem(`answerdesk.${name}`, value);
    else localStorage.removeItem(`answerdesk.${name}`);
  } catch {
    // Storage may be forbidden; the value then lasts as long as the page.
  }
}

export function language() {
  const kept = recall("language");
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en";
}
