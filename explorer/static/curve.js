/**
 * Curve: one or more curves over frequency on a canvas, with axes and a cursor that reads them.
 *
 *     const curve = new Curve(host, {label: "spectrum"});
 *     curve.show([{label: "Hann", hz, values}], {hz: [0, 8000], range: [-100, 0], unit: "dB"});
 *     curve.addEventListener("read", ({detail}) => ..);    // words, or null
 */

import { element } from "./elements.js";
import { look, onLook } from "./look.js";
import { evenTicks, hertz, number } from "./numbers.js";
import { scaled } from "./picture.js";

export const INKS = ["accent", "second", "muted"];

export class Curve extends EventTarget {
  #place = null;

  constructor(host, { label }) {
    super();
    this.curves = [];
    this.axes = { hz: [0, 1], range: [0, 1], unit: "" };
    this.canvas = element("canvas", { class: "plot", "aria-hidden": true });
    const about = { class: "picture curve", tabindex: 0, role: "application", "aria-roledescription": "curve" };
    const help = { "aria-label": label, "aria-description": "Arrows move the cursor." };
    this.element = element("div", { ...about, ...help }, this.canvas);
    host.append(this.element);
    this.box = { left: 0, top: 0, width: 0, height: 0, ratio: 1 };
    new ResizeObserver(([entry]) => this.#resize(entry.contentRect)).observe(this.element);
    onLook(() => this.draw());
    this.element.addEventListener("pointermove", (event) => this.#point(this.#hzAt(event.offsetX)));
    this.element.addEventListener("pointerleave", () => this.#point(null));
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows curves, each {label, hz, values} of as many numbers; drawn at once. */
  show(curves, axes) {
    this.curves = curves;
    this.axes = axes;
    this.draw();
    this.dispatchEvent(new CustomEvent("read", { detail: this.read() }));
  }

  /** What stands under the cursor, in words; null without one. */
  read() {
    if (this.#place === null || !this.curves.length) return null;
    const { unit } = this.axes;
    const several = this.curves.length > 1;
    const words = this.curves.map(({ label, hz, values }) => {
      return `${several ? `${label} ` : ""}${number(values[nearest(hz, this.#place)], 3)} ${unit}`;
    });
    return [hertz(this.#place), ...words];
  }

  #point(hz) {
    const [from, to] = this.axes.hz;
    this.#place = hz === null ? null : Math.min(Math.max(hz, from), to);
    this.draw();
    this.dispatchEvent(new CustomEvent("read", { detail: this.read() }));
  }

  #key(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [from, to] = this.axes.hz;
    const step = ((to - from) / Math.max(this.box.width, 1)) * (event.shiftKey ? 10 : 1);
    this.#point((this.#place ?? (from + to) / 2) + way * step);
  }

  #hzAt(x) {
    const [from, to] = this.axes.hz;
    return from + ((x - this.box.left) / Math.max(this.box.width, 1)) * (to - from);
  }

  draw() {
    const { box, canvas } = this;
    if (!(box.width > 0)) return;
    const context = canvas.getContext("2d");
    const colours = look();
    const inner = scaled(box);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = colours.plot;
    context.fillRect(inner.left, inner.top, inner.width, inner.height);
    context.save();
    context.scale(box.ratio, box.ratio);
    context.font = `11px ${colours.font}`;
    this.#frame(context, colours);
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    this.curves.forEach((curve, at) => this.#line(context, curve, colours[INKS[at % INKS.length]]));
    if (this.#place !== null) this.#cursor(context, colours);
    context.restore();
  }

  #frame(context, colours) {
    const { box, axes } = this;
    const bottom = box.top + box.height;
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.fillStyle = colours.muted;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const hz of evenTicks(...axes.hz, Math.max(2, Math.floor(box.width / 80)))) {
      const x = this.#x(hz);
      line(context, x, box.top, x, bottom + 4);
      if (x < box.left + box.width - 26) context.fillText(hz >= 1000 ? `${number(hz / 1000, 5)}k` : number(hz, 5), x, bottom + 7);
    }
    context.textAlign = "right";
    context.fillText("Hz", box.left + box.width, bottom + 7);
    context.textBaseline = "middle";
    for (const value of evenTicks(...axes.range, Math.max(2, Math.floor(box.height / 24)))) {
      const y = this.#y(value);
      line(context, box.left - 4, y, box.left + box.width, y);
      if (y > box.top + 16) context.fillText(number(value, 3), box.left - 7, Math.min(y, bottom - 5), box.left - 8);
    }
    context.fillText(axes.unit, box.left - 7, box.top + 6, box.left - 8);
    context.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  }

  #line(context, { hz, values }, colour) {
    const [from, to] = this.axes.hz;
    const first = Math.max(nearest(hz, from) - 1, 0);
    const last = Math.min(nearest(hz, to) + 1, hz.length - 1);
    const dots = ((last - first) / Math.max(this.box.width, 1)) * 9 < 1;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1.4;
    context.lineJoin = "round";
    context.beginPath();
    for (let at = first; at <= last; at += 1) context.lineTo(this.#x(hz[at]), this.#y(values[at]));
    context.stroke();
    if (!dots) return;
    context.beginPath();
    for (let at = first; at <= last; at += 1) {
      context.moveTo(this.#x(hz[at]), this.#y(values[at]));
      context.arc(this.#x(hz[at]), this.#y(values[at]), 2.2, 0, 2 * Math.PI);
    }
    context.fill();
  }

  #cursor(context, colours) {
    const x = Math.round(this.#x(this.#place)) + 0.5;
    context.lineWidth = 1;
    context.strokeStyle = colours.muted;
    line(context, x, this.box.top, x, this.box.top + this.box.height);
  }

  #x(hz) {
    const [from, to] = this.axes.hz;
    return this.box.left + ((hz - from) / (to - from)) * this.box.width;
  }

  /** Values below the picture stay within reach of a canvas. */
  #y(value) {
    const [low, high] = this.axes.range;
    const held = Number.isFinite(value) ? Math.max(value, low - (high - low)) : low - (high - low);
    return this.box.top + ((high - held) / (high - low)) * this.box.height;
  }

  #resize({ width, height }) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const left = width < 480 ? 46 : 58;
    this.box = { left, top: 8, width: width - left - 12, height: height - 34, ratio };
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.draw();
  }
}

/** The number of the value that lies nearest, in an ascending list. */
export function nearest(hz, value) {
  let low = 0;
  let high = hz.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (hz[middle] <= value) low = middle;
    else high = middle;
  }
  return value - hz[low] <= hz[high] - value ? low : high;
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
