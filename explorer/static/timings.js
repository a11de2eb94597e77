/**
 * Timings: how long a person waits from turning a control to the picture, as `window.wavemill.timings`, newest last.
 *
 * Each is {moment, sent, answered, drawn, painted, milliseconds} on the clock of performance.now(): when the control was
 * turned, the request went out, the answer was there, the picture was on its canvas, and the next frame had begun;
 * `milliseconds` is from turning to drawn.
 */

const MOST = 2000;
const timings = [];

window.wavemill = Object.assign(window.wavemill ?? {}, { timings });

/** Notes how long an answer (chain.js) took until its picture was drawn, which is now. */
export function noteDrawn({ moment, sent, answered }) {
  if (moment === null) return;
  const drawn = performance.now();
  const timing = { moment, sent, answered, drawn, painted: null, milliseconds: drawn - moment };
  timings.push(timing);
  if (timings.length > MOST) timings.shift();
  requestAnimationFrame(() => (timing.painted = performance.now()));
}
