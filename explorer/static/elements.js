/**
 * Elements: makes pieces of a page. Whatever comes from data goes in as text, never as markup.
 *
 *     element("button", {type: "button", class: "quiet", onclick: play}, icon("play"), "Play")
 */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  up: "M12 6l-6 6.5 1.4 1.3L11 10v9h2v-9l3.6 3.8 1.4-1.3z",
  down: "M12 18l6-6.5-1.4-1.3L13 14V5h-2v9l-3.6-3.8L6 11.5z",
  close: "M6.4 5L5 6.4 10.6 12 5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z",
  plus: "M11 5v6H5v2h6v6h2v-6h6v-2h-6V5z",
  copy: "M8 3h11v14h-2V5H8zM4 7h11v14H4zm2 2v10h7V9z",
  link: "M10 7H7a5 5 0 0 0 0 10h3v-2H7a3 3 0 0 1 0-6h3zm4 0h3a5 5 0 0 1 0 10h-3v-2h3a3 3 0 0 0 0-6h-3zm-6 4h8v2H8z",
  tick: "M9.5 17.6L4 12.1l1.5-1.5 4 4 9-9L20 7.1z",
  reset: "M12 5a7 7 0 1 1-6.7 5h2.1A5 5 0 1 0 12 7v3L7 6l5-4z",
  dice: "M5 5h14v14H5zm2 2v10h10V7zm1.5 1.5h2v2h-2zm5 5h2v2h-2zm-2.5-2.500h2v2h-2z",
  grip: "M9 5h2v2H9zm4 0h2v2h-2zM9 11h2v2H9zm4 0h2v2h-2zm-4 6h2v2H9zm4 0h2v2h-2z",
  file: "M6 3h8l5 5v13H6zm2 2v14h9V9h-4V5z",
};

/** An element. Attributes that are null, undefined or false are left out, those of ARIA are true or false as words; `on..`
 *  are listeners; `value` and the like of form fields are set as properties. Children are elements or text; null and
 *  false are left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    const aria = name.startsWith("aria-");
    if (value === null || value === undefined || (value === false && !aria)) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "open") made[name] = value;
    else made.setAttribute(name, value === true && !aria ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Text with `code` in it, as docstrings have it, as what `element` takes for children. */
export function prose(text) {
  return text.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

/** A name that may be broken behind its underscores, as what `element` takes for children. */
export function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, at) => (at ? [document.createElement("wbr"), part] : [part]));
}

/** A small drawing that says nothing to a screen reader; the button around it has a name. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  drawing.append(path);
  return drawing;
}

/** A button with a drawing, whose name is heard and shown as a tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  const looks = { type: "button", class: "icon-button", "aria-label": label, title: label, onclick };
  return element("button", { ...looks, ...attributes }, icon(name));
}

/** Puts another drawing and name on a button that `iconButton` made. */
export function relabel(button, name, label) {
  button.replaceChildren(icon(name));
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** A drop-down list. `choices` are [value, text] or {group, choices}. */
export function select(attributes, choices, chosen) {
  const options = (pairs) =>
    pairs.map(([value, text]) => element("option", { value, selected: value === chosen }, text ?? String(value)));
  const parts = choices.flatMap((one) =>
    Array.isArray(one) ? options([one]) : [element("optgroup", { label: one.group }, ...options(one.choices))],
  );
  return element("select", attributes, ...parts);
}

/** A label with its field; the label is bound to it. */
export function labelled(text, field, attributes = {}) {
  field.id ||= unique("field");
  return element("div", { class: "labelled", ...attributes }, element("label", { for: field.id }, text), field);
}

let count = 0;

/** An id that no other element of the page has. */
export function unique(stem) {
  count += 1;
  return `${stem}-${count}`;
}

/** Says something to a screen reader, politely, through the page's one live region. */
export function announce(text) {
  let region = document.getElementById("announcer");
  if (!region) {
    region = element("div", { id: "announcer", class: "unseen", role: "status", "aria-live": "polite" });
    (document.querySelector("main") ?? document.body).append(region);
  }
  region.textContent = text;
}
