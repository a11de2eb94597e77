/**
 * Stages: the chain as a list that a person takes, changes, adds to and puts in order. One stage is open at a time: its
 * array is the one on the screen, and its controls stand below its name.
 *
 *     const list = new StageList(host);
 *     list.addEventListener("change", ({detail}) => ..);   // {stages, at, moment}: parameters, order, or number
 *     list.addEventListener("select", ({detail}) => ..);   // {at}: -1 is what was opened
 *     list.show(stages, at);
 *     list.tell(header.steps);                             // verdicts, times, what was drawn
 */

import { stage } from "./api.js";
import { beginsWithDecode, nameOf, parametersOf } from "./chain.js";
import { Controls, same } from "./controls.js";
import { announce, element, icon, iconButton, prose } from "./elements.js";
import { number, took } from "./numbers.js";
import { letDrag } from "./reorder.js";
import { flow } from "./yaml.js";

export class StageList extends EventTarget {
  #items = [];

  constructor(host) {
    super();
    this.stages = [];
    this.at = -1;
    this.controls = null;
    this.element = element("ol", { class: "stages", "aria-label": "Chain, in order" });
    host.append(this.element);
  }

  /** Shows a chain, with the stage `at` open. */
  show(stages, at) {
    this.stages = stages;
    this.at = Math.min(Math.max(at, beginsWithDecode(stages) ? 0 : -1), stages.length - 1);
    this.#items = [this.#opened(), ...stages.map((step, number) => this.#item(step, number))];
    this.element.replaceChildren(...this.#items.map((item) => item.element));
    this.#open();
  }

  #opened() {
    const name = element("button", { type: "button", class: "stage-name", onclick: () => this.select(-1) }, "what was opened");
    const head = element("div", { class: "stage-head" }, element("span", { class: "grip" }), name, element("span", { class: "took" }));
    const hidden = beginsWithDecode(this.stages);
    return { element: element("li", { class: "stage first", hidden }, head), name };
  }

  #item(step, at) {
    const name = nameOf(step);
    const summary = element("span", { class: "summary" }, summaryOf(step));
    const open = element("button", { type: "button", class: "stage-name", onclick: () => this.select(at) }, name, summary);
    open.addEventListener("keydown", (event) => this.#keys(event, at));
    const time = element("span", { class: "took" });
    const grip = element("span", { class: "grip", title: "Drag to another place" }, icon("grip"));
    const buttons = element("span", { class: "stage-buttons" });
    const move = (to) => () => this.move(at, to);
    buttons.append(
      iconButton("up", `Move ${name} up`, move(at - 1), { disabled: at === 0 }),
      iconButton("down", `Move ${name} down`, move(at + 1), { disabled: at === this.stages.length - 1 }),
      iconButton("close", `Remove ${name}`, () => this.remove(at)),
    );
    const verdict = element("p", { class: "stage-verdict", hidden: true });
    const body = element("div", { class: "stage-body", hidden: true });
    const head = element("div", { class: "stage-head" }, grip, open, time, buttons);
    const made = element("li", { class: "stage" }, head, verdict, body);
    letDrag(made, grip, at, (from, to) => this.move(from, to));
    return { element: made, name: open, summary, time, verdict, body };
  }

  #keys(event, at) {
    if (event.altKey && event.key === "ArrowUp") this.move(at, at - 1);
    else if (event.altKey && event.key === "ArrowDown") this.move(at, at + 1);
    else if (event.key === "ArrowUp") (this.#items[at].element.hidden ? this.#items[at + 1] : this.#items[at]).name.focus();
    else if (event.key === "ArrowDown") this.#items[Math.min(at + 2, this.#items.length - 1)].name.focus();
    else if (event.key === "Delete") this.remove(at);
    else return;
    event.preventDefault();
  }

  /** Opens a stage; -1: what was opened. Opening it again closes its controls. */
  select(at) {
    const item = this.#items[at + 1];
    if (at === this.at && item.body) {
      item.body.hidden = !item.body.hidden;
      item.name.setAttribute("aria-expanded", String(!item.body.hidden));
      return;
    }
    this.at = at;
    this.#open();
    this.dispatchEvent(new CustomEvent("select", { detail: { at } }));
  }

