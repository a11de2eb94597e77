/**
 * Wav: samples that a page made itself, as a sound to play. They are brought to a peak of -12 dBFS, since they are often the
 * small rest between two signals, and fade in and out over 10 ms, as whatever the server plays.
 */

const PEAK = 0.25;
const FADE_SECONDS = 0.01;

/** A WAV of 16 bits, mono, as a blob. */
export function wavBlob(samples, rate) {
  const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const factor = peak > 0 ? (PEAK * 32767) / peak : 0;
  const fade = Math.min(Math.round(FADE_SECONDS * rate), samples.length >> 1);
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const words = (at, text) => [...text].forEach((letter, number) => view.setUint8(at + number, letter.charCodeAt(0)));
  words(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  words(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  [1, 1].forEach((one, at) => view.setUint16(20 + 2 * at, one, true)); // PCM, one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  [2, 16].forEach((one, at) => view.setUint16(32 + 2 * at, one, true));
  words(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((one, at) => {
    const edge = Math.min(at, samples.length - 1 - at);
    const gain = edge < fade ? 0.5 - 0.5 * Math.cos((Math.PI * edge) / fade) : 1;
    view.setInt16(44 + 2 * at, Math.round(one * factor * gain), true);
  });
  return new Blob([view], { type: "audio/wav" });
}
