/**
 * Look: the colours of the style sheet for what is drawn on a canvas, read once and again when the theme changes.
 */

const NAMES = ["ink", "muted", "line", "accent", "panel", "ground", "second", "plot"];
let colours = null;

/** The colours by name, as the style sheet has them now. */
export function look() {
  colours ??= read();
  return colours;
}

function read() {
  const style = getComputedStyle(document.documentElement);
  const found = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...found, font: style.getPropertyValue("--sans").trim() || "sans-serif" };
}

/** Calls `draw` whenever the colours have changed; answers a function that ends this. */
export function onLook(draw) {
  const changed = () => {
    colours = null;
    draw();
  };
  document.addEventListener("wavemill-theme", changed);
  return () => document.removeEventListener("wavemill-theme", changed);
}
