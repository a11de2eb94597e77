/**
 * Chain: a source and stages, walked by the server whenever they change. One request is on its way at a time; when it
 * is answered, the newest state goes next, and what was in between is never asked for.
 *
 *     const chain = new Chain({source: {signal: "chirp"}, stages: [{log_mel: {}}], show: [[0, null]]});
 *     chain.addEventListener("walked", ({detail}) => picture.show(detail.arrays[0]));   // and header, body, moment
 *     chain.addEventListener("failed", ({detail}) => ..);                               // an Error, perhaps with .field
 *     chain.set({stages: [..]}, event.timeStamp);
 *
 * `moment` is when that happened which led to the walk, as performance.now() counts, so that a page can tell how long a
 * person waited for the picture.
 */

import { sound, walk } from "./api.js";

const DEFAULTS = { source: null, stages: [], seed: 0, copy: 0, split: "train", keep: {}, show: [[-1, null]] };

export class Chain extends EventTarget {
  #changed = false;
  #busy = false;
  #moment = null;
  #number = 0;

  constructor(state = {}) {
    super();
    this.state = { ...DEFAULTS, ...state };
    this.answer = null;
    if (this.state.source) this.#change(null);
  }

  /** Changes parts of the state; the rest stays. Walks as soon as the last walk is answered. */
  set(part, moment = performance.now()) {
    this.state = { ...this.state, ...part };
    if (this.state.source) this.#change(moment);
  }

  /** Changes the parameters of one stage. */
  setStage(at, parameters, moment) {
    const stages = this.state.stages.map((step, number) => {
      return number === at ? { [Object.keys(step)[0]]: parameters } : step;
    });
    this.set({ stages }, moment);
  }

  /** Walks again, as after an error. */
  again() {
    this.#change(performance.now());
  }

  /** Whether a newer state waits for the walk that is on its way. */
  get waiting() {
    return this.#changed;
  }

  /** The sound of an array of a step as the state is now: {blob, approximate}. */
  sound(step, name) {
    return sound({ ...this.state, show: [[step, name]] });
  }

  #change(moment) {
    this.#changed = true;
    this.#moment = moment;
    if (this.#busy) return;
    this.#busy = true;
    queueMicrotask(() => this.#run());
  }

  async #run() {
    while (this.#changed) {
      this.#changed = false;
      const body = this.state;
      const moment = this.#moment;
      const sent = performance.now();
      try {
        const { header, arrays } = await walk(body);
        this.answer = { header, arrays, body, moment, sent, answered: performance.now(), number: (this.#number += 1) };
        this.dispatchEvent(new CustomEvent("walked", { detail: this.answer }));
      } catch (error) {
        if (!this.#changed) this.dispatchEvent(new CustomEvent("failed", { detail: error }));
      }
    }
    this.#busy = false;
    this.dispatchEvent(new Event("settled"));
  }
}

/** The name of a step, and its parameters. */
export const nameOf = (step) => Object.keys(step)[0];
export const parametersOf = (step) => Object.values(step)[0] ?? {};

/** Whether a chain names its own decode. Where it does not, the server puts one in front, with the number -1. */
export const beginsWithDecode = (stages) => stages.length > 0 && nameOf(stages[0]) === "decode";
