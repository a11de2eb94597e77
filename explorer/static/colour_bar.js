/**
 * ColourBar: which colour stands for which value, as a strip with the values at its ends and in its middle.
 */

import { DIFFERENCE_PIXELS, PIXELS, SIZE } from "./colours.js";
import { element } from "./elements.js";
import { number } from "./numbers.js";

export class ColourBar {
  constructor() {
    this.canvas = element("canvas", { width: SIZE, height: 1, "aria-hidden": true });
    this.low = element("span", {});
    this.high = element("span", {});
    this.element = element("div", { class: "colour-bar" }, this.low, this.canvas, this.high);
    this.signed = null;
  }

  /** Shows a scale (scaling.js) with its unit; null: nothing. */
  show(scale, unit) {
    this.element.hidden = !scale;
    if (!scale) return;
    const known = unit && !unit.includes(",") ? ` ${unit}` : "";
    this.low.textContent = number(scale.low, 3);
    this.high.textContent = `${number(scale.high, 3)}${known}`;
    this.element.title = scale.middle ? "Colours are logarithmic far from zero, so that small values are seen" : "";
    if (this.signed === scale.signed) return;
    this.signed = scale.signed;
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(SIZE, 1);
    new Uint32Array(image.data.buffer).set(scale.signed ? DIFFERENCE_PIXELS : PIXELS);
    context.putImageData(image, 0, 0);
  }
}
