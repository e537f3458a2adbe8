// Uploads each file by itself to the documents API, so that one bad file never hides the others.
const drop = element.querySelector(".ad-drop");
const list = element.querySelector(".ad-uploads");
const words = drop.dataset;
const MEBIBYTE = 1024 * 1024;
const AT_ONCE = 2;
const waiting = [];
let running = 0;

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
  for (const file of files) {
    const row = makeRow(file.name);
    const fault = faultOf(file);
    if (fault) {
      fail(row, fault);
    } else {
      waiting.push([file, row]);
    }
  }
  next();
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

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    send(...waiting.shift());
  }
}

function send(file, row) {
  const body = new FormData();
  body.append("file", file);
  body.append("collection", document.querySelector("#ad-upload-collection input")?.value || "default");
  const request = new XMLHttpRequest();
  request.open("POST", "/api/v1/documents");
  request.setRequestHeader("Accept-Language", document.documentElement.lang);
  request.upload.onprogress = ({ loaded, total }) => progress(row, Math.floor((100 * loaded) / total));
  request.upload.onload = () => progress(row, 100);
  request.onload = () => {
    if (request.status < 300) {
      row.remove();
      trigger("upload");
    } else {
      fail(row, request.status === 401 ? words.refused : reason(request) || words.failed);
    }
  };
  request.onerror = () => fail(row, words.lost);
  request.onloadend = () => {
    running -= 1;
    next();
  };
  request.send(body);
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
  for (const part of ["name", "state", "bar"]) {
    const piece = document.createElement("span");
    piece.className = `ad-upload-${part}`;
    row.append(piece);
  }
  row.firstChild.textContent = name;
  list.append(row);
  progress(row, 0);
  return row;
}

function progress(row, share) {
  row.children[1].textContent = share < 100 ? fill(words.uploading, { share }) : words.reading;
  row.style.setProperty("--share", `${share}%`);
}

function fail(row, text) {
  row.classList.add("ad-upload-failed");
  row.children[1].textContent = text;
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "ad-button";
  dismiss.textContent = words.dismiss;
  dismiss.addEventListener("click", () => row.remove());
  row.children[2].replaceWith(dismiss);
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
