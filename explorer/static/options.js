/**
 * Options: what belongs to a whole chain: whose chain is taken, which copy of a recording is made, and the seed of its draws.
 *
 *     options.addEventListener("take", ({detail}) => ..);     // {stages, keep, name}
 *     options.addEventListener("change", ({detail}) => ..);   // {part: {copy: 1}, moment}
 */

import { element, iconButton, labelled, select } from "./elements.js";

const SPLITS = [["train", "train"], ["valid", "valid"], ["test", "test"]];

export class ChainOptions extends EventTarget {
  constructor(host, about) {
    super();
    this.owners = [
      ...about.recipes.map((one) => ["recipe", one]),
      ...about.stores.filter((one) => !one.error).map((one) => ["store", one]),
    ];
    this.taken = this.#taken();
    this.copy = this.#number("Copies above 0 are augmented", (value) => ({ copy: value }));
    this.seed = this.#number("What random numbers are drawn from", (value) => ({ seed: value }));
    this.split = select({}, SPLITS, "train");
    this.split.addEventListener("change", (event) => this.#change({ split: this.split.value }, event.timeStamp));
    const dice = iconButton("dice", "Draw anew, with another seed", (event) => {
      this.seed.value = String(Number(this.seed.value) + 1);
      this.#change({ seed: Number(this.seed.value) }, event.timeStamp);
    });
    const drawn = element("div", { class: "drawing" });
    drawn.append(labelled("Split", this.split), labelled("Copy", this.copy), labelled("Seed", this.seed), dice);
    host.append(...(this.owners.length ? [labelled("Take the chain of", this.taken)] : []), drawn);
  }

  #taken() {
    const group = (kind, title) => ({
      group: title,
      choices: this.owners.flatMap(([one, { title: text }], at) => (one === kind ? [[String(at), text]] : [])),
    });
    const groups = [group("recipe", "Recipes"), group("store", "Stores")].filter(({ choices }) => choices.length);
    const list = select({}, [["", "…"], ...groups], "");
    list.addEventListener("change", () => {
      if (!list.value) return;
      const [, owner] = this.owners[Number(list.value)];
      this.dispatchEvent(new CustomEvent("take", { detail: { stages: owner.stages, keep: owner.keep, name: owner.name } }));
    });
    return list;
  }

  #number(title, part) {
    const box = element("input", { type: "number", min: 0, step: 1, value: 0, title });
    box.addEventListener("input", (event) => {
      const value = Number(box.value);
      if (box.value !== "" && Number.isInteger(value) && value >= 0) this.#change(part(value), event.timeStamp);
    });
    return box;
  }

  #change(part, moment) {
    this.dispatchEvent(new CustomEvent("change", { detail: { part, moment } }));
  }

  /** Shows other values, without telling of it. */
  show({ seed, copy, split }) {
    this.seed.value = String(seed);
    this.copy.value = String(copy);
    this.split.value = split;
  }

  /** Shows whose chain it is, by the name of a recipe or store. */
  named(name) {
    const at = this.owners.findIndex(([, owner]) => owner.name === name);
    this.taken.value = at < 0 ? "" : String(at);
  }
}
