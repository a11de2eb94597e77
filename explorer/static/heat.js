/**
 * Heat: features as a picture of colours, time to the right, low bins below.
 *
 * A pixel of the picture is a value of the array, put there by putImageData; the canvas makes it as large as it must be.
 * Where there are more values than pixels, a pixel shows the largest of its span, so that a click is never lost.
 */

import { DIFFERENCE_PIXELS, MISSING, PIXELS } from "./colours.js";
import { bend } from "./scaling.js";

/** Frame t of features has its middle at t / rate, as centred frames have it; in frames from the left edge of frame 0. */
export const frameAt = (array, seconds) => seconds * (array.rate || 1) + 0.5;

export class Heat {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.image = null;
  }

  /** Draws what `view` shows of an array into `box` (device pixels) of a canvas, with the colours of a scale. */
  paint(context, array, view, box, scale) {
    const across = span(frameAt(array, view.from), frameAt(array, view.to), array.length, box.width);
    const upward = span(view.low, view.high, array.width, box.height);
    if (!across.count || !upward.count) return;
    this.#prepare(across.cells, upward.cells);
    fill(this.pixels, array, across, upward, scale);
    this.context.putImageData(this.image, 0, 0);
    this.#stretch(context, box, across, upward);
  }

  #prepare(width, height) {
    if (this.image?.width === width && this.image.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** The cells begin and end at whole values; the view need not. */
  #stretch(context, box, across, upward) {
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    context.imageSmoothingEnabled = false;
    const perFrame = box.width / (across.to - across.from);
    const perBin = box.height / (upward.to - upward.from);
    const left = box.left + (across.first - across.from) * perFrame;
    const top = box.top + (upward.to - upward.first - upward.count) * perBin;
    context.drawImage(this.canvas, left, top, across.count * perFrame, upward.count * perBin);
    context.restore();
  }
}

/** Which values of an axis a view shows, and by how many pixels at most. */
function span(from, to, length, pixels) {
  const first = Math.min(Math.max(Math.floor(from), 0), length);
  const last = Math.min(Math.max(Math.ceil(to), first), length);
  const count = last - first;
  return { from, to, first, count, cells: Math.max(1, Math.min(count, Math.ceil(pixels))) };
}

function fill(pixels, array, across, upward, scale) {
  const { values, width } = array;
  const table = scale.signed ? DIFFERENCE_PIXELS : PIXELS;
  const low = bend(scale.low, scale.middle);
  const factor = 255 / (bend(scale.high, scale.middle) - low || 1);
  const columns = across.cells;
  const rows = upward.cells;
  const rowOf = Int32Array.from({ length: upward.count }, (_, bin) => Math.floor((bin * rows) / upward.count));
  const column = new Float32Array(rows);
  for (let x = 0; x < columns; x += 1) {
    const begin = across.first + Math.floor((x * across.count) / columns);
    const end = Math.max(begin + 1, across.first + Math.floor(((x + 1) * across.count) / columns));
    column.fill(NaN);
    for (let frame = begin; frame < end; frame += 1) {
      largest(column, values, frame * width + upward.first, rowOf, scale.signed);
    }
    for (let row = 0, at = (rows - 1) * columns + x; row < rows; row += 1, at -= columns) {
      const value = column[row];
      const place = ((scale.middle ? bend(value, scale.middle) : value) - low) * factor + 0.5;
      pixels[at] = value !== value ? MISSING : table[place < 0 ? 0 : place > 255 ? 255 : place | 0];
    }
  }
}

/** The larger of what a column has and what a frame has, row by row; by size where signs matter. */
function largest(column, values, start, rowOf, signed) {
  for (let bin = 0; bin < rowOf.length; bin += 1) {
    const value = values[start + bin];
    const row = rowOf[bin];
    const now = column[row];
    if (now !== now || (signed ? Math.abs(value) > Math.abs(now) : value > now)) column[row] = value;
  }
}
