// Uploads each file by itself to the documents API, so that one bad file never hides the others.
const drop = element.querySelector(".ad-drop");
const list = element.querySelector(".ad-uploads");
const done = element.querySelector(".ad-uploads-done");
const words = drop.dataset;
const MEBIBYTE = 1024 * 1024;
const AT_ONCE = 2;
const waiting = [];
let running = 0;
// Of the files that were brought together, until all of them have come to an end.
let brought = 0;
let arrived = 0;

drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("ad-drop-over");
});
for (const over of ["dragleave", "drop"]) {
  drop.addEventListener(over, () => drop.classList.remove("ad-drop-over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  add(event.dataTransfer.files);
});
drop.querySelector("input").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
});

function add(files) {
  if (!running && !waiting.length) brought = arrived = 0;
  brought += files.length;
  const collection = document.querySelector("#ad-upload-collection input")?.value || "default";
  for (const file of files) {
    const upload = { file, collection, row: makeRow(file.name) };
    const fault = faultOf(file);
    if (fault) {
      fail(upload, fault);
    } else if (wasEdited(upload)) {
      ask(upload);
    } else {
      enqueue(upload);
    }
  }
  count();
}

// What can be told without sending the file.
function faultOf(file) {
  const limit = Number(words.limitMb);
  if (file.size > limit * MEBIBYTE) {
    return fill(words.tooLarge, { size: Math.ceil(file.size / MEBIBYTE), limit });
  }
  const readable = words.formats.split(",").some((ending) => file.name.toLowerCase().endsWith(ending));
  if (!readable) {
    return words.unreadable;
  }
  return file.size ? "" : words.empty;
}

// The list of documents knows which of them a person has changed.
function wasEdited({ file, collection }) {
  const known = document.querySelector("#ad-documents [data-edited]")?.dataset.edited;
  return known ? (JSON.parse(known)[collection] ?? []).includes(file.name) : false;
}

function ask(upload) {
  say(upload.row, words.edited);
  buttons(upload.row, [words.keep, () => end(upload)], [words.replace, () => enqueue(upload)]);
}

function enqueue(upload) {
  say(upload.row, words.waiting);
  upload.row.classList.remove("ad-upload-failed");
  upload.row.classList.add("ad-upload-sending");
  buttons(upload.row, [words.stop, () => stop(upload)]);
  waiting.push(upload);
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    send(waiting.shift());
  }
}

function send(upload) {
  const { file, collection, row } = upload;
  const body = new FormData();
  body.append("file", file);
  body.append("collection", collection);
  const request = new XMLHttpRequest();
  upload.request = request;
  request.open("POST", "/api/v1/documents");
  request.setRequestHeader("Accept-Language", document.documentElement.lang);
  request.upload.onprogress = ({ loaded, total }) => progress(row, Math.floor((100 * loaded) / total));
  request.upload.onload = () => progress(row, 100);
  request.onload = () => {
    if (request.status < 300) {
      arrived += 1;
      row.remove();
      trigger("upload");
    } else {
      fail(upload, request.status === 401 ? words.refused : reason(request) || words.failed);
    }
  };
  request.onerror = () => fail(upload, words.lost);
  request.onloadend = () => {
    running -= 1;
    count();
    next();
  };
  progress(row, 0);
  request.send(body);
}

function stop(upload) {
  const place = waiting.indexOf(upload);
  if (place >= 0) waiting.splice(place, 1);
  upload.request?.abort();
  end(upload);
}

function end({ row }) {
  brought -= 1;
  row.remove();
  count();
}

function reason(request) {
  try {
    const answer = JSON.parse(request.responseText);
    const text = answer.error?.message ?? answer.detail ?? answer.message;
    return typeof text === "string" ? text : "";
  } catch {
    return "";
  }
}

function makeRow(name) {
  const row = document.createElement("li");
  row.className = "ad-upload";
  for (const part of ["name", "state", "bar", "buttons"]) {
    const piece = document.createElement("span");
    piece.className = `ad-upload-${part}`;
    row.append(piece);
  }
  row.firstChild.textContent = name;
  list.append(row);
  return row;
}

function say(row, text) {
  row.children[1].textContent = text;
}

function buttons(row, ...actions) {
  const made = actions.map(([text, act]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ad-button";
    button.textContent = text;
    button.setAttribute("aria-label", `${text}: ${row.firstChild.textContent}`);
    button.addEventListener("click", act);
    return button;
  });
  row.lastChild.replaceChildren(...made);
}

function progress(row, share) {
  say(row, share < 100 ? fill(words.uploading, { share }) : words.reading);
  row.style.setProperty("--share", `${share}%`);
}

function fail(upload, text) {
  const { row } = upload;
  row.classList.remove("ad-upload-sending");
  row.classList.add("ad-upload-failed");
  say(row, text);
  const again = faultOf(upload.file) ? [] : [[words.again, () => enqueue(upload)]];
  buttons(row, ...again, [words.dismiss, () => end(upload)]);
}

// Only where there is more than one to keep an eye on.
function count() {
  done.textContent = brought > 1 ? fill(words.done, { done: arrived, count: brought }) : "";
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
