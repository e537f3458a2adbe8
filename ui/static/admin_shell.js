// Runs once when the navigation is on the page; Gradio hands it `element` and `trigger`.
// The page shown is the hash, so links, the back button and bookmarks work by themselves.
// What follows a slash is the page's own.
const root = document.documentElement;
const nav = element.querySelector(".ad-nav");
const links = [...element.querySelectorAll("[data-page]")];
const names = links.map((link) => link.dataset.page);
// The Gradio event that loads each page; a page that is not here loads itself.
const SHOWN = {
  overview: "show_overview",
  knowledge: "show_knowledge",
  rules: "show_rules",
  search: "show_search",
  settings: "show_settings",
};

// Pages that are a part of one in the navigation.
const WITHIN = { answers: "knowledge" };

root.lang = nav.dataset.language === "zh" ? "zh-Hans" : "en";

let waiting = 0;

function show() {
  const [wanted] = location.hash.slice(1).split("/");
  const page = names.includes(wanted) || wanted in WITHIN ? wanted : names[0];
  const inside = WITHIN[page] ?? page;
  root.dataset.adminPage = page;
  for (const link of links) {
    if (link.dataset.page === inside) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
  window.scrollTo(0, 0);
  links.find((link) => link.dataset.page === inside).scrollIntoView({ block: "nearest", inline: "nearest" });
  name();
  if (SHOWN[page]) trigger(SHOWN[page]);
}

// The tab says how many wait, also while another page or another tab is in front.
function name() {
  const link = links.find((link) => link.hasAttribute("aria-current"));
  const page = link.querySelector("[data-name]").textContent;
  document.title = `${waiting ? `(${waiting}) ` : ""}${page} · ${nav.dataset.title}`;
}

function count(now) {
  waiting = now;
  const badge = element.querySelector(".ad-badge");
  badge.hidden = !now;
  badge.querySelector("[data-count]").textContent = now;
  name();
}

const theme = import("/ui/theme.js");
const YEAR = 365 * 24 * 3600;

element.addEventListener("click", (event) => {
  const language = event.target.closest("[data-switch-language]");
  if (event.target.closest("[data-theme-toggle]")) {
    theme.then(({ toggleTheme }) => toggleTheme());
  } else if (language) {
    event.preventDefault();
    document.cookie = `answerdesk_language=${language.lang}; path=/; max-age=${YEAR}; samesite=lax`;
    location.href = language.href + location.hash;
  } else if (event.target.closest("[data-skip]")) {
    event.preventDefault();
    const main = document.getElementById("ad-main");
    main.tabIndex = -1;
    main.focus();
  }
});

// An event that is refused means that the session has ended: sign in, and come back here.
const send = window.fetch;
window.fetch = async (...request) => {
  const response = await send(...request);
  if (response.status === 401) {
    const here = location.pathname + location.hash;
    location.assign(`/login?next=${encodeURIComponent(here)}`);
  }
  return response;
};

// Gradio's page names another base than itself, so that a link to a place on it would load it anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const plain = !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !plain) return;
  event.preventDefault();
  location.hash = link.getAttribute("href");
});

addEventListener("hashchange", show);
show();
import("/ui/inbox_feed.js").then(({ follow }) => follow({ counted: count }));
