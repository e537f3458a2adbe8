// How it looks, by the tokens of assets/styles/tokens.css. Pixels: a page may size its rem.

const STYLE = `
:host { all: initial !important; display: block !important; position: fixed !important;
  z-index: var(--answerdesk-z-index, 2147483000) !important; }
.root {
  --ink: light-dark(#1b2430, #e8edf4);
  --muted: light-dark(#5b6675, #9aa7b8);
  --paper: light-dark(#fbfaf7, #12161c);
  --raised: light-dark(#ffffff, #1a2029);
  --line: light-dark(#e4e1da, #2b3441);
  --line-strong: light-dark(#8a8f98, #6b7789);
  --evidence: light-dark(#fff1bf, #4a3f12);
  --person: light-dark(#2b5fb3, #7fabf0);
  --warn: light-dark(#a85b00, #f0a94a);
  --error: light-dark(#b3261e, #ff8a80);
  --soft: color-mix(in srgb, var(--accent) 12%, var(--raised));
  --side: calc(var(--answerdesk-side, 20px) + env(safe-area-inset-right));
  --below: calc(var(--answerdesk-bottom, 20px) + env(safe-area-inset-bottom));
  color: var(--ink);
  font: 16px/1.55 var(--answerdesk-font, system-ui, -apple-system, "Segoe UI", Roboto, Arial,
    "PingFang SC", "Noto Sans SC", "Microsoft YaHei", sans-serif);
}
:lang(zh) { line-height: 1.7; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
button, input, textarea, h2, h3 { color: inherit; font: inherit; }
h2, h3 { font-weight: 650; line-height: 1.3; }
button, textarea, input { padding: 8px 12px; border: 1px solid var(--line); border-radius: var(--answerdesk-radius, 10px);
  background: var(--raised); }
button { text-align: start; line-height: 1.4; cursor: pointer; }
button:hover { border-color: var(--accent-text); }
:focus-visible { outline: 2px solid var(--accent-text); outline-offset: 2px; }
.quiet, .error, .working, .notice, .plain, .who, label { font-size: 14px; }
.quiet, .working, .plain, .tool, .status, .event, .empty > p { color: var(--muted); }
.error { color: var(--error); }
.icon { flex: none; width: 20px; fill: none; stroke: currentcolor;
  stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.i-bad { transform: rotate(180deg); }
.launcher, .panel, .unseen { position: fixed; }
.launcher, .logo, .send, .tool { display: grid; place-items: center; width: 40px; height: 40px; padding: 0; }
.launcher, .logo, .send, .main, .mine { border: 0; background: var(--accent); color: var(--on-accent); }
.tool, .plain { border: 0; background: none; }
:is(.tool, .plain):hover { background: var(--soft); }
header, .status, .working, .notice, .asks button, .thumbs, .who, .composer, .plain { display: flex; align-items: center; gap: 8px; }
.empty, .asks, .text, article, .front, .log, form:not(.composer), label { display: flex; flex-direction: column; }

.launcher, .panel { right: var(--side); box-shadow: 0 8px 32px rgb(20 28 40 / 20%); }
[data-position="left"] > * { right: auto; left: var(--side); }
.launcher { bottom: var(--below); width: 56px; height: 56px; border-radius: 28px; }
.launcher .icon { width: 28px; }
.launcher .i-down, .open .launcher .i-chat, .full .launcher { display: none; }
.open .launcher .i-down { display: block; }
.badge { position: absolute; top: -4px; right: -4px; min-width: 20px; padding: 0 4px; border-radius: 10px;
  background: #b3261e; color: #fff; font-size: 12px; line-height: 20px; text-align: center; }
.panel { bottom: calc(var(--below) + 72px); display: grid; grid-template-rows: auto minmax(0, 1fr);
  width: min(400px, 100vw - 40px); height: min(640px, var(--height) - 112px); overflow: hidden;
  border: 1px solid var(--line); border-radius: 16px; background: var(--paper); }
.panel, .sheet { animation: rise 160ms; }
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
header { padding: 12px 8px 12px 16px; border-bottom: 1px solid var(--line); background: var(--raised); touch-action: none; }
.logo { margin-inline-end: 4px; border-radius: 10px; }
.name { flex: 1; min-width: 0; }
.name h2 { overflow: hidden; white-space: nowrap; }
.status, .event { font-size: 13px; }
i { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--line-strong); }
:is([data-status="now"], .working) i { background: var(--accent-text); }
[data-status="person"] i { background: var(--person); }
[data-status="waiting"] i { background: var(--warn); }

.front, .sheet { grid-area: 2 / 1; min-height: 0; }
.log, .body { flex: 1; overflow: hidden auto; overscroll-behavior: contain; padding: 20px 16px; overflow-wrap: anywhere; }
.log { gap: 24px; container-type: size; }
.log > * { flex: none; }
.empty, .asks { gap: 8px; align-items: start; }
.empty { margin-block: auto; }
.empty:not(:only-child), .text:empty { display: none; }
.empty h3 { font-size: 20px; }
.empty .asks { margin-top: 16px; }
article { gap: 16px; }
/* Room to stand at the top. */
.turn:last-child:not(:nth-child(2)) { min-height: calc(100cqh - 40px); }
.mine { align-self: flex-end; max-width: 85%; padding: 8px 16px; border-radius: 16px 16px 4px; }
.mine, .words { white-space: pre-line; }
.text { gap: 12px; }
ul, ol { padding: 0; padding-inline-start: 24px; }
a { color: var(--accent-text); }
.together { white-space: nowrap; }
.chip { position: relative; min-width: 20px; margin-inline: 4px 2px; padding: 0 5px; border: 0; border-radius: 6px;
  background: var(--soft); color: var(--accent-text); font-size: 12px; font-weight: 600; line-height: 20px; text-align: center; }
.chip::after { content: ""; position: absolute; inset: -8px -4px; }
.working i { animation: breathe 1.4s infinite; }
@keyframes breathe { 50% { opacity: 0.25; } }
:is(.working, .notice) button { padding: 2px 12px; }
.thumbs { flex-wrap: wrap; gap: 4px; margin: -12px 0 0 -8px; }
.thumbs form { flex: 100%; gap: 8px; margin-inline-start: 8px; }
[aria-pressed="true"] { background: var(--soft); color: var(--accent-text); }
[aria-pressed="true"] .icon { fill: var(--soft); }
.agent { gap: 4px; max-width: 92%; padding: 12px 16px; border-radius: 4px 16px 16px;
  background: color-mix(in srgb, var(--person) 12%, var(--raised)); }
.who { color: var(--person); }
.event { text-align: center; }

.notice { flex-wrap: wrap; padding: 12px 16px; background: color-mix(in srgb, var(--warn) 10%, var(--raised)); }
.notice p { width: 100%; }
textarea, input { width: 100%; max-height: 132px; border-color: var(--line-strong); line-height: 1.6; resize: none; }
label > * { font-size: 16px; }
:is(textarea, input):focus { border-color: var(--accent-text); outline: 1px solid var(--accent-text); outline-offset: 0; }
::placeholder { color: var(--muted); opacity: 1; }
.composer { align-items: end; padding: 12px 16px 0; }
.send { flex: none; height: 43px; }
.main { align-self: start; min-height: 44px; padding: 8px 20px; }
:disabled { background: var(--line); color: var(--muted); }
.front { padding-bottom: calc(12px + env(safe-area-inset-bottom)); }
.front > .plain { align-self: start; margin: 4px 4px -8px; }
.unseen { clip-path: inset(50%); }

.sheet { z-index: 1; display: grid; grid-template-rows: auto 1fr; background: var(--paper); }
.sheet header { padding: 4px 8px; }
.body { position: relative; }
.body > * { margin-bottom: 12px; }
.body form { gap: 16px; }
mark { background: var(--evidence); color: inherit; }

@media (max-width: 600px) {
  .open .launcher { display: none; }
  .panel.panel { top: var(--top); left: 0; width: 100vw; height: var(--height); border: 0; border-radius: 0; }
  .panel > header { padding-top: max(12px, env(safe-area-inset-top)); }
}
.full .panel { inset: 0; width: auto; height: auto; border: 0; border-radius: 0; }
.full :is(.log, .body) { padding-inline: max(16px, 50% - 380px); }
@media (prefers-reduced-motion) { * { animation: none !important; } }
`;