  #open() {
    this.#items.forEach((item, number) => {
      const chosen = number - 1 === this.at;
      item.element.classList.toggle("selected", chosen);
      if (chosen) item.name.setAttribute("aria-current", "step");
      else item.name.removeAttribute("aria-current");
      if (!item.body) return;
      item.name.setAttribute("aria-expanded", String(chosen));
      item.body.hidden = !chosen;
      if (!chosen) item.body.replaceChildren();
    });
    this.controls = null;
    if (this.at >= 0) this.#fill(this.at);
  }

  async #fill(at) {
    const item = this.#items[at + 1];
    const step = this.stages[at];
    const page = await stage(nameOf(step)).catch((error) => ({ gives: error.message, controls: [] }));
    if (this.#items[at + 1] !== item || this.at !== at) return;
    const notes = element("p", { class: "stage-notes", hidden: true });
    item.body.replaceChildren(element("p", { class: "about" }, ...prose(page.gives.split("\n\n")[0])), notes);
    item.notes = notes;
    this.#note(at);
    this.controls = new Controls(item.body, page.controls, parametersOf(this.stages[at]), { label: nameOf(step) });
    this.controls.addEventListener("change", ({ detail }) => this.#turned(at, detail));
    this.#failed();
  }

  #turned(at, { values, moment }) {
    this.stages = this.stages.map((step, number) => (number === at ? { [nameOf(step)]: values } : step));
    this.#items[at + 1].summary.textContent = summaryOf(this.stages[at]);
    this.#tellChange(moment);
  }

  #tellChange(moment = performance.now()) {
    this.dispatchEvent(new CustomEvent("change", { detail: { stages: this.stages, at: this.at, moment } }));
  }

  /** Puts a stage behind the one that is open, and opens it. */
  add(step) {
    const at = this.at + 1;
    this.show(this.stages.toSpliced(at, 0, step), at);
    this.#items[at + 1].name.focus();
    announce(`${nameOf(step)} added at place ${at + 1}.`);
    this.#tellChange();
  }

  /** Moves a stage to another place. */
  move(from, to) {
    if (to < 0 || to >= this.stages.length || from === to) return;
    const step = this.stages[from];
    const stages = this.stages.toSpliced(from, 1).toSpliced(to, 0, step);
    const follow = (at) => (at === from ? to : at + (from < at && at <= to ? -1 : to <= at && at < from ? 1 : 0));
    this.show(stages, follow(this.at));
    this.#items[to + 1].name.focus();
    announce(`${nameOf(step)} is now at place ${to + 1} of ${stages.length}.`);
    this.#tellChange();
  }

  /** Takes a stage out. */
  remove(at) {
    const name = nameOf(this.stages[at]);
    this.show(this.stages.toSpliced(at, 1), this.at >= at ? Math.max(this.at - 1, -1) : this.at);
    this.#items[Math.min(at, this.stages.length)].name.focus();
    announce(`${name} removed.`);
    this.#tellChange();
  }

  /** Tells what came of each step, as far as the recording was walked. */
  tell(steps) {
    const stopped = steps.some((step) => step.verdict);
    this.steps = this.stages.map((_, at) => steps[at] ?? null);
    this.steps.forEach((step, at) => {
      const { element: made, time, verdict } = this.#items[at + 1];
      time.textContent = step ? (step.cached ? "kept" : took(step.milliseconds)) : "";
      time.title = step?.cached ? "Nothing before it has changed: what it made was kept" : "";
      made.classList.toggle("unreached", stopped && !step);
      verdict.textContent = step?.verdict ?? "";
      verdict.hidden = !step?.verdict;
      this.#note(at);
    });
  }

  #note(at) {
    const { notes } = this.#items[at + 1];
    if (!notes) return;
    const { notes: made = {}, stage: name } = this.steps?.[at] ?? {};
    const before = this.steps?.[at - 1]?.notes ?? {};
    const found = Object.entries(made).filter(([label, value]) => label.startsWith(name) && !same(before[label], value));
    const drawn = found.flatMap(([, facts]) => Object.entries(facts));
    notes.hidden = !drawn.length;
    notes.textContent = drawn.map(([name, value]) => `${name} ${typeof value === "number" ? number(value) : flow(value)}`).join(", ");
  }

  /** Says what is wrong: at a parameter, or with the stage. False where the place is not in this list. */
  fail(at, parameter, message) {
    if (at < 0 || at >= this.stages.length) return false;
    this.problem = { at, parameter, message };
    const { verdict, element: made } = this.#items[at + 1];
    made.classList.add("wrong");
    verdict.textContent = parameter ? `${parameter}: ${message}` : message;
    verdict.hidden = false;
    this.#failed();
    return true;
  }

  #failed() {
    const { problem } = this;
    if (problem && problem.at === this.at && problem.parameter) this.controls?.fail(problem.parameter, problem.message);
  }

  /** Says that nothing is wrong any more. */
  clear() {
    if (!this.problem) return;
    this.problem = null;
    this.controls?.clear();
    for (const { element: made } of this.#items) made.classList.remove("wrong");
  }
}

const summaryOf = (step) => flow(parametersOf(step)).slice(1, -1);
