/**
 * Recordings: a list to choose from, searched by the server and read page by page.
 *
 *     const list = new Recordings(host, {load: async (from, find) => ({rows: [{key, text, seconds, ..}], more: true})});
 *     list.addEventListener("choose", ({detail}) => ..);   // the row
 */

import { element } from "./elements.js";
import { time } from "./numbers.js";

const WAIT = 250;

export class Recordings extends EventTarget {
  #timer = null;
  #asked = 0;

  constructor(host, { load, chosen = null, label = "Recordings" }) {
    super();
    this.load = load;
    this.chosen = chosen;
    this.rows = [];
    this.find = element("input", { type: "search", placeholder: "Search key, speaker, text", "aria-label": `Search: ${label}` });
    this.find.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.begin(), WAIT);
    });
    this.list = element("ul", { class: "recordings", "aria-label": label, tabindex: 0 });
    this.list.addEventListener("keydown", (event) => this.#keys(event));
    this.more = element("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#read() }, "Show more");
    this.said = element("p", { class: "hint", role: "status" });
    host.append(element("div", { class: "recording-list" }, this.find, this.list, this.more, this.said));
  }

  /** Reads the list from its beginning. */
  begin() {
    this.rows = [];
    this.list.replaceChildren();
    return this.#read();
  }

  async #read() {
    const number = (this.#asked += 1);
    this.said.textContent = "Reading …";
    try {
      const { rows, more } = await this.load(this.rows.length, this.find.value.trim());
      if (number !== this.#asked) return;
      this.rows.push(...rows);
      this.list.append(...rows.map((row) => this.#item(row)));
      this.more.hidden = !more;
      this.said.textContent = this.rows.length ? "" : "Nothing is found.";
    } catch (error) {
      if (number === this.#asked) this.said.textContent = error.message;
    }
  }

  #item(row) {
    const copy = row.copy ? ` copy ${row.copy}` : "";
    const facts = [row.split, row.speaker, row.fate && row.fate !== "produced" ? row.fate : null].filter(Boolean).join(", ");
    const button = element(
      "button",
      { type: "button", class: "recording", onclick: () => this.#choose(row) },
      element("span", { class: "key" }, `${row.key}${copy}`),
      element("span", { class: "length" }, Number.isFinite(row.seconds) ? time(row.seconds, 2) : ""),
      element("span", { class: "text" }, row.text || facts),
    );
    button.title = [row.key, row.text, facts].filter(Boolean).join("\n");
    row.button = button;
    if (this.chosen?.(row)) button.setAttribute("aria-current", "true");
    return element("li", {}, button);
  }

  #choose(row) {
    for (const one of this.rows) one.button.removeAttribute("aria-current");
    row.button.setAttribute("aria-current", "true");
    this.dispatchEvent(new CustomEvent("choose", { detail: row }));
  }

  #keys(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const at = this.rows.findIndex((row) => row.button === document.activeElement);
    this.rows[Math.min(Math.max(at + steps[event.key], 0), this.rows.length - 1)]?.button.focus();
  }
}
