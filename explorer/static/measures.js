/**
 * Measures: the numbers under a figure, computed from the arrays on the screen.
 *
 * A measure is {label, of, from: [references], ..}; each function here gets the arrays, the measure and the figure, and
 * answers in words. tests/explorer/test_chapter_pages.py compares them with numpy.
 */

import { attention, nearness } from "./derived.js";
import { fieldOf } from "./receptive.js";
import { hertz, number, whole } from "./numbers.js";
import { frameOf } from "./spectrum_view.js";

const decibels = (ratio) => 10 * Math.log10(ratio);
const inDecibels = (value, digits = 3) => (Number.isFinite(value) ? `${number(value, digits)} dB` : value > 0 ? "no error" : "nothing is left");

const power = (samples) => samples.reduce((sum, one) => sum + one * one, 0) / Math.max(samples.length, 1);

/** The wave that every measure of one takes: the first channel, or the values of features. */
const waveOf = (array) => array.channels?.[0] ?? array.values;

export const MEASURES = {
  /** The frequency of the strongest bin over all frames. */
  strongest([array]) {
    const sums = new Float64Array(array.width);
    for (let at = 0; at < array.values.length; at += 1) sums[at % array.width] += array.values[at];
    return hertz(array.axis.hz[sums.indexOf(Math.max(...sums))]);
  },

  /** How far a wave lies above what became of it minus what it was. */
  snr([wanted, heard]) {
    const [a, b] = [waveOf(wanted), waveOf(heard)];
    const length = Math.min(a.length, b.length);
    const error = a.subarray(0, length).map((one, at) => b[at] - one);
    return inDecibels(decibels(power(a.subarray(0, length)) / power(error)));
  },

  /** The root mean square below full scale. */
  level: ([array]) => `${number(decibels(power(waveOf(array))), 3)} dBFS`,

  peak: ([array]) => `${number(20 * Math.log10(waveOf(array).reduce((most, one) => Math.max(most, Math.abs(one)), 0)), 3)} dBFS`,

  /** The rule for a sine at full scale in so many bits, less what the sine is below full scale. */
  rule: (_, { level, bits }, { state }) => inDecibels(6.02 * state.values[bits] + 1.76 + state.values[level]),

  /** The width of a window's main lobe, from zero to zero: so many times the rate over the window's length. */
  lobe: (_, { sample_rate: rate }, { state }) => hertz((LOBES[state.word("window") ?? "hann"] * rate) / state.values.win_length),

  /** How far the highest side lobe of a frame of one tone lies below the tone; too few points may all miss it. */
  sidelobe([array], _, { state }) {
    const { n_fft: points, win_length: samples } = state.values;
    return points < 4 * samples ? "not to be told from so few points" : inDecibels(highestSide(frameOf(array)));
  },

  /** A window's length times the width of its main lobe. */
  area: (_, __, { state }) => `${number(LOBES[state.word("window") ?? "hann"])}, whatever the length`,

  /** From one point of a spectrum to the next. */
  spacing: (_, { sample_rate: rate }, { state }) => hertz(rate / state.values.n_fft),

  milliseconds: (_, { samples, sample_rate: rate }, { state }) => `${number((1000 * state.values[samples]) / rate, 3)} ms`,

  /** Numbers a second. */
  rate: ([array]) => `${whole((array.length * array.width) / array.seconds)} numbers a second`,

  shape([array], { word = "frames" }) {
    if (array.kind === "tokens") return `${whole(array.length)}`;
    return array.kind === "audio" ? `${whole(array.length)} samples` : `${whole(array.length)} ${word} of ${array.width} numbers`;
  },

  /** Tokens (or frames) for each second of the recording. */
  each_second: ([array], _, { seconds }) => `${number(array.length / seconds, 3)} a second`,

  /** A product of values and numbers, as bits a second. */
  bits(_, { times = null }, { state, option }) {
    const factors = times ?? option?.times ?? [];
    const product = factors.reduce((all, one) => all * (typeof one === "number" ? one : state.values[one]), 1);
    return product >= 10000 ? `${number(product / 1000, 3)} kbit/s` : `${whole(product)} bit/s`;
  },

  /** How unlike two spectrograms are: the energy of their difference, below the energy of the first. */
  spectral([wanted, heard]) {
    const length = Math.min(wanted.values.length, heard.values.length);
    const error = wanted.values.subarray(0, length).map((one, at) => heard.values[at] - one);
    return inDecibels(decibels(power(error) / power(wanted.values.subarray(0, length))));
  },

  /** Mean and standard deviation of all values. */
  moments([array]) {
    const { values } = array;
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length);
    return `${number(Math.abs(mean) < 1e-4 ? 0 : mean, 3)} ± ${number(spread, 3)}`;
  },

  /** The root mean square of a difference, in standard deviations of the first. */
  shift([wanted, heard]) {
    if (wanted.values.length !== heard.values.length) return `another shape: ${heard.length} frames of ${heard.width}`;
    const { values } = wanted;
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    const error = values.map((one, at) => heard.values[at] - one);
    return `${number(Math.sqrt(power(error) / power(values.map((one) => one - mean))), 3)} standard deviations`;
  },

  /** From the lowest value of a spectrogram in decibels to its highest. */
  range: ([{ values }]) => inDecibels(values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b))),

  /** The centres of the bins. */
  centres: ([array]) => array.axis.hz.map((one) => whole(one)).join(", ") + " Hz",

  /** What cepstral coefficients lose of the bands that they were made of; the transform keeps energies (Parseval). */
  folded([bands, cepstra]) {
    const lost = power(bands.values) * bands.width - power(cepstra.values) * cepstra.width;
    return inDecibels(Math.sqrt(Math.max(lost, 0) / bands.width));
  },

  vocabulary: ([array]) => whole(new Set(array.values).size),

  /** Said only where the array is there. */
  passed: () => "passes it on",

  /** What the augmentations of a chain have drawn, as the notes tell it. */
  drawn(_, { chain }, figure) {
    const notes = figure.notes(chain);
    return notes.length ? notes.join("; ") : "nothing: copy 0 is never augmented, and some have nothing to draw";
  },

  /** The receptive field of the figure's layers. */
  field([array], _, { state }) {
    const { frames } = fieldOf(state.values);
    return `${whole(frames)} frames, ${number((1000 * frames) / array.rate, 3)} ms`;
  },

  jump(_, __, { state }) {
    const { jump } = fieldOf(state.values);
    return jump === 1 ? "1 frame" : `${jump} frames`;
  },

  near: ([array], { seconds }, { state }) => `${number(100 * nearness(attention(array, state.values.temperature), seconds), 2)} %`,

  /** What CTC needs, and what there is. */
  ctc([features, tokens], _, { state }) {
    const repeats = tokens.values.reduce((count, one, at) => count + (at > 0 && one === tokens.values[at - 1] ? 1 : 0), 0);
    const [have, needed] = [Math.ceil(features.length / state.values.subsampling), tokens.length + repeats];
    return `${whole(have)} answers, ${whole(needed)} needed: ${have >= needed ? "it fits" : "too few"}`;
  },

  /** The weights of the line that `deltas` fits. */
  slopes(_, __, { state }) {
    const half = Math.floor(state.values.width / 2);
    const steps = Array.from({ length: 2 * half + 1 }, (___, at) => at - half);
    const sum = steps.reduce((all, one) => all + one * one, 0);
    return steps.map((one) => number(one / sum, 2)).join("  ");
  },
};

const LOBES = { rectangular: 2, hann: 4, hamming: 4, blackman: 6 };

/** Down from the peak on both sides to the first valley, then the highest of what lies beyond. */
function highestSide(values) {
  const peak = values.indexOf(values.reduce((a, b) => Math.max(a, b)));
  let [left, right] = [peak, peak];
  while (left > 0 && values[left - 1] <= values[left]) left -= 1;
  while (right < values.length - 1 && values[right + 1] <= values[right]) right += 1;
  const rest = [...values.subarray(0, left), ...values.subarray(right + 1)];
  return Math.max(...rest) - values[peak];
}
