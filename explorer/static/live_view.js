/**
 * LiveView: an array in a figure of a chapter, to see and to hear: a view (view.js) with what is said when above it, and
 * with marks on it. Kinds of views that show what was made in the browser change `array` and `sound`.
 *
 * Every kind of view has `refs`, the arrays that it needs, each [chain, step, name], and `draw(moving)`, called when all
 * of them are there.
 */

import { difference } from "./arrays.js";
import { once } from "./api.js";
import { attention, unfolded } from "./derived.js";
import { element } from "./elements.js";
import { marksOf } from "./marking.js";
import { Overlay } from "./overlay.js";
import { even, Strip } from "./strip.js";
import { View } from "./view.js";
import { wavBlob } from "./wav.js";

export class LiveView {
  #looked = false;
  #quiet = null;

  constructor(host, spec, figure) {
    this.spec = spec;
    this.figure = figure;
    this.refs = [spec.show];
    const above = element("div", { class: "strips" });
    host.append(above);
    this.view = new View(host, { heading: "span", wheel: false, wave: false, player: figure.player, label: spec.title });
    this.view.element.querySelector(".view-bar").after(above);
    this.strips = (spec.strips ?? []).map((label) => {
      return new Strip(above, this.view.picture, { label, act: (span) => this.look(span, 0.15) });
    });
    this.overlay = spec.marks ? new Overlay(this.view.picture) : null;
  }

  get picture() {
    return this.view.picture;
  }

  /** The array that is shown. */
  array() {
    return this.figure.array(this.spec.show);
  }

  /** What gives its sound, or null. */
  sound(array) {
    const heard = this.spec.hear ?? (array.audible ? this.spec.show : null);
    return heard && this.spec.sound !== false ? () => this.figure.sound(heard) : null;
  }

  /** Draws what came. While a sound plays, it goes on with the new one as soon as nothing moves any more. */
  draw() {
    const array = this.array();
    if (!array) return;
    const sound = this.sound(array);
    const [low, high] = this.spec.colours ?? [];
    const scale = high === undefined ? this.#shared : { low, high, middle: 0, signed: false };
    const title = this.figure.titleOf(this.spec);
    const shown = this.spec.hear ? { ...array, approximate: false } : array;
    this.view.show({ array: shown, title, sound, scale: array.kind === "features" ? scale : null, words: `${title}: ${array.kind}` });
    if (!this.#looked) this.look(this.spec.look);
    this.#looked = true;
    this.overlay?.show(marksOf(this.spec.marks, array, this.figure));
    if (this.strips.length) this.#tell();
    clearTimeout(this.#quiet);
    if (this.view.player.playing) this.#quiet = setTimeout(() => this.view.swap(sound), 300);
  }

  /** The figure's scale of colours; what was made in the browser has its own. */
  get #shared() {
    return this.constructor === LiveView ? this.figure.shared : null;
  }

  /** Looks at a part; `margin` is added on both sides, as a part of its length. Nothing given: all of it. */
  look(part, margin = 0) {
    if (!part) return;
    const { from = 0, to } = part;
    const more = margin * (to - from);
    if (to === undefined) this.picture.look(part);
    else this.picture.look({ ...part, from: from - more, to: to + more });
  }

  async #tell() {
    const times = await once("static/spoken_times.json");
    const { said = "seven" } = this.figure.chains[this.spec.show[0]].source;
    const ways = { words: times[said].words, phonemes: times[said].phonemes, evenly: even(times[said].phonemes) };
    this.strips.forEach((strip, at) => strip.show(ways[this.spec.strips[at]]));
  }
}

/** The first array minus the second. */
export class DifferenceView extends LiveView {
  constructor(host, spec, figure) {
    super(host, spec, figure);
    this.refs = spec.of;
  }

  array() {
    const [minuend, subtrahend] = this.refs.map((ref) => this.figure.array(ref));
    return difference(subtrahend, minuend);
  }

  sound(array) {
    if (array.kind !== "audio") return null;
    return async () => ({ blob: wavBlob(array.channels[0], array.rate), approximate: false });
  }
}

/** The spectrum that is left of cepstral coefficients. */
export class UnfoldedView extends LiveView {
  array() {
    const cepstra = this.figure.array(this.spec.show);
    return cepstra && { ...unfolded(cepstra, this.spec.bins), axis: this.figure.array(this.spec.like)?.axis ?? null };
  }

  sound() {
    return null;
  }
}

/** How much each frame takes from each, without learned parts. */
export class AttentionView extends LiveView {
  array() {
    const features = this.figure.array(this.spec.show);
    return features && attention(features, this.figure.state.values.temperature);
  }

  sound() {
    return null;
  }
}
