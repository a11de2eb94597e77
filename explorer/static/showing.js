/**
 * Showing: which arrays of a walk are asked for: the one that is looked at, and the waveform that belongs under it.
 *
 * The waveform is what the stage read, or else the last one there is. It is asked for only when something before it has
 * changed: while the slider of a feature moves, it does not come again.
 */

import { beginsWithDecode, nameOf, parametersOf } from "./chain.js";
import { same } from "./controls.js";

export class Showing {
  at = -1;
  name = null;
  array = null;
  wave = null;
  #waveKey = null;
  #known = null;

  /** Chooses a step (-1: what was opened) and an array of it (null: the one it wrote). */
  choose(at, name) {
    this.at = at;
    this.name = name;
  }

  /** What a walk must show. */
  wanted(state) {
    const main = [this.at, this.at < 0 ? (this.name ?? "audio") : this.name];
    const wave = this.#waveOf(state);
    return wave && keyOf(state, wave) !== this.#waveKey ? [main, wave] : [main];
  }

  /** Takes what came; the array that is looked at, or null where the recording was stopped before. */
  take({ header, body }, arrays) {
    this.#known = { names: body.stages.map(nameOf), header };
    const [array = null, wave] = arrays;
    const [[at, name], asked] = body.show;
    if (array && wave && asked) {
      this.wave = wave;
      this.#waveKey = keyOf(body, asked);
    }
    if (at !== this.at || (name !== this.name && !(at < 0))) return null;
    this.array = array;
    if (array && !this.#waveOf(body)) this.wave = null;
    return array;
  }

  /** Whether the waveform that belongs under the array is not there yet. */
  lacksWave(body, header) {
    const wave = this.#waveOf(body, header);
    return Boolean(wave) && keyOf(body, wave) !== this.#waveKey;
  }

  /** [step, name] of the waveform under the array; null where there is none, or where that is not known yet. */
  #waveOf(state, header = this.#known?.header) {
    if (!header || this.at < 0 || !same(this.#known.names, state.stages.map(nameOf))) return null;
    if (this.array?.kind === "audio" && this.array.name === this.name) return null;
    const before = this.at - 1;
    const names = this.#arraysAt(header, state, before).filter((one) => one.kind === "audio").map((one) => one.name);
    const of = parametersOf(state.stages[this.at] ?? {}).of ?? "audio";
    const name = names.includes(of) ? of : names.includes("audio") ? "audio" : names.at(-1);
    return name ? [before, name] : null;
  }

  /** The names of the arrays behind the step that is looked at. */
  namesAt(header, body) {
    return this.#arraysAt(header, body, this.at).map((one) => one.name);
  }

  /** Arrays behind a step. A decode that the chain does not name is what was opened. */
  #arraysAt(header, state, at) {
    if (at >= 0) return header.steps[at]?.arrays ?? [];
    return beginsWithDecode(state.stages) ? [] : [{ name: "audio", kind: "audio" }];
  }
}

/** All that decides the waveform. */
function keyOf({ source, stages, seed, copy, split, keep }, [step, name]) {
  return JSON.stringify([source, stages.slice(0, step + 1), seed, copy, split, keep[name], step, name]);
}
