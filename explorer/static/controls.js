/**
 * Controls: a form for the parameters of a stage or a signal, made of what the server says of each: a slider with a number
 * field, a list of choices, a switch, text, or a distribution to draw from. What is not the default is marked, and can be
 * put back.
 *
 *     const controls = new Controls(host, described, {n_mels: 40}, {only: ["n_mels", "n_fft"]});
 *     controls.addEventListener("change", ({detail}) => chain.setStage(2, detail.values, detail.moment));
 *     controls.fail("n_mels", "above what the rate holds");
 *
 * `values` holds what differs from the defaults, and what was given: the parameters as a recipe writes them.
 */

import { makeField } from "./fields.js";
import { breakable, element, iconButton, prose, unique } from "./elements.js";

export class Controls extends EventTarget {
  #rows = new Map();

  /** `only` names the parameters to show, in that order; by default all of them. `names` may give them other labels. */
  constructor(host, described, values = {}, { only = null, names = {}, label = null } = {}) {
    super();
    this.values = { ...values };
    this.element = element("div", { class: "controls", role: "group", "aria-label": label ?? "Parameters" });
    this.hint = element("p", { class: "hint", "aria-hidden": true });
    const shown = only ? only.map((name) => described.find((one) => one.name === name)) : ordered(described);
    for (const control of shown.filter(Boolean)) this.#add(control, names[control.name] ?? control.name);
    this.element.classList.toggle("few", this.#rows.size < 3);
    this.element.append(this.hint);
    host.append(this.element);
  }

  #add(control, label) {
    const id = unique("control");
    const about = element("span", { id: `${id}-about`, class: "unseen" }, control.about);
    const alert = element("span", { id: `${id}-alert`, class: "alert", hidden: true });
    const tell = (value, moment) => this.#changed(control, value, moment);
    const field = makeField(control, this.#valueOf(control), tell, { id, label });
    const back = iconButton("reset", `Put ${label} back to its default`, (event) => {
      field.set(control.default);
      this.#changed(control, control.default, event.timeStamp);
      field.focus();
    });
    back.classList.add("back");
    const name = element("label", { for: id, class: "name" }, ...breakable(label));
    const row = element("div", { class: `control ${control.kind}` }, name, ...field.parts, back, about, alert);
    const hint = () => this.hint.replaceChildren(...prose(control.about));
    row.addEventListener("pointerenter", hint);
    row.addEventListener("focusin", hint);
    this.#rows.set(control.name, { control, field, row, back, alert });
    this.#mark(control.name);
    this.element.append(row);
  }

  #valueOf(control) {
    return control.name in this.values ? this.values[control.name] : control.default;
  }

  #changed(control, value, moment) {
    const values = { ...this.values };
    if (!control.required && same(value, control.default)) delete values[control.name];
    else values[control.name] = value;
    this.values = values;
    this.fail(control.name, null);
    this.#mark(control.name);
    const detail = { values, name: control.name, value, moment: moment ?? performance.now() };
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }

  #mark(name) {
    const { control, row, back } = this.#rows.get(name);
    const changed = !control.required && !same(this.#valueOf(control), control.default);
    row.classList.toggle("changed", changed);
    back.disabled = !changed;
  }

  /** Shows other values, without telling of a change. */
  set(values) {
    this.values = { ...values };
    for (const [name, { control, field }] of this.#rows) {
      field.set(this.#valueOf(control));
      this.#mark(name);
    }
  }

  /** Says what is wrong with a parameter; null: nothing. False where there is no such control here. */
  fail(name, message) {
    const found = this.#rows.get(name);
    if (!found) return false;
    found.alert.textContent = message ?? "";
    found.alert.hidden = !message;
    found.row.classList.toggle("wrong", Boolean(message));
    found.field.wrong(Boolean(message));
    return true;
  }

  /** Says that nothing is wrong with any of them. */
  clear() {
    for (const name of this.#rows.keys()) this.fail(name, null);
  }
}

/** The names of the arrays that are read and written come last, since they are seldom changed. */
const NAMES = ["of", "as"];
const ordered = (described) => described.toSorted((a, b) => NAMES.indexOf(a.name) - NAMES.indexOf(b.name));

/** Whether two parameters are the same, as JSON has them. */
export const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The parameters that a stage needs before it can be walked, from the example that its page gives. */
export function neededOf(page) {
  const own = page.example.findLast((step) => page.name in step)?.[page.name] ?? {};
  const required = page.controls.filter((one) => one.required && one.name in own);
  return Object.fromEntries(required.map((one) => [one.name, own[one.name]]));
}
