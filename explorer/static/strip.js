/**
 * Strip: what is said when, as a row of buttons over a picture, on its axis of time. One that is pressed zooms to its span.
 *
 *     const strip = new Strip(host, view.picture, {label: "words"});
 *     strip.show([{text: "seven", from: 1.37, to: 1.78}]);
 */

import { element } from "./elements.js";

const NARROWEST = 9;

export class Strip {
  #spans = [];

  constructor(host, picture, { label, act }) {
    this.picture = picture;
    this.row = element("div", { class: "strip-row" });
    this.element = element("div", { class: `strip ${label}`, role: "group", "aria-label": label }, this.row);
    this.act = act;
    host.append(this.element);
    picture.addEventListener("view", () => this.place());
    new ResizeObserver(() => this.place()).observe(picture.element);
  }

  /** Shows spans, {text, from, to} in seconds. */
  show(spans) {
    this.#spans = spans.map((span) => {
      const label = `${span.text}, ${span.from.toFixed(2)} to ${span.to.toFixed(2)} s`;
      const attributes = { type: "button", class: "strip-span", title: label, "aria-label": label, onclick: () => this.act(span) };
      return { ...span, button: element("button", attributes, span.text) };
    });
    this.row.replaceChildren(...this.#spans.map((one) => one.button));
    this.place();
  }

  /** Puts the spans where the picture shows them. */
  place() {
    const { box, view } = this.picture;
    if (!(box.width > 0)) return;
    this.row.style.marginLeft = `${box.left}px`;
    this.row.style.width = `${box.width}px`;
    const across = (seconds) => ((seconds - view.from) / (view.to - view.from)) * box.width;
    for (const { from, to, button } of this.#spans) {
      const [left, right] = [Math.max(across(from), 0), Math.min(across(to), box.width)];
      button.hidden = right - left < NARROWEST;
      button.style.left = `${left}px`;
      button.style.width = `${Math.max(right - left, 0)}px`;
    }
  }
}

/** As many spans of equal length as there are, from the first's beginning to the last's end. */
export function even(spans) {
  const [start, end] = [spans[0].from, spans.at(-1).to];
  const length = (end - start) / spans.length;
  return spans.map(({ text }, at) => ({ text, from: start + at * length, to: start + (at + 1) * length }));
}
