/**
 * Numbers: how values, times, frequencies and sizes are written, everywhere alike.
 */

const MINUS = "\u2212";

/** A number with so many digits that matter; no trailing zeros, a true minus sign.  number(-3.14159) is "−3.142". */
export function number(value, digits = 4) {
  if (value === null || value === undefined) return "none";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(value);
  const far = size !== 0 && (size < 1e-4 || size >= 1e7);
  const text = far ? value.toExponential(Math.min(digits - 1, 2)) : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", MINUS);
}

/** Seconds with three decimals, minutes before them where there are some:  "1.250 s", "2:01.250". */
export function time(seconds, decimals = 3) {
  if (Math.abs(seconds) < 60) return `${seconds.toFixed(decimals).replace("-", MINUS)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(decimals).padStart(decimals + (decimals ? 3 : 2), "0")}`;
}

/** A frequency:  "440 Hz", "1.25 kHz". */
export function hertz(value) {
  return value >= 1000 ? `${number(value / 1000, 4)} kHz` : `${number(value, value < 100 ? 3 : 4)} Hz`;
}

/** A whole number with thin spaces between thousands:  "160 000". */
export function whole(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A count of bytes:  "312 KiB". */
export function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit ? number(size, 3) : size} ${units[unit]}`;
}

/** The time that something took:  "0.8 ms", "1.2 s". */
export function took(milliseconds) {
  return milliseconds >= 1000 ? `${number(milliseconds / 1000, 2)} s` : `${number(milliseconds, 2)} ms`;
}

/** Values that divide a span evenly at 1, 2 or 5 times a power of ten, at most `most` of them. */
export function evenTicks(from, to, most) {
  const rough = (to - from) / Math.max(most, 1);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999999) ?? 10 * power;
  const ticks = [];
  for (let at = Math.ceil(from / step - 1e-9); at * step <= to + step * 1e-9; at += 1) {
    ticks.push(Number((at * step).toPrecision(12)));
  }
  return ticks;
}
