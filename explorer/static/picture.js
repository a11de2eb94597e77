/**
 * Picture: an array on a canvas with axes, zoom and a cursor. Features are a picture of colours; waveforms, features of few
 * bins and tokens that follow the time are curves.
 *
 *     const picture = new Picture(host, {label: "log_mel"});
 *     picture.show(array);                                  // draws at once
 *     picture.addEventListener("view", () => ..);           // zoomed: picture.view = {from, to, low, high}
 *     picture.addEventListener("cursor", (event) => ..);    // event.detail: {seconds, row, words} or null
 *     picture.addEventListener("choose", (event) => ..);    // clicked: event.detail is {seconds, row}
 *     picture.playhead(1.25);                               // where the sound is; null: nowhere
 *
 * Drawing reads no layout: sizes are those that a ResizeObserver has told.
 */

import { readAt } from "./axes.js";
import { element } from "./elements.js";
import { drawFrame, drawMarks } from "./frame.js";
import { attach } from "./gestures.js";
import { Heat } from "./heat.js";
import { look, onLook } from "./look.js";
import { alike, scaleOf } from "./scaling.js";
import { lanesOf, paintLanes } from "./wave.js";

const FEW_BINS = 8;
const CLOSEST = 12;
const HELP = "Plus and minus zoom, 0 shows all, arrows move the cursor, page keys move along.";

export class Picture extends EventTarget {
  #heat = new Heat();
  #place = null;
  #mark = null;
  #head = null;

  /** `wheel` false: the wheel scrolls the page. `times` false: no axis of time, for one that stands above another. */
  constructor(host, { label = "picture", wheel = true, times = true } = {}) {
    super();
    this.array = this.lanes = this.scale = null;
    this.view = { from: 0, to: 1, low: 0, high: 1 };
    this.times = times;
    this.hold = false;
    this.plot = element("canvas", { class: "plot", "aria-hidden": true });
    this.over = element("canvas", { class: "over", "aria-hidden": true });
    const about = { class: "picture", tabindex: 0, role: "application", "aria-roledescription": "picture" };
    this.element = element("div", { ...about, "aria-label": label, "aria-description": HELP }, this.plot, this.over);
    host.append(this.element);
    this.box = { left: 0, top: 0, width: 0, height: 0, ratio: 1 };
    new ResizeObserver(([entry]) => this.#resize(entry.contentRect)).observe(this.element);
    onLook(() => this.draw());
    attach(this, this.element, { wheel });
  }

  /** Shows an array, drawn at once. The view stays where it was if the array is as long as the last one. `scale` is
   *  that of the colours; by default the array's own, or the last one while `hold` is set. */
  show(array, { scale = null, label = null } = {}) {
    const { full } = this;
    const before = this.array;
    this.array = array;
    this.lanes = array && (array.kind !== "features" || array.width <= FEW_BINS) ? lanesOf(array) : null;
    if (array && !this.lanes) this.scale = this.#scaleFor(array, scale);
    if (label) this.element.setAttribute("aria-label", label);
    if (array) this.#fit(full, before);
    this.draw();
  }

  #scaleFor(array, given) {
    const own = given ?? scaleOf(array);
    return !given && this.hold && this.scale && alike(own, this.scale) ? this.scale : own;
  }

  /** How far the axes reach: seconds (or positions, where there is no rate) and rows. */
  get extent() {
    const { array, lanes } = this;
    if (!array) return { seconds: 1, rows: 1 };
    const length = array.kind === "audio" ? array.length : Math.max(array.length - 0.5, 0.5);
    return { seconds: length / (array.rate || 1) || 1, rows: lanes ? lanes.length : array.width };
  }

  /** Whether all of the array is seen. */
  get full() {
    if (!this.array) return true;
    const { from, to, low, high } = this.view;
    const all = this.extent;
    return from <= 0 && low <= 0 && to >= all.seconds * 0.9999 && high >= all.rows * 0.9999;
  }

