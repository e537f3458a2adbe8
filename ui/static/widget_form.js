// The settings of a widget between its form and JSON.

const DAYS = ["1", "2", "3", "4", "5", "6", "7"];
const LANGUAGES = ["en", "zh"];

// What the API takes. Raises nothing: what is wrong the API says.
export function read(form) {
  const field = (name) => form.elements[name];
  const text = (name) => field(name).value.trim();
  const lines = (name) => field(name).value.split("\n").map((line) => line.trim()).filter(Boolean);
  const byLanguage = (make) => Object.fromEntries(LANGUAGES.map((code) => [code, make(code)]));
  return {
    name: text("name"),
    // As copied from an address bar, a site ends in a slash; as an origin it does not.
    origins: lines("origins").map((line) => line.replace(/\/$/, "")),
    collection: text("collection"),
    color: field("color").value,
    position: field("position").value,
    theme: field("theme").value,
    texts: byLanguage((code) => ({
      title: text(`texts.${code}.title`),
      greeting: text(`texts.${code}.greeting`),
      offline: text(`texts.${code}.offline`),
    })),
    suggestions: byLanguage((code) => lines(`suggestions.${code}`)),
    languages: field("languages").value.split(","),
    feedback: field("feedback").checked,
    require_identity: field("require_identity").checked,
    hours: field("hours").checked ? hours(field) : null,
    frame: field("frame").checked,
  };
}

function hours(field) {
  const open = DAYS.filter((day) => field(`day.${day}`).checked);
  const times = (day) => [field(`opens.${day}`).value, field(`closes.${day}`).value || "00:00"];
  return {
    time_zone: field("time_zone").value.trim(),
    days: Object.fromEntries(open.map((day) => [day, times(day)])),
  };
}

// Everything as it stands in the form, to come back to it.
export function snapshot(form) {
  return [...form.elements]
    .filter((field) => field.name)
    .map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
}

export function restore(form, values) {
  for (const [name, value] of values) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
}

// The field that a problem of the API is about, if it says so.
export function culprit(form, problem) {
  if (problem.code === "invalid_origin") return form.elements.origins;
  if (problem.code === "invalid_hours") return form.elements.time_zone;
  const path = /: ([a-z_.\d]+)/.exec(problem.detail ?? "")?.[1] ?? "";
  const parts = path.split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const field = form.elements[parts.slice(0, length).join(".")];
    if (field) return field;
  }
  return [...form.elements].find((field) => field.required && !field.value.trim()) ?? null;
}
