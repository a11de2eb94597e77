/**
 * Overlay: what a chapter marks on a picture: spans of time, tiles, lines. Drawn on a canvas of its own above the picture,
 * again whenever that is zoomed.
 *
 *     const overlay = new Overlay(view.picture);
 *     overlay.show({spans: [{from: 0.5, to: 0.525}], columns: [0.16, 0.32], rows: [16, 32], lines: [0.5]});
 */

import { element } from "./elements.js";
import { look, onLook } from "./look.js";

export class Overlay {
  constructor(picture) {
    this.picture = picture;
    this.marks = {};
    this.canvas = element("canvas", { class: "marks", "aria-hidden": true });
    picture.element.append(this.canvas);
    picture.addEventListener("view", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(picture.element);
    onLook(() => this.draw());
  }

  /** Shows marks: `spans` and `lines` in seconds, `columns` (seconds) and `rows` of a grid. */
  show(marks) {
    this.marks = marks;
    this.draw();
  }

  draw() {
    const { box, view, lanes } = this.picture;
    if (!(box.width > 0)) return;
    const { spans = [], lines = [], columns = [], rows = [], extent = null } = this.marks;
    const { canvas } = this;
    const { clientWidth: width, clientHeight: height } = this.picture.element;
    canvas.width = Math.round(width * box.ratio);
    canvas.height = Math.round(height * box.ratio);
    const context = canvas.getContext("2d");
    const colours = look();
    const x = (seconds) => box.left + ((seconds - view.from) / (view.to - view.from)) * box.width;
    const y = (row) => box.top + ((view.high - row) / (view.high - view.low)) * box.height;
    context.scale(box.ratio, box.ratio);
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    const ink = lanes ? colours.second : "#ffffff";
    context.strokeStyle = context.fillStyle = ink;
    for (const { from, to, low, high } of spans) {
      const [top, bottom] = low === undefined ? [box.top, box.top + box.height] : [y(high), y(low)];
      context.globalAlpha = lanes ? 0.22 : 0.3;
      context.fillRect(x(from), top, Math.max(x(to) - x(from), 1), bottom - top);
      context.globalAlpha = 1;
      context.strokeRect(x(from) + 0.5, top + 0.5, Math.max(x(to) - x(from) - 1, 0), bottom - top - 1);
    }
    context.globalAlpha = 0.55;
    const [right, top] = extent ? [x(extent.to), y(extent.high)] : [box.left + box.width, box.top];
    for (const at of columns) stroke(context, x(at), top, x(at), box.top + box.height);
    for (const at of rows) stroke(context, box.left, y(at), right, y(at));
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    for (const at of lines) stroke(context, x(at), box.top, x(at), box.top + box.height);
  }
}

function stroke(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
