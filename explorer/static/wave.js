/**
 * Wave: values over time as curves, one lane below the other: the channels of a waveform, features of few bins, tokens
 * that follow the time. A column of pixels shows all that lies between the lowest and the highest value of its span;
 * where there is room, values are points on a line.
 */

const POINT_PIXELS = 7;

/** The lanes of an array: {values, stride, at, length, rate, shift, low, high, name}; `shift` in values from time 0. */
export function lanesOf(array) {
  if (array.kind === "audio") {
    const reach = niceReach(array.channels);
    return array.channels.map((values, at) => {
      const name = array.width > 1 ? `channel ${at}` : "";
      return { values, stride: 1, at: 0, length: array.length, rate: array.rate, shift: 0, low: -reach, high: reach, name };
    });
  }
  const about = { values: array.values, stride: array.width, length: array.length, rate: array.rate || 1, shift: 0 };
  return Array.from({ length: array.width }, (_, at) => {
    const [low, high] = range(array.values, at, array.width);
    const name = array.axis?.names?.[at] ?? (array.width > 1 ? String(at) : "");
    return { ...about, at, low, high, name };
  });
}

/** The amplitude at the edge: 1, 2 or 5 times a power of ten, so that a little more sound is seen as more. */
function niceReach(channels) {
  let peak = 0;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i += 1) if (Math.abs(samples[i]) > peak) peak = Math.abs(samples[i]);
  }
  if (!(peak > 0) || !Number.isFinite(peak)) return 1;
  const power = 10 ** Math.floor(Math.log10(peak));
  return [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= peak * 0.9999);
}

function range(values, at, stride) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = at; i < values.length; i += stride) {
    if (values[i] < low && values[i] !== -Infinity) low = values[i];
    if (values[i] > high && values[i] !== Infinity) high = values[i];
  }
  if (!(high >= low)) return [0, 1];
  const margin = high > low ? (high - low) * 0.04 : Math.abs(high) * 0.1 || 1;
  return [low - margin, high + margin];
}

/** Draws lanes into a box (device pixels). `colours` are {accent, line}; `ratio` is device pixels per CSS pixel. */
export function paintLanes(context, lanes, view, box, colours, ratio) {
  const height = box.height / lanes.length;
  lanes.forEach((lane, at) => {
    const inner = { left: box.left, top: box.top + at * height, width: box.width, height };
    context.save();
    context.beginPath();
    context.rect(inner.left, inner.top, inner.width, inner.height);
    context.clip();
    paintLane(context, lane, view, inner, colours, ratio);
    context.restore();
  });
}

function paintLane(context, lane, view, box, colours, ratio) {
  const from = view.from * lane.rate;
  const perValue = box.width / ((view.to - view.from) * lane.rate);
  const y = (value) => box.top + ((lane.high - value) / (lane.high - lane.low)) * box.height;
  if (lane.low < 0 && lane.high > 0) {
    context.fillStyle = colours.line;
    context.fillRect(box.left, Math.round(y(0)), box.width, ratio);
  }
  context.fillStyle = context.strokeStyle = colours.accent;
  if (perValue < 0.5) envelope(context, lane, from, perValue, box, y, ratio);
  else line(context, lane, from, perValue, box, y, ratio);
}

function envelope(context, lane, from, perValue, box, y, ratio) {
  const { values, stride, at, length } = lane;
  context.beginPath();
  for (let x = 0; x < box.width; x += 1) {
    const begin = Math.max(0, Math.floor(from + x / perValue));
    const end = Math.min(length, Math.floor(from + (x + 1) / perValue) + 1);
    let low = Infinity;
    let high = -Infinity;
    for (let i = begin; i < end; i += 1) {
      const value = values[i * stride + at];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high < low) continue;
    const top = y(high);
    context.rect(box.left + x, top - ratio / 2, 1, Math.max(y(low) - top + ratio, ratio));
  }
  context.fill();
}

function line(context, lane, from, perValue, box, y, ratio) {
  const { values, stride, at, length } = lane;
  const begin = Math.max(0, Math.floor(from) - 1);
  const end = Math.min(length, Math.ceil(from + box.width / perValue) + 2);
  context.lineWidth = 1.25 * ratio;
  context.lineJoin = "round";
  context.beginPath();
  let down = false;
  for (let i = begin; i < end; i += 1) {
    const value = values[i * stride + at];
    const x = box.left + (i - from) * perValue;
    if (!Number.isFinite(value)) down = false;
    else if (down) context.lineTo(x, y(value));
    else context.moveTo(x, y(value));
    down = Number.isFinite(value);
  }
  context.stroke();
  if (perValue < POINT_PIXELS * ratio) return;
  context.beginPath();
  for (let i = begin; i < end; i += 1) {
    const value = values[i * stride + at];
    if (!Number.isFinite(value)) continue;
    const x = box.left + (i - from) * perValue;
    context.moveTo(x, y(value));
    context.arc(x, y(value), 2.2 * ratio, 0, 2 * Math.PI);
  }
  context.fill();
}
