/**
 * Arrays: what a walk answers, as arrays to draw, and the digest of the very bytes that are drawn.
 *
 * An array is an object with the server's `name`, `kind`, `shape`, `encoding`, `rate`, `axis`, `symbols`, `sha256`,
 * `audible` and `approximate`, and
 *
 *   bytes     Uint8Array, as they came
 *   length    samples, frames or tokens
 *   width     channels, bins, or 1
 *   seconds   how long it lasts; null where it has no rate
 *   values    features: Float32Array (frames, bins), row after row; tokens: Int32Array
 *   channels  audio: a Float32Array for each channel, full scale at 1
 */

const READERS = {
  float32: (buffer, offset, count) => new Float32Array(buffer, offset, count),
  float16: (buffer, offset, count) => decodeFloat16(new Uint16Array(buffer, offset, count)),
  int16: (buffer, offset, count) => new Int16Array(buffer, offset, count),
  int32: (buffer, offset, count) => new Int32Array(buffer, offset, count),
};
const BYTES = { float32: 4, float16: 2, int16: 2, int32: 4 };

/** The header and the arrays of an answer: a length, the header in JSON, then the arrays, each where the header says. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { header, arrays: header.shown.map((shown) => toArray(shown, buffer, 4 + length)) };
}

function toArray(shown, buffer, start) {
  const { kind, shape, encoding } = shown;
  const size = shape.reduce((product, one) => product * one, 1);
  if (size * BYTES[encoding] !== shown.bytes) throw new Error(`${shown.name}: ${shown.bytes} bytes for ${shape}`);
  const offset = start + shown.offset;
  const numbers = READERS[encoding](buffer, offset, size);
  const array = { ...shown, bytes: new Uint8Array(buffer, offset, shown.bytes) };
  if (kind === "audio") Object.assign(array, asAudio(numbers, shape));
  else Object.assign(array, asRows(numbers, shape, kind));
  array.seconds = array.rate ? array.length / array.rate : null;
  return array;
}

/** Audio comes as (channels, samples), or as (samples, channels) in the way that a store keeps it. */
function asAudio(numbers, shape) {
  const factor = numbers instanceof Int16Array ? 1 / 32768 : 1;
  const [length, width] = [Math.max(...shape), Math.min(...shape)];
  const planar = shape[0] <= shape[1];
  const channels = Array.from({ length: width }, (_, at) => {
    if (planar && factor === 1) return numbers.subarray(at * length, (at + 1) * length);
    const samples = new Float32Array(length);
    const [start, step] = planar ? [at * length, 1] : [at, width];
    for (let i = 0, from = start; i < length; i += 1, from += step) samples[i] = numbers[from] * factor;
    return samples;
  });
  return { width, length, channels };
}

function asRows(numbers, shape, kind) {
  const [length, width = 1] = shape;
  if (kind === "tokens") return { length, width, values: Int32Array.from(numbers) };
  return { length, width, values: numbers instanceof Float32Array ? numbers : Float32Array.from(numbers) };
}

let table = null;

/** Halves (IEEE 754 binary16, as bits) as Float32Array. A table of all 65,536 is quicker than any conversion. */
export function decodeFloat16(bits) {
  table ??= float16Table();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) values[i] = table[bits[i]];
  return values;
}

function float16Table() {
  const all = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits += 1) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) all[bits] = fraction ? NaN : sign * Infinity;
    else if (exponent === 0) all[bits] = sign * fraction * 2 ** -24;
    else all[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return all;
}

/** The SHA-256 of bytes in hexadecimal; null where the browser has none to offer, outside of a secure context. */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (one) => one.toString(16).padStart(2, "0")).join("");
}

/** B minus A of two arrays of one kind and shape, as an array to draw; null where their shapes differ. */
export function difference(a, b) {
  const same = a && b && a.kind === b.kind && a.length === b.length && a.width === b.width && a.rate === b.rate;
  if (!same) return null;
  const about = { ...b, name: `B \u2212 A of ${b.name}`, encoding: "float32", sha256: null, bytes: null, signed: true };
  if (a.kind === "audio") return { ...about, channels: b.channels.map((samples, at) => minus(samples, a.channels[at])) };
  if (a.kind === "tokens") return { ...about, kind: "features", width: 1, axis: null, values: minus(b.values, a.values) };
  return { ...about, values: minus(b.values, a.values) };
}

function minus(left, right) {
  const values = new Float32Array(left.length);
  for (let i = 0; i < left.length; i += 1) values[i] = left[i] - right[i];
  return values;
}
