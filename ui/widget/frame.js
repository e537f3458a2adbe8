// A page that is all widget, for sites that take an iframe but no script.

import { start } from "./main.js";

const { widget, language, frame } = JSON.parse(document.getElementById("answerdesk-frame").textContent);
const base = new URL("../../", import.meta.url).href;
const answer = fetch(`${base}widget/${encodeURIComponent(widget)}/config`);

start({ widget, base, lang: language, frame, full: true }, answer, () => {}).catch(console.warn);
