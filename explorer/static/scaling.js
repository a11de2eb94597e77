/**
 * Scaling: from which value to which the colours of a picture reach, as features/showing/scaling.py has it.
 *
 * The lowest hundredth is all dark; what has both signs, a difference or complex numbers, has zero in the middle. Where a few values are far larger than most, as in a power spectrum, values are bent
 * by asinh(x / median |x|): linear around zero, logarithmic far from it. Median and hundredth are those of an even
 * sample, since a picture is drawn in a few milliseconds while a control moves; the top is found among all values.
 */

const FAR = 20;
const BOTH_SIGNS = new Set(["real, imaginary", "radians"]);
const SAMPLE = 8192;
const BUCKETS = 4096;

/** A scale: {low, high} in the array's own values, and `middle`, by which values are divided before asinh; 0: none. */
export function scaleOf(array) {
  const { values } = array;
  const signed = array.signed || BOTH_SIGNS.has(array.axis?.unit);
  const [least, most] = ends(values);
  if (!(most >= least)) return { low: 0, high: 1, middle: 0, signed: Boolean(signed) };
  if (signed) {
    const sizes = sampled(values).map(Math.abs).sort();
    const reach = sizes[Math.floor(0.998 * (sizes.length - 1))] || Math.max(-least, most) || 1;
    const middle = array.signed ? 0 : middleOf(sampled(values), reach);
    return { low: -reach, high: reach, middle, signed: true };
  }
  const sample = sampled(values);
  const low = sample[Math.floor(0.01 * (sample.length - 1))];
  const high = top(values, least, most);
  return { low, high: high > low ? high : low + 1, middle: middleOf(sample, Math.max(-least, most)), signed: false };
}

/** A scale that reaches over all of those that are given. */
export function union(scales) {
  const low = Math.min(...scales.map((one) => one.low));
  const high = Math.max(...scales.map((one) => one.high));
  return { ...scales[0], low, high };
}

/** Whether two scales bend alike, so that one can be held for both. */
export const alike = (a, b) => a.signed === b.signed && a.middle > 0 === b.middle > 0;

/** The value bent by asinh, with a scale's middle. */
export function bend(value, middle) {
  if (!middle) return value;
  const size = Math.abs(value) / middle;
  const bent = Math.log(size + Math.sqrt(size * size + 1));
  return value < 0 ? -bent : bent;
}

function ends(values) {
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value < least && value !== -Infinity) least = value;
    if (value > most && value !== Infinity) most = value;
  }
  return [least, most];
}

function sampled(values) {
  const step = Math.max(1, Math.floor(values.length / SAMPLE));
  const sample = new Float32Array(Math.ceil(values.length / step));
  let count = 0;
  for (let i = 0; i < values.length; i += step) if (Number.isFinite(values[i])) sample[count++] = values[i];
  return sample.subarray(0, count).sort();
}

function middleOf(sample, largest) {
  const sizes = sample.filter((value) => value !== 0).map(Math.abs).sort();
  const middle = sizes.length ? sizes[sizes.length >> 1] : 0;
  return middle && largest > FAR * middle ? middle : 0;
}

/** The value that only a ten-thousandth lie above. */
function top(values, least, most) {
  if (most === least) return most;
  const counts = new Uint32Array(BUCKETS);
  const factor = (BUCKETS - 1) / (most - least);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value >= least && value <= most) counts[((value - least) * factor) | 0] += 1;
  }
  let above = values.length / 10000;
  let bucket = BUCKETS - 1;
  while (bucket > 0 && above >= counts[bucket]) above -= counts[bucket--];
  return bucket === BUCKETS - 1 ? most : least + (bucket + 1) / factor;
}