  #fit(full, before) {
    const all = this.extent;
    const unlike = !before || before.kind !== this.array.kind || before.width !== this.array.width;
    const { from, to } = this.view;
    if (full) this.view = { from: 0, to: all.seconds, low: 0, high: all.rows };
    else if (unlike) this.view = { from, to, low: 0, high: all.rows };
    if (this.view.from >= all.seconds) this.view = { ...this.view, from: 0, to: all.seconds };
  }

  /** Looks at a part, {from, to} in seconds, {low, high} in rows, or both; false where that changes nothing. */
  look(part, { silent = false } = {}) {
    const all = this.extent;
    const least = CLOSEST / (this.array?.rate || CLOSEST);
    const [from, to] = held(part.from ?? this.view.from, part.to ?? this.view.to, all.seconds, least);
    const [low, high] = held(part.low ?? this.view.low, part.high ?? this.view.high, all.rows, Math.min(4, all.rows));
    const view = { from, to, low, high };
    if (Object.keys(view).every((name) => Math.abs(view[name] - this.view[name]) < 1e-9)) return false;
    this.view = view;
    this.draw();
    if (!silent) this.dispatchEvent(new Event("view"));
    return true;
  }

  /** Zooms in time by a factor (below 1: closer) about a time, by default the cursor or the middle. */
  zoom(factor, about = this.#place?.seconds ?? (this.view.from + this.view.to) / 2) {
    const { from, to } = this.view;
    return this.look({ from: about + (from - about) * factor, to: about + (to - about) * factor });
  }

  /** Zooms in rows. */
  zoomRows(factor, about) {
    const { low, high } = this.view;
    return this.look({ low: about + (low - about) * factor, high: about + (high - about) * factor });
  }

  /** Shows all of it. */
  reset() {
    const all = this.extent;
    return this.look({ from: 0, to: all.seconds, low: 0, high: all.rows });
  }

  /** The place under a pointer: {seconds, row}. */
  placeOf(event) {
    const { box, view } = this;
    const across = Math.min(Math.max((event.offsetX - box.left) / box.width, 0), 1);
    const upward = 1 - Math.min(Math.max((event.offsetY - box.top) / box.height, 0), 1);
    return { seconds: view.from + across * (view.to - view.from), row: view.low + upward * (view.high - view.low) };
  }

  /** Puts the cursor somewhere, {seconds, row}, or nowhere, and tells what stands there. */
  point(place, { silent = false } = {}) {
    this.#place = place && this.array ? { row: this.#place?.row ?? 0, ...place } : null;
    this.#drawOver();
    if (!silent) this.dispatchEvent(new CustomEvent("cursor", { detail: this.read() }));
  }

  /** What stands under the cursor: {seconds, row, words}, or null. */
  read() {
    return this.#place && this.array ? readAt(this.array, this.lanes, this.#place) : null;
  }

  /** Moves the cursor by so many values, at least by a pixel or so, and the view with it. */
  step(across, upward) {
    if (!this.array) return;
    const { view } = this;
    const all = this.extent;
    const small = Math.max(1 / (this.array.rate || 1), (view.to - view.from) / Math.max(this.box.width, 1));
    const now = this.#place ?? { seconds: (view.from + view.to) / 2, row: Math.floor((view.low + view.high) / 2) + 0.5 };
    const seconds = Math.min(Math.max(now.seconds + (across ? across * small : 0), 0), all.seconds);
    const row = Math.min(Math.max(now.row + upward, 0.5), all.rows - 0.5);
    const [wide, tall] = [view.to - view.from, view.high - view.low];
    if (seconds < view.from || seconds > view.to) this.look({ from: seconds - wide / 2, to: seconds + wide / 2 });
    if (row < view.low || row > view.high) this.look({ low: row - tall / 2, high: row + tall / 2 });
    this.point({ seconds, row });
  }

  /** Tells that a place was clicked. */
  choose(place) {
    this.dispatchEvent(new CustomEvent("choose", { detail: place }));
  }

  /** Marks a span while it is dragged; null: none. */
  mark(span) {
    this.#mark = span;
    this.#drawOver();
  }

  /** Shows where the sound is, in seconds; null: nowhere. */
  playhead(seconds) {
    this.#head = seconds;
    this.#drawOver();
  }

  /** Draws all of it again, from what is known. */
  draw() {
    const { box, plot, view } = this;
    if (!(box.width > 0)) return;
    const context = plot.getContext("2d");
    const colours = look();
    const inner = scaled(box);
    context.clearRect(0, 0, plot.width, plot.height);
    context.fillStyle = this.lanes || !this.array ? colours.plot : "#070707";
    context.fillRect(inner.left, inner.top, inner.width, inner.height);
    if (this.array && this.lanes) paintLanes(context, this.lanes, view, inner, colours, box.ratio);
    else if (this.array) this.#heat.paint(context, this.array, view, inner, this.scale);
    drawFrame(context, this, colours);
    this.#drawOver();
  }

  #drawOver() {
    if (!(this.box.width > 0)) return;
    const context = this.over.getContext("2d");
    context.clearRect(0, 0, this.over.width, this.over.height);
    drawMarks(context, this, { place: this.#place, mark: this.#mark, head: this.#head }, look());
  }

  #resize({ width, height }) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const left = width < 480 ? 46 : 58;
    const [top, right, bottom] = [8, 12, this.times ? 26 : 8];
    this.box = { left, top, width: width - left - right, height: height - top - bottom, ratio };
    for (const canvas of [this.plot, this.over]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    this.draw();
  }
}

/** The box in device pixels, whole ones, so that edges are sharp. */
export function scaled({ left, top, width, height, ratio }) {
  const [x, y] = [Math.round(left * ratio), Math.round(top * ratio)];
  return { left: x, top: y, width: Math.round(width * ratio), height: Math.round(height * ratio) };
}

/** A span that is no shorter than `least` and stays within 0 and `all`. */
function held(from, to, all, least) {
  const length = Math.min(Math.max(to - from, Math.min(least, all)), all);
  const start = Math.min(Math.max(to - from < length ? (from + to - length) / 2 : from, 0), all - length);
  return [start, start + length];
}

/** Lets pictures of one recording share their time axis and cursor. */
export function linkPictures(pictures) {
  for (const picture of pictures) {
    const others = pictures.filter((one) => one !== picture);
    picture.addEventListener("view", () => {
      const { from, to } = picture.view;
      for (const one of others) if (one.array) one.look({ from, to }, { silent: true });
    });
    picture.addEventListener("cursor", ({ detail }) => {
      for (const one of others) one.point(detail && { seconds: detail.seconds }, { silent: true });
    });
  }
}