/** Styles `root` in the shadow of `host`; returns what paints it in the accent. */
export function dress(host, root, { color, theme, zIndex }, signal) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  host.shadowRoot.adoptedStyleSheets = [sheet];
  if (zIndex) host.style.setProperty("--answerdesk-z-index", zIndex);
  const set = (name, value) => root.style.setProperty(name, value);

  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const dark = theme === "dark" || (theme !== "light" && darkness.matches);
    set("color-scheme", dark ? "dark" : "light");
    set("color", `var(--answerdesk-accent, ${color})`);
    const accent = getComputedStyle(root).color.match(/\d+/g).slice(0, 3);
    set("color", "");
    const fill = apart(accent, dark, dark ? 3 : 1.5);
    set("--accent", `rgb(${fill})`);
    set("--on-accent", luminance(fill) > 0.18 ? "#0b1512" : "#fff"); // 4.5 to 1
    set("--accent-text", `rgb(${apart(accent, dark, 5.8)})`);
  };
  darkness.addEventListener("change", paint, { signal });

  // What a phone's keyboard leaves of the page.
  const seen = window.visualViewport;
  const fit = () => {
    set("--top", `${seen.offsetTop}px`);
    set("--height", `${seen.height}px`);
  };
  for (const event of ["resize", "scroll"]) seen.addEventListener(event, fit, { signal });
  fit();
  return paint;
}

// As in WCAG 2.2, but for the darkest 4%.
const linear = (part) => ((part / 255 + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

// The nearest colour of that contrast to the panel.
function apart(color, dark, wanted) {
  const ground = dark ? 0.064 : 1.05; // of --raised
  for (let share = 0; ; share += 0.04) {
    const mixed = color.map((part) => Math.round(part * (1 - share) + (dark ? 255 * share : 0)));
    const light = luminance(mixed) + 0.05;
    if (share >= 1 || Math.max(light / ground, ground / light) >= wanted) return mixed;
  }
}
