// Applies the chosen theme before anything is painted; without a choice the system's applies.
// The tokens know both themes, so Gradio's own `dark` class is taken off: it would flip them twice.

const KEY = "answerdesk.theme";

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  keep(theme);
}

function keep(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function restore() {
  try {
    const theme = localStorage.getItem(KEY);
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // As above.
  }
}

function dropGradioDark() {
  for (const node of [document.documentElement, document.body]) {
    if (node?.classList.contains("dark")) node.classList.remove("dark");
  }
}

restore();
dropGradioDark();
const watch = new MutationObserver(dropGradioDark);
watch.observe(document.documentElement, { attributeFilter: ["class"] });
if (document.body) watch.observe(document.body, { attributeFilter: ["class"] });
