// What covers the conversation for a while: a source, or the form to leave word.

import { button, el, link } from "./dom.js";

/** The passage with the quoted words marked, its title and the way to the original. */
export function sourceSheet({ say, citation: { title, quote, passage, url } }) {
  const at = passage.indexOf(quote);
  const mark = el("mark", { dir: "auto" }, quote);
  const text = el("p", { class: "passage", dir: "auto" });
  if (at < 0) text.append(mark, "\n\n", passage);
  else text.append(passage.slice(0, at), mark, passage.slice(at + quote.length));
  return [el("h3", { dir: "auto" }, title), text, link(url, say("original"))];
}

/** A name, a way to reach the visitor, and a message. `send(contact)` may fail. */
export function contactSheet({ say, words, send }) {
  const fields = {
    name: el("input", { autocomplete: "name", maxlength: 200 }),
    email: el("input", { autocomplete: "email", maxlength: 320, inputmode: "email" }),
    phone: el("input", { autocomplete: "tel", maxlength: 64, inputmode: "tel", type: "tel" }),
    message: el("textarea", { rows: 4, maxlength: 4000 }),
  };
  const complaint = el("p", { class: "error", role: "alert" });
  const submit = el("button", { type: "submit", class: "main" }, say("send"));

  const complain = (name, field) => {
    complaint.textContent = say(name);
    field?.focus();
  };
  const onsubmit = async (event) => {
    event.preventDefault();
    const contact = {};
    for (const key of Object.keys(fields)) {
      const value = fields[key].value.trim();
      if (value) contact[key] = value;
    }
    if (!contact.email && !contact.phone) return complain("reachMissing", fields.email);
    if (contact.email && !/^\S+@\S+\.\S+$/.test(contact.email)) return complain("emailWrong", fields.email);
    submit.disabled = true;
    await send(contact).catch(() => complain("failed"));
    submit.disabled = false;
  };

  const form = el("form", { novalidate: true, onsubmit }, el("p", { class: "quiet", dir: "auto" }, words));
  for (const key of Object.keys(fields)) {
    fields[key].setAttribute("dir", "auto");
    const hint = key === "email" ? el("span", { class: "quiet" }, say("reach")) : null;
    form.append(el("label", {}, el("span", {}, say(key)), fields[key], hint));
  }
  form.append(complaint, submit);
  return [form];
}

/** Where sheets are shown. `closed()` is called when the visitor goes back. */
export function createSheet({ say, closed }) {
  const heading = el("h2", { tabindex: -1 });
  const body = el("div", { class: "body" });
  const back = button(say("back"), closed, { picture: "back", class: "tool" });
  const node = el("section", { class: "sheet", hidden: true }, el("header", {}, back, heading), body);
  return {
    node,
    show(title, children) {
      heading.textContent = title;
      body.replaceChildren();
      for (const child of children) if (child) body.append(child);
      node.hidden = false;
      heading.focus();
      const mark = body.querySelector("mark");
      body.scrollTop = mark ? mark.offsetTop - body.clientHeight / 3 : 0;
    },
  };
}
