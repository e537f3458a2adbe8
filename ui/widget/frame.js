// A page that is all widget, for sites that take an iframe but no script.
import { start } from "./main.js";

const options = JSON.parse(document.getElementById("answerdesk-frame").textContent);
const base = new URL("../", import.meta.url).href;
start({ ...options, base, full: true }, fetch(`${base}${options.widget}/config`), () => {});
