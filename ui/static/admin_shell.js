// Runs once when the navigation is on the page; Gradio hands it `element` and `trigger`.
// The page shown is the hash, so links, the back button and bookmarks work by themselves.
const root = document.documentElement;
const nav = element.querySelector(".ad-nav");
const links = [...element.querySelectorAll("[data-page]")];
const names = links.map((link) => link.dataset.page);
// The Gradio event that loads each page.
const SHOWN = {
  overview: "show_overview",
  knowledge: "show_knowledge",
  rules: "show_rules",
  search: "show_search",
  settings: "show_settings",
};

root.lang = nav.dataset.language === "zh" ? "zh-Hans" : "en";

function show() {
  const wanted = location.hash.slice(1);
  const page = names.includes(wanted) ? wanted : names[0];
  root.dataset.adminPage = page;
  for (const link of links) {
    if (link.dataset.page === page) {
      link.setAttribute("aria-current", "page");
      document.title = `${link.textContent.trim()} · ${nav.dataset.title}`;
    } else {
      link.removeAttribute("aria-current");
    }
  }
  window.scrollTo(0, 0);
  trigger(SHOWN[page]);
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

addEventListener("hashchange", show);
show();
