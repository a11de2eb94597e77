/**
 * Distribution: a number that is fixed, or drawn anew for each example: one of several values, evenly between two, or
 * evenly on a logarithmic scale.
 */

import { element, select } from "./elements.js";

const KINDS = [
  ["fixed", "fixed"],
  ["choice", "one of"],
  ["uniform", "between"],
  ["log_uniform", "between, log"],
];

/** Whether a value is drawn: {choice: [..]}, {uniform: [a, b]} or {log_uniform: [a, b]}. */
export const isDistribution = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const kindOf = (value) => (isDistribution(value) ? Object.keys(value)[0] : "fixed");

/** A field as fields.js has them; `numberField` makes that of a fixed value. */
export function distributionField(control, value, tell, ids, numberField) {
  let now = value;
  const log = control.low !== null && control.low >= 0;
  const kinds = KINDS.filter(([kind]) => kind !== "log_uniform" || log);
  const kind = select({ class: "drawn", "aria-label": `${ids.label}: how it is drawn` }, kinds, kindOf(value));
  const place = element("span", { class: "drawn-values" });
  let inner = null;
  const told = (changed, moment) => {
    now = changed;
    tell(changed, moment);
  };
  const show = (shown) => {
    now = shown;
    kind.value = kindOf(shown);
    inner = kind.value === "fixed" ? numberField(control, shown, told, ids) : drawnField(control, shown, told, ids);
    place.classList.toggle("fixed", kind.value === "fixed");
    place.replaceChildren(...inner.parts);
  };
  kind.addEventListener("change", (event) => {
    const changed = turned(control, now, kind.value);
    show(changed);
    told(changed, event.timeStamp);
  });
  show(value);
  return {
    parts: [place, kind],
    set: show,
    wrong: (is) => inner.wrong(is),
    focus: () => inner.focus(),
  };
}

/** A value of another kind that begins where the last one was. */
function turned(control, value, kind) {
  const values = isDistribution(value) ? Object.values(value)[0] : [value ?? control.from];
  const known = values.filter((one) => typeof one === "number");
  const middle = known.length ? known.reduce((sum, one) => sum + one, 0) / known.length : control.from;
  if (kind === "fixed") return rounded(control, middle);
  if (kind === "choice") return { choice: known.length > 1 ? known : [known[0] ?? control.from, control.to] };
  const [low, high] = known.length > 1 ? [Math.min(...known), Math.max(...known)] : [control.from, control.to];
  return { [kind]: [kind === "log_uniform" && low <= 0 ? high / 100 : low, high] };
}

const rounded = (control, value) => (control.kind === "integer" ? Math.round(value) : Number(value.toPrecision(4)));

function drawnField(control, value, tell, { id, label }) {
  const [[kind, values]] = Object.entries(value);
  return kind === "choice" ? listField(control, values, tell, id) : spanField(kind, values, tell, id, label);
}

function listField(control, values, tell, id) {
  const box = element("input", { type: "text", id, class: "list", value: values.join(", "), autocomplete: "off" });
  box.setAttribute("aria-describedby", `${id}-about ${id}-alert`);
  box.addEventListener("change", (event) => {
    const typed = box.value.split(/[,\s]+/).filter(Boolean).map(Number);
    const usable = typed.length > 0 && typed.every(Number.isFinite);
    box.setAttribute("aria-invalid", String(!usable));
    if (usable) tell({ choice: typed }, event.timeStamp);
  });
  return { parts: [box], wrong: (is) => box.setAttribute("aria-invalid", String(is)), focus: () => box.focus() };
}

function spanField(kind, values, tell, id, label) {
  const boxes = values.map((value, at) => {
    const names = at ? { "aria-label": `${label}, to` } : { id };
    return element("input", { type: "number", step: "any", value, "aria-describedby": `${id}-about ${id}-alert`, ...names });
  });
  for (const box of boxes) {
    box.addEventListener("input", (event) => {
      const [low, high] = boxes.map((one) => (one.value === "" ? NaN : Number(one.value)));
      const usable = low <= high && (kind !== "log_uniform" || low > 0);
      for (const one of boxes) one.setAttribute("aria-invalid", String(!usable));
      if (usable) tell({ [kind]: [low, high] }, event.timeStamp);
    });
  }
  const unitless = element("span", { class: "to" }, "to");
  const wrong = (is) => boxes.forEach((box) => box.setAttribute("aria-invalid", String(is)));
  return { parts: [boxes[0], unitless, boxes[1]], wrong, focus: () => boxes[0].focus() };
}
