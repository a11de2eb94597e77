/**
 * Comparing: two settings, A and B. A is kept as it was; B is what the page goes on changing. One key goes from one to the
 * other, beside each other, or to their difference, with the sound at the same moment.
 *
 *     const comparing = new Comparing(bar, {view, second});
 *     comparing.keep(now);          // {array, wave, title, sound, body}: this is A
 *     comparing.now(now);           // what B is
 *     comparing.addEventListener("change", ..);
 */

import { difference } from "./arrays.js";
import { announce, element } from "./elements.js";
import { alike, scaleOf, union } from "./scaling.js";

const MODES = [
  ["b", "B", "B: as it is now"],
  ["a", "A", "A: as it was kept"],
  ["split", "A and B", "Both, A above B"],
  ["difference", "B − A", "Their difference"],
];

export class Comparing extends EventTarget {
  /** `view` shows what is looked at; `second`, made when it is needed, shows A above it. */
  constructor(bar, { view, second }) {
    super();
    this.view = view;
    this.makeSecond = second;
    this.second = null;
    this.kept = this.current = null;
    this.mode = "b";
    const keep = () => this.keep(this.current);
    this.keeper = element("button", { type: "button", class: "quiet", title: "Keep the present setting as A (a)", onclick: keep }, "Keep as A");
    this.buttons = new Map(MODES.map(([mode, text, title]) => [mode, this.#button(mode, text, title)]));
    this.modes = element("div", { class: "segments", role: "group", "aria-label": "Compare", hidden: true }, ...this.buttons.values());
    const forget = { type: "button", class: "quiet", hidden: true, title: "Forget A", onclick: () => this.forget() };
    this.forgetter = element("button", forget, "Forget A");
    this.said = element("span", { class: "said", role: "status" });
    bar.append(this.keeper, this.modes, this.forgetter, this.said);
  }

  #button(mode, text, title) {
    return element("button", { type: "button", title, "aria-pressed": mode === "b", onclick: () => this.turn(mode) }, text);
  }

  /** Keeps a setting as A. */
  keep(setting, { mode = this.mode, silent = false } = {}) {
    if (!setting) return;
    this.kept = setting;
    this.modes.hidden = this.forgetter.hidden = false;
    if (!silent) announce("Kept as A. Change something, then press x.");
    this.turn(mode);
  }

  /** Forgets A. */
  forget() {
    this.kept = null;
    this.modes.hidden = this.forgetter.hidden = true;
    this.turn("b");
  }

  /** What B is now, drawn at once. */
  now(setting) {
    this.current = setting;
    this.#draw();
  }

  /** Shows "a", "b", "split" or "difference"; asked for what is shown already, it goes back to B. */
  turn(mode) {
    if (mode !== "b" && (!this.kept || (mode === this.mode && mode !== "a"))) mode = "b";
    this.mode = mode;
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", String(name === mode));
    this.#draw();
    const sound = mode === "a" ? this.kept.sound : this.current?.sound;
    this.view.swap(sound ?? null);
    this.dispatchEvent(new Event("change"));
  }

  /** The key x: from A to B and back. */
  swap() {
    this.turn(this.mode === "a" ? "b" : "a");
  }

  #draw() {
    const { kept, current, mode, view } = this;
    if (!current) return;
    this.said.textContent = "";
    this.#split(mode === "split");
    if (mode === "difference") return this.#difference();
    const scale = kept ? sharedScale(kept.array, current.array) : null;
    if (mode === "split") this.second.show({ ...kept, title: `A: ${kept.title}`, scale });
    const shown = mode === "a" ? kept : current;
    view.show({ ...shown, title: kept ? `${mode === "a" ? "A" : "B"}: ${shown.title}` : shown.title, scale });
    return undefined;
  }

  #split(wanted) {
    if (wanted && !this.second) this.second = this.makeSecond();
    if (this.second) this.second.element.hidden = !wanted;
  }

  #difference() {
    const { kept, current, view } = this;
    const array = difference(kept.array, current.array);
    if (!array) this.said.textContent = "A and B differ in shape, so there is no difference to draw.";
    view.show(array ? { ...current, array, title: `B − A: ${current.title}` } : current);
  }
}

/** One scale of colours for both, where that makes sense. */
function sharedScale(a, b) {
  if (a.kind !== "features" || b.kind !== "features") return null;
  const scales = [scaleOf(a), scaleOf(b)];
  return alike(...scales) ? union(scales) : null;
}
