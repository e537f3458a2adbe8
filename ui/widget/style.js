// How it looks. The tokens are those of assets/styles/tokens.css, which a test compares; the
// accent is set by theme.js. Pixels, because a page may size its rem as it likes.

export const STYLE = `
:host {
  all: initial !important;
  display: block !important;
  position: fixed !important;
  inset: auto !important;
  width: 0 !important;
  height: 0 !important;
  z-index: var(--answerdesk-z-index, 2147483000) !important;
}
.root {
  --ink: #1b2430; --muted: #5b6675; --paper: #fbfaf7; --raised: #ffffff; --sunken: #f2f0ea;
  --line: #e4e1da; --line-strong: #8a8f98;
  --evidence: #fff1bf; --on-evidence: #1b2430;
  --person: #2b5fb3; --person-soft: #e7eef8;
  --warn: #a85b00; --warn-soft: #fdf5ea; --error: #b3261e;
  --shadow: 0 1px 2px rgb(27 36 48 / 6%), 0 8px 32px rgb(27 36 48 / 16%);
  --radius: var(--answerdesk-radius, 10px);
  color-scheme: light;
  font: 16px/1.55 var(--answerdesk-font, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto,
    "Helvetica Neue", Arial, "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif);
  color: var(--ink);
  text-align: start;
  -webkit-font-smoothing: antialiased;
}
.root[data-theme="dark"] {
  --ink: #e8edf4; --muted: #9aa7b8; --paper: #12161c; --raised: #1a2029; --sunken: #0d1116;
  --line: #2b3441; --line-strong: #6b7789;
  --evidence: #4a3f12; --on-evidence: #f6ecc9;
  --person: #7fabf0; --person-soft: #1a2a42;
  --warn: #f0a94a; --warn-soft: #33260f; --error: #ff8a80;
  --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 8px 32px rgb(0 0 0 / 48%);
  color-scheme: dark;
}
.root:lang(zh) { line-height: 1.7; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ul, ol { margin: 0; padding: 0; font: inherit; }
button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }
button { border: 0; padding: 0; background: none; text-align: start; cursor: pointer; }
button:disabled { cursor: default; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent-text); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.quiet { color: var(--muted); font-size: 14px; }
.error { color: var(--error); font-size: 14px; }
.icon { display: block; flex: none; width: 20px; height: 20px; fill: none; stroke: currentcolor;
  stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.i-bad { transform: rotate(180deg); }
button, textarea, .launcher { transition: background-color 160ms, border-color 160ms, color 160ms; }

.launcher {
  position: fixed;
  bottom: calc(var(--answerdesk-bottom, 20px) + env(safe-area-inset-bottom));
  right: calc(var(--answerdesk-side, 20px) + env(safe-area-inset-right));
  display: grid; place-items: center;
  width: 56px; height: 56px; border-radius: 28px;
  background: var(--accent); color: var(--on-accent); box-shadow: var(--shadow);
}
[data-position="left"] .launcher {
  right: auto; left: calc(var(--answerdesk-side, 20px) + env(safe-area-inset-left));
}
.launcher:focus-visible { outline-color: var(--accent-text); box-shadow: 0 0 0 4px var(--raised); }
.launcher .icon { width: 28px; height: 28px; }
.launcher .i-down, .open .launcher .i-chat { display: none; }
.open .launcher .i-down { display: block; }
.badge {
  position: absolute; top: -4px; inset-inline-end: -4px;
  min-width: 20px; height: 20px; padding: 0 4px; border: 2px solid #fff; border-radius: 10px;
  background: #b3261e; color: #fff; font-size: 12px; font-weight: 600; line-height: 16px; text-align: center;
}

.panel {
  position: fixed;
  bottom: calc(var(--answerdesk-bottom, 20px) + 72px + env(safe-area-inset-bottom));
  right: calc(var(--answerdesk-side, 20px) + env(safe-area-inset-right));
  display: grid; grid-template-rows: auto minmax(0, 1fr);
  width: 400px; max-width: calc(100vw - 40px);
  height: min(640px, var(--height, 100vh) - 112px);
  overflow: hidden;
  border: 1px solid var(--line); border-radius: 16px;
  background: var(--paper); box-shadow: var(--shadow);
  animation: rise 160ms ease-out;
}
[data-position="left"] .panel {
  right: auto; left: calc(var(--answerdesk-side, 20px) + env(safe-area-inset-left));
}
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
header {
  display: flex; align-items: center; gap: 12px; min-height: 64px; padding: 8px 8px 8px 16px;
  background: var(--raised); border-bottom: 1px solid var(--line); touch-action: none;
}
.logo { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 10px;
  background: var(--accent); color: var(--on-accent); }
.name { flex: 1; min-width: 0; line-height: 1.3; }
h2 { font-weight: 650; letter-spacing: -0.01em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.status { display: flex; align-items: center; gap: 8px; color: var(--muted); font-size: 13px; }
i { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--accent-text); }
[data-status="person"] i { background: var(--person); }
[data-status="waiting"] i { background: var(--warn); }
:is([data-status="away"], [data-status="closed"], [data-status="unreachable"]) i { background: var(--line-strong); }
.tool { display: grid; place-items: center; flex: none; width: 40px; height: 40px; border-radius: var(--radius); color: var(--muted); }
.tool:hover { background: var(--sunken); color: var(--ink); }

.desk { display: flex; flex-direction: column; min-height: 0; }
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; container-type: size;
  display: flex; flex-direction: column; gap: 24px; padding: 20px 16px 16px;
  scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.log:focus-visible { outline-offset: -4px; border-radius: 8px; }
.log > * { flex: none; min-width: 0; overflow-wrap: anywhere; }
.empty:not(:only-child) { display: none; }
.empty { display: flex; flex-direction: column; gap: 8px; margin-block: auto; }
.empty h3 { font-size: 20px; font-weight: 650; line-height: 1.3; letter-spacing: -0.01em; }
.empty > p { color: var(--muted); }
article { display: flex; flex-direction: column; gap: 16px; }
/* Room below the newest question, so that it can stand at the top and not jump as it is answered. */
.turn:last-child:not(:nth-child(2)) { min-height: calc(100cqh - 36px); }
.mine { align-self: flex-end; max-width: 85%; padding: 8px 16px; border-radius: 16px 16px 4px;
  background: var(--accent); color: var(--on-accent); white-space: pre-line; }
.text { display: flex; flex-direction: column; gap: 12px; }
ul, ol { padding-inline-start: 24px; }
a { color: var(--accent-text); text-underline-offset: 2px; }
.together { white-space: nowrap; }
.chip { position: relative; min-width: 20px; height: 20px; margin-inline: 4px 2px; padding: 0 5px; border-radius: 6px;
  background: var(--accent-soft); color: var(--accent-text); font-size: 12px; font-weight: 600; line-height: 20px; text-align: center; }
.chip::after { content: ""; position: absolute; inset: -8px -4px; }
.chip:hover { background: var(--accent); color: var(--on-accent); }
.working { display: flex; align-items: center; gap: 8px; color: var(--muted); font-size: 14px; }
.text:not(:empty) + .working { margin-top: 12px; }
.working i { animation: breathe 1.4s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: 0.25; } }
.working button, .notice button, .asks button {
  border: 1px solid var(--line); border-radius: var(--radius); background: var(--raised); color: var(--ink);
}
.working button, .notice button { padding: 2px 12px; font-size: 14px; }
.working button { margin-inline-start: 8px; }
:is(.working, .notice, .asks) button:hover { border-color: var(--accent-text); }
.asks { display: flex; flex-direction: column; align-items: start; gap: 8px; }
.empty .asks { margin-top: 16px; }
.asks button { display: flex; align-items: center; gap: 8px; min-height: 40px; padding: 8px 12px; line-height: 1.4; }
.thumbs { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; margin: -12px 0 0 -8px; }
.thumbs .tool { width: 36px; height: 36px; }
.thumbs .icon { width: 18px; height: 18px; }
[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent-text); }
[aria-pressed="true"] .icon { fill: currentcolor; fill-opacity: 0.25; }
.comment { width: 100%; padding-inline-start: 8px; }
.row { display: flex; gap: 8px; margin-top: 8px; }
.agent { gap: 4px; max-width: 92%; padding: 12px 16px; border-radius: 4px 16px 16px; background: var(--person-soft); }
.who { display: flex; align-items: center; gap: 8px; color: var(--person); font-size: 14px; }
.who .icon { width: 16px; height: 16px; }
.words { white-space: pre-line; }
.event { color: var(--muted); font-size: 13px; text-align: center; }

.notice { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 12px 16px;
  background: var(--warn-soft); border-top: 1px solid var(--line); font-size: 14px; }
.notice p { flex: 1 0 100%; }
textarea, input { width: 100%; padding: 8px 12px; border: 1px solid var(--line-strong); border-radius: var(--radius);
  background: var(--raised); line-height: 1.5; resize: none; }
:is(textarea, input):focus { border-color: var(--accent-text); box-shadow: 0 0 0 1px var(--accent-text); outline: none; }
::placeholder { color: var(--muted); opacity: 1; }
.composer { display: flex; align-items: end; gap: 8px; padding: 12px 16px 0; }
.composer textarea { min-height: 44px; max-height: 132px; padding-block: 9px; overflow-y: auto; }
.send, .main { background: var(--accent); color: var(--on-accent); border-radius: var(--radius); }
.send { display: grid; place-items: center; flex: none; width: 44px; height: 44px; }
.main { min-height: 44px; padding: 8px 20px; font-weight: 600; text-align: center; }
:is(.send, .main):disabled { background: var(--sunken); color: var(--muted); }
.foot { display: flex; align-items: center; justify-content: space-between; gap: 8px;
  min-height: 44px; padding: 0 12px max(4px, env(safe-area-inset-bottom)); }
.plain { display: flex; align-items: center; gap: 8px; min-height: 36px; padding: 4px 8px; border-radius: var(--radius);
  color: var(--muted); font-size: 14px; }
.plain:hover { background: var(--sunken); color: var(--ink); }
.count { margin-inline-start: auto; }
.row .main, .row .plain { min-height: 36px; padding: 4px 12px; font-size: 14px; }

.sheet { grid-area: 2 / 1; position: relative; z-index: 1; display: grid; grid-template-rows: auto minmax(0, 1fr);
  background: var(--paper); animation: rise 160ms ease-out; }
.desk { grid-area: 2 / 1; }
.sheet header { min-height: 48px; padding: 4px 8px; gap: 4px; background: none; }
.body { position: relative; padding: 20px 16px; overflow-y: auto; overscroll-behavior: contain; overflow-wrap: anywhere; }
.body h3 { margin-bottom: 12px; font-weight: 650; }
.passage { margin-bottom: 16px; white-space: pre-line; }
mark { padding: 2px 0; background: var(--evidence); color: var(--on-evidence); }
.sheet form { display: flex; flex-direction: column; gap: 16px; }
label { display: flex; flex-direction: column; gap: 4px; font-size: 14px; }
label input, label textarea { font-size: 16px; }

.full .launcher { display: none; }
.full .panel { inset: 0; width: auto; max-width: none; height: auto; border: 0; border-radius: 0; box-shadow: none; }
.full .log, .full .body { padding-inline: max(16px, 50% - 380px); }
@media (max-width: 600px) {
  .open .launcher { display: none; }
  .panel { inset: var(--top, 0) 0 auto !important; width: auto; max-width: none; height: var(--height, 100dvh);
    border: 0; border-radius: 0; box-shadow: none; }
  .panel > header { padding-top: max(8px, env(safe-area-inset-top)); }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .launcher, .send, .main, .mine, .chip { border: 1px solid; } }
@media print { :host { display: none !important; } }
`;
