/**
 * Axes: where the ticks of a picture stand, and what is read at a place of it.
 *
 * Rows are counted from the lower edge of bin 0, so bin b lies from b to b + 1. Ticks of frequencies stand where the
 * centres of the bins say so, on whatever scale the bins lie.
 */

import { evenTicks, hertz, number, time } from "./numbers.js";
import { frameAt } from "./heat.js";

const ROUND_HZ = [1, 2, 5, 10, 20, 30, 50, 70, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 6000,
  8000, 10000, 12000, 16000, 20000, 24000];

/** Ticks of time: [{at, text}], `at` in seconds. */
export function timeTicks(view, pixels) {
  const ticks = evenTicks(view.from, view.to, Math.max(2, Math.floor(pixels / 90)));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : view.to - view.from;
  const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
  return ticks.map((at) => ({ at, text: at.toFixed(decimals).replace("-", "\u2212") }));
}

/** Ticks of the rows of features: [{at, text}], `at` in rows. */
export function rowTicks(array, view, pixels, apart = 26) {
  const { hz, names, kind } = array.axis ?? {};
  const perRow = pixels / (view.high - view.low);
  const shown = { first: Math.max(0, Math.floor(view.low)), last: Math.min(array.width, Math.ceil(view.high)) };
  if (names?.length) return nameTicks(names, shown, perRow);
  if (hz?.length) return hertzTicks(hz, kind, view, perRow, apart);
  return evenTicks(shown.first, shown.last - 1, Math.max(2, Math.floor(pixels / (apart * 1.6))))
    .filter(Number.isInteger)
    .map((bin) => ({ at: bin + 0.5, text: String(bin) }));
}

function nameTicks(names, { first, last }, perRow) {
  const every = Math.max(1, Math.ceil(13 / perRow));
  const ticks = [];
  for (let bin = first; bin < last; bin += 1) if (bin % every === 0) ticks.push({ at: bin + 0.5, text: names[bin] });
  return ticks;
}

function hertzTicks(hz, kind, view, perRow, apart) {
  const low = hzAt(hz, view.low);
  const high = hzAt(hz, view.high);
  const linear = kind === "hz" || high < 1.6 * low;
  const count = Math.floor(((view.high - view.low) * perRow) / (apart * 1.6));
  const candidates = linear ? evenTicks(low, high, Math.max(2, count)) : ROUND_HZ;
  const ticks = [];
  for (const value of candidates) {
    const at = rowOfHz(hz, value);
    if (at < view.low || at > view.high) continue;
    if (ticks.length && (at - ticks.at(-1).at) * perRow < apart) continue;
    ticks.push({ at, text: shortHertz(value) });
  }
  return ticks;
}

const shortHertz = (value) => (value >= 1000 ? `${number(value / 1000, 5)}k` : number(value, 5));

/** Ticks of a lane's values: [{at, text}], `at` a value. */
export function laneTicks(lane, pixels) {
  return evenTicks(lane.low, lane.high, Math.max(1, Math.floor(pixels / 34))).map((at) => ({ at, text: number(at, 4) }));
}

/** The frequency at a height in rows, between the centres of bins. */
export function hzAt(hz, row) {
  const place = Math.min(Math.max(row - 0.5, 0), hz.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, hz.length - 1);
  return hz[below] + (place - below) * (hz[above] - hz[below]);
}

/** The height in rows of a frequency; outside of the picture where no bin reaches that far. */
export function rowOfHz(hz, value) {
  const last = hz.length - 1;
  if (last < 1) return hz[0] === value ? 0.5 : -1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (hz[middle] <= value) low = middle;
    else high = middle;
  }
  const step = hz[high] - hz[low];
  const place = step > 0 ? low + (value - hz[low]) / step : low;
  return place < -0.5 || place > last + 0.5 ? -1 : place + 0.5;
}

/** What the rows stand for, in a word or two, for the axis. */
export function rowTitle(array) {
  const { kind, hz } = array.axis ?? {};
  if (hz?.length) return kind === "mel" ? "Hz, mel" : "Hz";
  return kind === "named" ? "" : "bin";
}

/** What stands at a place: {seconds, words: ["0.512 s", ..]}; `row` counts lanes for curves. */
export function readAt(array, lanes, place) {
  const words = [array.rate ? time(place.seconds) : `position ${Math.round(place.seconds)}`];
  if (lanes) return { ...place, words: [...words, ...laneWords(array, lanes, place)] };
  const frame = Math.floor(frameAt(array, place.seconds));
  const bin = Math.floor(place.row);
  if (frame < 0 || frame >= array.length || bin < 0 || bin >= array.width) return { ...place, words };
  return { ...place, words: [...words, binWords(array, bin), valueWords(array, array.values[frame * array.width + bin])] };
}

function binWords(array, bin) {
  const { hz, names } = array.axis ?? {};
  if (hz?.length) return `${hertz(hz[bin])} (bin ${bin})`;
  return names?.[bin] ?? `bin ${bin}`;
}

function valueWords(array, value) {
  const unit = array.axis?.unit;
  return unit && !/[,]/.test(unit) ? `${number(value)} ${unit}` : number(value);
}

function laneWords(array, lanes, place) {
  const words = [];
  lanes.forEach((lane) => {
    const at = Math.round(place.seconds * lane.rate);
    if (at < 0 || at >= lane.length) return;
    const value = lane.values[at * lane.stride + lane.at];
    const symbol = array.symbols?.[value];
    const level = array.kind === "audio" && lanes.length === 1 ? ` (${decibels(value)})` : "";
    words.push(`${lane.name ? `${lane.name} ` : ""}${symbol ?? number(value)}${level}`);
  });
  return words;
}

const decibels = (value) => (value === 0 ? "silence" : `${number(20 * Math.log10(Math.abs(value)), 3)} dBFS`);
