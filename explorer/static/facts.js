/**
 * Facts: what is known of the array on the screen, and whether its bytes are those that the server computed.
 *
 * The SHA-256 is taken in the browser, over the very bytes that were drawn, and compared with the one the server took
 * over what the stage code made; the same bytes lie in a store that this chain built.
 */

import { sha256 } from "./arrays.js";
import { element, icon } from "./elements.js";
import { bytes, number, whole } from "./numbers.js";
import { copyText } from "./state.js";

const WORDS = { audio: ["channel", "sample"], features: ["bin", "frame"], tokens: ["", "token"] };

export class Facts {
  #list = element("dl", { class: "facts" });
  #busy = false;
  #next = null;

  constructor(host) {
    host.append(this.#list);
  }

  /** Shows the facts of an array. `stored` is the digest that a store has of it, or a promise of one, if one is open. */
  show(array, stored = null) {
    const digest = element("dd", { class: "digest" }, array.bytes ? "…" : "made here, of two arrays");
    this.#list.replaceChildren(
      ...pair("Array", array.name),
      ...pair("Shape", shapeOf(array)),
      ...pair("Rate", rateOf(array)),
      ...pair("Kept as", array.bytes ? `${array.encoding}, ${bytes(array.bytes.length)}` : array.encoding),
      element("dt", {}, "SHA-256"),
      digest,
    );
    if (array.bytes) this.#check(array, stored, digest);
  }

  /** One digest at a time; while a slider moves, only that of the last array is taken. */
  async #check(array, stored, place) {
    this.#next = { array, stored, place };
    if (this.#busy) return;
    this.#busy = true;
    while (this.#next) {
      const now = this.#next;
      this.#next = null;
      const [found, stored] = await Promise.all([sha256(now.array.bytes), now.stored]);
      if (now.place.isConnected) now.place.replaceChildren(...digestParts(found, now.array, stored));
    }
    this.#busy = false;
  }
}

const pair = (name, text) => [element("dt", {}, name), element("dd", {}, text)];

function digestParts(found, array, stored) {
  const shown = found ?? array.sha256;
  const copy = element(
    "button",
    { type: "button", class: "hash", title: "Copy it" },
    element("span", { class: "short", "aria-hidden": true }, `${shown.slice(0, 12)}…`),
    element("span", { class: "whole" }, shown),
  );
  copy.addEventListener("click", () => copyText(shown, "SHA-256 copied.", copy));
  if (!found) return [copy, element("span", { class: "verdict" }, "not checked: browsers hash on https or localhost only")];
  const good = found === array.sha256;
  const said = good ? "the server's too" : "not what the server computed";
  const parts = [copy, verdict(good, said)];
  if (stored) parts.push(verdict(stored === found, stored === found ? "the store's too" : "not what the store holds"));
  return parts;
}

function verdict(good, text) {
  return element("span", { class: good ? "verdict good" : "verdict bad" }, icon(good ? "tick" : "close"), text);
}

/** The shape of an array in words:  "1 001 frames × 64 bins". */
export function shapeOf(array) {
  const [across, along] = WORDS[array.kind];
  const length = plural(array.length, along);
  if (!across || (array.kind === "tokens" && array.width === 1)) return length;
  return `${length} × ${plural(array.width, across)}`;
}

const plural = (count, word) => `${whole(count)} ${word}${count === 1 ? "" : "s"}`;

/** The rate of an array in words. */
export function rateOf(array) {
  if (!array.rate) return "does not follow the time";
  const lasts = `${number(array.seconds, 4)} s`;
  return array.kind === "audio"
    ? `${whole(array.rate)} Hz, ${lasts}`
    : `${number(array.rate, 5)} ${WORDS[array.kind][1]}s a second, ${lasts}`;
}
