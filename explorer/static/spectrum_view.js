/**
 * SpectrumView: one frame of a spectrogram in decibels as a curve over frequency; of several, one curve each.
 *
 * `frame` names a moment in seconds (a value of the figure, or a number); by default the middle. `relative` puts the
 * highest value of each curve at 0 dB; `full_scale` is what a sine at full scale has, and becomes 0 dBFS.
 */

import { Curve, INKS } from "./curve.js";
import { element, iconButton, relabel } from "./elements.js";

export class SpectrumView {
  constructor(host, spec, figure) {
    this.spec = spec;
    this.figure = figure;
    this.refs = spec.curves.map((one) => one.show);
    this.said = element("output", { class: "reading" });
    const legend = spec.curves.length > 1 ? this.#legend() : null;
    const play = spec.sound ? this.#playButton() : null;
    host.append(element("div", { class: "view-bar" }, play, element("span", { class: "view-title" }, spec.title), legend));
    const main = element("div", { class: "main-picture" });
    host.append(main, element("div", { class: "view-foot" }, this.said));
    this.curve = new Curve(main, { label: spec.title });
    this.curve.addEventListener("read", ({ detail }) => this.#read(detail));
  }

  #legend() {
    const entries = this.spec.curves.map(({ label }, at) => element("li", { class: INKS[at] }, label));
    return element("ul", { class: "legend" }, ...entries);
  }

  #playButton() {
    const { player } = this.figure;
    const button = iconButton("play", "Play", () => this.#toggle(), { class: "icon-button play" });
    player.addEventListener("state", ({ detail }) => {
      const mine = detail && player.owner === this;
      relabel(button, mine ? "pause" : "play", mine ? "Pause" : "Play");
    });
    return button;
  }

  async #toggle() {
    const { player } = this.figure;
    if (player.playing && player.owner === this) return player.pause();
    const { blob } = await this.figure.sound(this.spec.sound);
    player.owner = this;
    return player.play(blob);
  }

  #read(words) {
    this.said.replaceChildren(...(words ?? []).map((word) => element("span", {}, word)));
  }

  /** Draws the frame. */
  draw() {
    const curves = this.spec.curves.map(({ label, show }) => this.#curve(label, this.figure.array(show)));
    if (curves.some((one) => !one)) return;
    const { hz = [0, curves[0].hz.at(-1)], range = [-100, 0], full_scale: known } = this.spec;
    this.curve.show(curves, { hz, range, unit: known === undefined ? "dB" : "dBFS" });
  }

  #curve(label, array) {
    if (!array) return null;
    const values = frameOf(array, momentOf(this.spec.frame, this.figure));
    const most = this.spec.relative ? values.reduce((a, b) => Math.max(a, b)) : (this.spec.full_scale ?? 0);
    return { label, hz: array.axis.hz, values: values.map((one) => one - most) };
  }
}

/** A moment in seconds; null is the middle. */
function momentOf(frame, figure) {
  return typeof frame === "string" ? figure.state.values[frame] : (frame ?? null);
}

/** The values of the frame at a moment. */
export function frameOf(array, moment = null) {
  const { length, width, rate, values } = array;
  const at = moment === null ? length >> 1 : Math.min(Math.max(Math.round(moment * rate), 0), length - 1);
  return values.slice(at * width, (at + 1) * width);
}
