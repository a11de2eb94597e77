/**
 * Symbols: tokens that do not follow the time, letters or pieces of words, each with its number.
 */

import { element } from "./elements.js";

const MOST = 1500;
const SEEN = { " ": "␣", "\n": "↵", "\t": "⇥", "": "∅" };

/** Shows the tokens of an array in `host`, in place of what was there. */
export function showSymbols(host, array) {
  const { values, symbols, length } = array;
  const chips = Array.from(values.subarray(0, MOST), (id) => {
    const written = symbols?.[id] ?? "";
    const symbol = element("span", { class: "symbol" }, SEEN[written] ?? written);
    return element("li", {}, symbols ? symbol : null, element("span", { class: "id" }, String(id)));
  });
  const rest = length > MOST ? element("p", {}, `and ${length - MOST} more`) : null;
  const list = element("ol", { class: "symbols", "aria-label": `${array.name}: tokens`, tabindex: 0 }, ...chips);
  host.replaceChildren(...[list, rest].filter(Boolean));
}
