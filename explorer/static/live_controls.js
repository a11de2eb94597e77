/**
 * LiveControls: the controls of a figure in a chapter: segments for its choices, and a form (controls.js) for the rest, with
 * what the server says of each parameter, under the figure's own words.
 *
 *     const controls = await LiveControls.make(host, state);
 *     controls.addEventListener("change", ({detail}) => ..);      // {key, option, moment}; state.values is new already
 */

import { signals, stage } from "./api.js";
import { Controls } from "./controls.js";
import { element, unique } from "./elements.js";
import { keyOf } from "./figure_state.js";

export class LiveControls extends EventTarget {
  #forms = [];

  /** Makes them; asks the server for the parameters that they turn. */
  static async make(host, state) {
    const described = await Promise.all(state.controls.map((one) => (one.options ? one : describe(one, state))));
    return new LiveControls(host, state, described);
  }

  constructor(host, state, described) {
    super();
    this.state = state;
    state.controls.forEach((control, at) => {
      if (control.options) host.append(this.#segments(control));
      else host.append(this.#form(control, described[at]));
    });
    this.refresh();
  }

  #segments(control) {
    const name = unique("option");
    const choose = (number) => (event) => this.#tell(control, number, event.timeStamp);
    const radios = control.options.map(({ label }, number) => {
      const checked = number === this.state.values[keyOf(control)];
      const radio = element("input", { type: "radio", name, checked, onchange: choose(number) });
      return element("label", {}, radio, element("span", {}, label));
    });
    const group = element("div", { class: "segments", role: "radiogroup", "aria-label": control.label }, ...radios);
    return element("div", { class: "live-choice" }, element("span", { class: "name", "aria-hidden": true }, control.label), group);
  }

  #form(control, described) {
    const holder = element("div", { class: "live-control" });
    const form = new Controls(holder, [described], {}, { names: { [described.name]: control.label }, label: control.label });
    form.addEventListener("change", ({ detail }) => {
      if (detail.value !== null || described.optional) this.#tell(control, detail.value, detail.moment);
    });
    this.#forms.push({ control, form, holder, name: described.name });
    return holder;
  }

  #tell(control, value, moment) {
    this.state.values[keyOf(control)] = value;
    this.refresh();
    const option = control.options ? control.options[value] : null;
    this.dispatchEvent(new CustomEvent("change", { detail: { key: keyOf(control), option, moment } }));
  }

  /** Shows only the controls that have anything to turn. */
  refresh() {
    for (const { control, form, holder, name } of this.#forms) {
      holder.hidden = !this.state.reaches(control);
      form.fail(name, null);
    }
  }

  /** Says what is wrong with a parameter; false where no control here is its. */
  fail(parameter, message) {
    const found = this.#forms.find((one) => one.name === parameter && !one.holder.hidden);
    return found ? found.form.fail(parameter, message) : false;
  }
}

/** What the server says of the parameter that a control turns, with what the figure says instead. */
async function describe(control, state) {
  const [chain, kind, place, name, parameter] = (control.sets?.[0] ?? "").split(".");
  const plain = { kind: "number", low: control.from, high: control.to, scale: "linear", step: 0, optional: false, unit: null, about: "" };
  const own = { ...plain, ...(await known(kind, place, name, parameter, state.spec.chains[chain])) };
  const { from, to, scale, step, unit, about, kind: as, choices } = control;
  const said = Object.fromEntries(Object.entries({ from, to, scale, step, unit, about, kind: as, choices }).filter(([, one]) => one !== undefined));
  const first = state.values[keyOf(control)];
  const made = { ...own, ...said, name: keyOf(control), default: first, random: false, required: false };
  return { ...made, step: made.step || (made.kind === "number" && made.scale === "linear" ? (made.to - made.from) / 200 : made.step) };
}

async function known(kind, place, name, parameter, chain) {
  if (kind === "source") {
    const signal = (await signals()).find((one) => one.name === chain.source.signal);
    return signal?.controls.find((one) => one.name === place) ?? {};
  }
  if (kind === "stages") return (await stage(name)).controls.find((one) => one.name === parameter) ?? {};
  return {};
}
