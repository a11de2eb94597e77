/**
 * Marking: what overlay.js shows on the pictures of the chapters, computed from the figure's values.
 *
 * Frame t of features has its middle at t / rate; the picture's time 0 is the middle of frame 0.
 */

import { fieldOf } from "./receptive.js";

/** The marks of a view: `spec` is {kind, ..}, `figure` has values, and arrays by reference. */
export function marksOf(spec, array, figure) {
  return MARKS[spec.kind](spec, array, figure.state.values);
}

const MARKS = {
  /** The samples of one frame about a moment, and their middle. */
  frame(spec, array, values) {
    const samples = typeof spec.samples === "number" ? spec.samples : values[spec.samples];
    const half = samples / spec.sample_rate / 2;
    const middle = values[spec.middle];
    return { spans: [{ from: middle - half, to: middle + half }] };
  },

  /** A line at a moment. */
  moment: (spec, array, values) => ({ lines: [values[spec.middle]] }),

  /** The tiles that `patches` cuts. */
  tiles(spec, array, values) {
    const [frames, bins] = [values.patch_frames, values.patch_bins];
    const [across, up] = [Math.floor(array.length / frames), Math.floor(array.width / bins)];
    const at = (frame) => (frame - 0.5) / array.rate;
    const columns = Array.from({ length: across + 1 }, (_, tile) => at(tile * frames));
    const rows = Array.from({ length: up + 1 }, (_, tile) => tile * bins);
    const chosen = { from: at(0), to: at(frames), low: 0, high: bins };
    return { columns, rows, extent: { to: at(across * frames), high: up * bins }, spans: across && up ? [chosen] : [] };
  },

  /** The frames that one output of a stack of convolutions depends on. */
  field(spec, array, values) {
    const half = fieldOf(values).frames / 2 / array.rate;
    const middle = (array.length / array.rate) * 0.5;
    return { spans: [{ from: middle - half, to: middle + half }], lines: [middle] };
  },
};
