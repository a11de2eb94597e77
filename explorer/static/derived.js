/**
 * Derived: arrays that a chapter makes of those that came: the spectrum that cepstral coefficients keep, the weights of an
 * attention without learned parts, the first of several channels minus another. They are marked as made in the browser.
 */

const made = { encoding: "float32", sha256: null, bytes: null, audible: false, approximate: false, symbols: null };

/** Coefficients of the orthonormal DCT-II back as `bins` values a frame; those that are not there count as zero. */
export function unfolded(cepstra, bins) {
  const { length, width } = cepstra;
  const cosines = Float64Array.from({ length: width * bins }, (_, at) => {
    const [n, k] = [Math.floor(at / bins), at % bins];
    return Math.sqrt((n ? 2 : 1) / bins) * Math.cos((Math.PI * n * (2 * k + 1)) / (2 * bins));
  });
  const values = new Float32Array(length * bins);
  for (let t = 0; t < length; t += 1) {
    for (let k = 0; k < bins; k += 1) {
      let sum = 0;
      for (let n = 0; n < width; n += 1) sum += cepstra.values[t * width + n] * cosines[n * bins + k];
      values[t * bins + k] = sum;
    }
  }
  return { ...cepstra, ...made, name: "spectrum of the coefficients", width: bins, shape: [length, bins], values, axis: null };
}

/** softmax(q k' / (T sqrt(d))) where q and k are the frames themselves, brought to the length sqrt(d): row t says how much
 *  frame t takes from each frame. The picture has the frame that looks across, and those that are looked at upward. */
export function attention(features, temperature) {
  const { length, width, rate } = features;
  const values = evened(features);
  const weights = new Float32Array(length * length);
  const row = new Float64Array(length);
  for (let t = 0; t < length; t += 1) {
    let most = -Infinity;
    for (let s = 0; s < length; s += 1) {
      let dot = 0;
      for (let k = 0; k < width; k += 1) dot += values[t * width + k] * values[s * width + k];
      row[s] = dot / (temperature * Math.sqrt(width));
      if (row[s] > most) most = row[s];
    }
    let sum = 0;
    for (let s = 0; s < length; s += 1) sum += row[s] = Math.exp(row[s] - most);
    for (let s = 0; s < length; s += 1) weights[t * length + s] = row[s] / sum;
  }
  const names = Array.from({ length }, (_, at) => `${(at / rate).toFixed(1)} s`);
  const axis = { kind: "named", hz: null, names, unit: null };
  return { ...features, ...made, name: "attention", width: length, shape: [length, length], values: weights, axis };
}

/** The frames, each with a root mean square of 1; a frame of zeros stays. */
function evened({ length, width, values }) {
  const made = new Float64Array(values.length);
  for (let t = 0; t < length; t += 1) {
    let sum = 0;
    for (let k = 0; k < width; k += 1) sum += values[t * width + k] ** 2;
    const factor = sum > 0 ? Math.sqrt(width / sum) : 0;
    for (let k = 0; k < width; k += 1) made[t * width + k] = values[t * width + k] * factor;
  }
  return made;
}

/** The share of an attention that goes to frames less than `seconds` away, over all frames. */
export function nearness({ length, values, rate }, seconds) {
  let near = 0;
  for (let t = 0; t < length; t += 1) {
    for (let s = 0; s < length; s += 1) if (Math.abs(t - s) / rate < seconds) near += values[t * length + s];
  }
  return near / length;
}
