/**
 * Fields: the part of a control that is turned or typed into, one function for each kind.
 *
 * A field is {parts, set(value), wrong(bool), focus()}: its elements, and ways to show a value without telling of it, to
 * mark it, and to go to it. It calls `tell(value, moment)` when a person has changed it.
 */

import { distributionField } from "./distribution.js";
import { element, select } from "./elements.js";
import { number } from "./numbers.js";

const STEPS = 1000;

/** The field of a control; `ids` are {id, label} of what the label belongs to. */
export function makeField(control, value, tell, ids) {
  if (control.random) return distributionField(control, value, tell, ids, numberField);
  const makers = { choice: choiceField, switch: switchField, number: numberField, integer: numberField };
  return (makers[control.kind] ?? textField)(control, value, tell, ids);
}

const described = (id) => ({ id, "aria-describedby": `${id}-about ${id}-alert` });

/** A slider and a number beside it, with the unit. */
export function numberField(control, value, tell, { id, label }) {
  const spans = Number.isFinite(control.from) && Number.isFinite(control.to) && control.to > control.from;
  const limits = { min: control.low, max: control.high, step: "any", placeholder: control.optional ? "none" : null };
  const box = element("input", { type: "number", ...described(id), ...limits });
  const range = element("input", { type: "range", min: 0, max: STEPS, step: 1, "aria-label": `${label}, slider` });
  const unit = element("span", { class: "unit" }, control.unit ?? "");
  const show = (shown, place = null) => {
    const known = typeof shown === "number";
    range.value = String(place ?? placeOf(control, known ? shown : middleOf(control)));
    range.classList.toggle("unset", !known);
    range.style.setProperty("--filled", `${known ? range.value / (STEPS / 100) : 0}%`);
    range.setAttribute("aria-valuetext", known ? `${number(shown)} ${control.unit ?? ""}` : "none");
  };
  const set = (shown) => {
    box.value = typeof shown === "number" ? String(shown) : "";
    show(shown);
  };
  const turn = (place, moment) => {
    const turned = valueAt(control, place);
    box.value = String(turned);
    box.setAttribute("aria-invalid", "false");
    show(turned, place);
    tell(turned, moment);
  };
  range.addEventListener("input", (event) => turn(Number(range.value), event.timeStamp));
  range.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const place = nextPlace(control, Number(range.value), way);
    if (place !== null) turn(place, event.timeStamp);
  });
  box.addEventListener("input", (event) => {
    const typed = box.value === "" ? null : Number(box.value);
    const usable = typed === null ? control.optional && !box.validity.badInput : box.validity.valid && Number.isFinite(typed);
    box.setAttribute("aria-invalid", String(!usable));
    if (!usable) return;
    show(typed);
    tell(typed, event.timeStamp);
  });
  set(value);
  const parts = [spans ? range : element("span"), element("span", { class: "number" }, box, unit)];
  return { parts, set, wrong: marker(box), focus: () => box.focus() };
}

/** A list of choices. */
function choiceField(control, value, tell, { id }) {
  const choices = control.choices.map((one) => [JSON.stringify(one), String(one)]);
  if (control.optional) choices.unshift(["null", "none"]);
  const box = select(described(id), choices, JSON.stringify(value ?? null));
  box.addEventListener("change", (event) => tell(JSON.parse(box.value), event.timeStamp));
  const set = (shown) => (box.value = JSON.stringify(shown ?? null));
  return { parts: [box], set, wrong: marker(box), focus: () => box.focus() };
}

function switchField(control, value, tell, { id }) {
  const box = element("input", { type: "checkbox", role: "switch", ...described(id), checked: Boolean(value) });
  box.addEventListener("change", (event) => tell(box.checked, event.timeStamp));
  return { parts: [box], set: (shown) => (box.checked = Boolean(shown)), wrong: marker(box), focus: () => box.focus() };
}

/** Text, and whatever has no field of its own: lists and mappings as JSON, or words with commas between them. */
function textField(control, value, tell, { id }) {
  const box = element("input", { type: "text", ...described(id), autocomplete: "off", spellcheck: "false" });
  box.placeholder = control.optional ? "none" : "";
  const set = (shown) => (box.value = written(shown));
  box.addEventListener("change", (event) => {
    const typed = box.value.trim();
    if (!typed && !control.optional) set(value);
    else tell(typed ? (control.kind === "text" ? typed : readList(typed)) : null, event.timeStamp);
  });
  set(value);
  return { parts: [box], set, wrong: marker(box), focus: () => box.focus() };
}

const written = (value) =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** A list as a person types it: JSON, or values with commas between them. One value alone stays one. */
export function readList(text) {
  try {
    return JSON.parse(text);
  } catch {
    const words = text.split(",").map((word) => word.trim()).filter(Boolean);
    const values = words.map((word) => (Number.isFinite(Number(word)) ? Number(word) : word));
    return values.length === 1 && !text.includes(",") ? values[0] : values;
  }
}

const marker = (box) => (wrong) => box.setAttribute("aria-invalid", String(wrong));

function middleOf({ from, to, scale }) {
  return scale === "log" && from > 0 ? Math.sqrt(from * to) : (from + to) / 2;
}

/** Where a value stands on a slider, 0 to STEPS. */
function placeOf({ from, to, scale }, value) {
  const log = scale === "log" && from > 0;
  const held = Math.min(Math.max(value, from), to);
  const share = log ? Math.log(held / from) / Math.log(to / from) : (held - from) / (to - from);
  return Math.round(STEPS * share);
}

/** The nearest place with another value, for the arrow keys; null where there is none. */
function nextPlace(control, place, way) {
  const now = valueAt(control, place);
  for (let next = place + way; next >= 0 && next <= STEPS; next += way) if (valueAt(control, next) !== now) return next;
  return null;
}

/** The value at a place of a slider: a step of the control, or with few digits where it has none. */
function valueAt(control, place) {
  const { from, to, scale, step, kind, powers } = control;
  const share = place / STEPS;
  const raw = scale === "log" && from > 0 ? from * (to / from) ** share : from + share * (to - from);
  if (powers) return 2 ** Math.round(Math.log2(raw));
  if (kind === "integer") return Math.round(raw);
  if (scale === "log" || !step) return Number(raw.toPrecision(3));
  return Number((from + Math.round((raw - from) / step) * step).toPrecision(6));
}
