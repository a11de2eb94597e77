/**
 * Receptive: how far back and ahead an output of stacked convolutions reaches, and a drawing of the way down.
 *
 * With kernels k_l, strides s_l and dilations d_l:  r = 1 + sum over l of (k_l - 1) d_l (s_1 .. s_(l-1)).
 */

import { element } from "./elements.js";
import { look, onLook } from "./look.js";
import { number } from "./numbers.js";

/** The layers that a figure's values describe: each {kernel, stride, dilation}. `growing`: each dilates twice as far. */
export function layersOf({ layers, kernel, stride, growing }) {
  return Array.from({ length: layers }, (_, at) => ({ kernel, stride, dilation: growing ? 2 ** at : 1 }));
}

/** {frames, jump}: the inputs that an output depends on (as a span), and the inputs from one output to the next. */
export function fieldOf(values) {
  return layersOf(values).reduce(
    ({ frames, jump }, { kernel, stride, dilation }) => ({ frames: frames + (kernel - 1) * dilation * jump, jump: jump * stride }),
    { frames: 1, jump: 1 },
  );
}

/** For each level, from the output down to the inputs, the places it depends on, in inputs from the middle; and the lines
 *  between them. */
export function tree(values) {
  const layers = layersOf(values);
  const jumps = layers.reduce((all, { stride }) => [...all, all.at(-1) * stride], [1]);
  const levels = [[0]];
  const edges = [];
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const { kernel, dilation } = layers[at];
    const below = new Set();
    for (const place of levels.at(-1)) {
      for (let tap = 0; tap < kernel; tap += 1) {
        const to = place + (tap - (kernel - 1) / 2) * dilation * jumps[at];
        below.add(to);
        edges.push({ level: levels.length - 1, from: place, to });
      }
    }
    levels.push([...below].sort((a, b) => a - b));
  }
  return { levels, edges };
}

/** The drawing. */
export class FieldView {
  refs = [];

  constructor(host, spec, figure) {
    this.figure = figure;
    this.canvas = element("canvas", { class: "plot", role: "img" });
    this.element = element("div", { class: "picture field-drawing" }, this.canvas);
    host.append(element("div", { class: "view-bar" }, element("span", { class: "view-title" }, spec.title)), this.element);
    new ResizeObserver(() => this.draw()).observe(this.element);
    onLook(() => this.draw());
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const { frames, jump } = fieldOf(this.figure.state.values);
    this.canvas.setAttribute("aria-label", `One output reaches ${number(frames)} frames; the next output is ${jump} frames later.`);
    drawTree(context, tree(this.figure.state.values), { width, height, frames });
  }
}

function drawTree(context, { levels, edges }, { width, height, frames }) {
  const colours = look();
  const step = (height - 44) / (levels.length - 1);
  const per = Math.min((width - 120) / Math.max(frames - 1, 1), 26);
  const x = (place) => width / 2 + 30 + place * per;
  const y = (level) => 20 + level * step;
  context.strokeStyle = colours.muted;
  context.lineWidth = edges.length > 400 ? 0.4 : 0.8;
  context.beginPath();
  for (const { level, from, to } of edges) {
    context.moveTo(x(from), y(level));
    context.lineTo(x(to), y(level + 1));
  }
  context.stroke();
  context.fillStyle = colours.accent;
  context.beginPath();
  levels.forEach((places, level) => {
    const size = Math.min(4, Math.max(per * 0.32, 1));
    for (const place of places) {
      context.moveTo(x(place), y(level));
      context.arc(x(place), y(level), size, 0, 2 * Math.PI);
    }
  });
  context.fill();
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.muted;
  context.textBaseline = "middle";
  levels.forEach((_, level) => {
    const name = level === 0 ? "output" : level === levels.length - 1 ? "frames" : `layer ${levels.length - 1 - level}`;
    context.fillText(name, 4, y(level));
  });
}
