/**
 * Table: very many rows of one height, of which only those in sight are in the page and only pages of them are loaded.
 *
 *     const table = new Table(host, {
 *       label: "Rows", columns: [{name: "key", text: "Recording"}, ..],
 *       load: async (from, count, signal) => ({total, rows}),
 *       fill: (element, row, index) => ..,          // puts cells into the element of a row
 *       settle: (element, row) => ..,               // what may wait until scrolling rests: pictures
 *     });
 *     table.addEventListener("open", ({detail}) => ..);    // {index, row}: Enter, or a click
 *     table.addEventListener("play", ({detail}) => ..);    // {index, row}: Space
 *     table.addEventListener("sort", ({detail}) => ..);    // the name of a column whose head was pressed
 *     await table.begin();
 *
 * Browsers limit how tall an element may be, so beyond TALLEST pixels the scroll bar stands for more than it spans: what
 * is turned by the wheel or a finger moves rows pixel by pixel, and what is dragged goes to its share of all rows.
 */

import { element, unique } from "./elements.js";

const TALLEST = 8_000_000;
const BLOCK = 100;
const KEPT = 60;
const REST = 110;
const HELP = "Arrows and page keys move, Enter opens a row, Space plays it, Escape closes it.";

export class Table extends EventTarget {
  #top = 0;
  #last = 0;
  #seen = 0;
  #blocks = new Map();
  #waiting = new Map();
  #shown = new Map();
  #timer = null;
  #number = 0;

  constructor(host, { label, columns, load, fill, settle, height = 56 }) {
    super();
    Object.assign(this, { load, fill, settle, height, total: 0, active: -1, id: unique("table") });
    this.head = element("div", { class: "grid-head", role: "row", "aria-rowindex": 1 });
    this.layer = element("div", { class: "grid-layer", role: "rowgroup" });
    this.space = element("div", { class: "grid-space" }, this.layer);
    const about = { class: "grid", role: "grid", tabindex: 0, "aria-label": label, "aria-description": HELP, "aria-rowcount": 0 };
    this.element = element("div", about, element("div", { role: "rowgroup", class: "grid-top" }, this.head), this.space);
    this.setColumns(columns);
    host.append(this.element);
    this.#listen();
  }

  /** What stands above the columns. A column with `sort` can be pressed; `sorted` is "ascending" or "descending". */
  setColumns(columns) {
    this.element.setAttribute("aria-colcount", columns.length);
    this.head.replaceChildren(
      ...columns.map(({ name, text, sort, sorted, unseen }) => {
        const arrow = sorted === "ascending" ? " ↑" : sorted === "descending" ? " ↓" : "";
        const press = () => this.dispatchEvent(new CustomEvent("sort", { detail: sort }));
        const shown = sort ? element("button", { type: "button", onclick: press }, text, arrow) : element("span", { class: unseen ? "unseen" : null }, text);
        return element("div", { class: `cell ${name}`, role: "columnheader", "aria-sort": sorted ?? null }, shown);
      }),
    );
  }

  #listen() {
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.element.addEventListener("keydown", (event) => event.target === this.element && this.#key(event));
    this.layer.addEventListener("click", (event) => this.#clicked(event));
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  /** How many pixels of rows are in sight. */
  get #view() {
    return Math.max(this.element.clientHeight - this.head.offsetHeight, this.height);
  }

  get #tall() {
    return this.total * this.height;
  }

  /** Reads the rows anew, from the first one, or from where `active` is to be in sight; whether they came. */
  async begin({ active = -1 } = {}) {
    const number = (this.#number += 1);
    this.#forget();
    this.element.classList.add("reading");
    const block = Math.max(0, Math.floor(active / BLOCK));
    try {
      const { total, rows } = await this.load(block * BLOCK, BLOCK, null);
      if (number !== this.#number) return false;
      this.total = total;
      this.#blocks.set(block, rows);
    } catch (error) {
      if (number !== this.#number) return false;
      this.total = 0;
      this.#settled(-1);
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
      return false;
    }
    this.#settled(active);
    this.dispatchEvent(new CustomEvent("counted", { detail: this.total }));
    return true;
  }

  #settled(active) {
    this.element.classList.remove("reading");
    this.element.setAttribute("aria-rowcount", this.total + 1);
    this.active = active < this.total ? active : -1;
    this.#resized();
    this.#go(this.active < 0 ? 0 : this.active * this.height - this.#view / 3);
  }

  #forget() {
    for (const { controller } of this.#waiting.values()) controller.abort();
    this.#waiting.clear();
    this.#blocks.clear();
    for (const { element: shown } of this.#shown.values()) shown.remove();
    this.#shown.clear();
  }

  /** The row of that place in the order, if it is loaded. */
  row(index) {
    return this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  }

  /** Loads the row of a place, wherever it is. */
  async rowAt(index) {
    if (index < 0 || index >= this.total) return undefined;
    const block = Math.floor(index / BLOCK);
    if (!this.#blocks.has(block)) await this.#fetch(block);
    return this.row(index);
  }

  /** Makes a row the active one and brings it into sight. */
  activate(index) {
    if (!this.total) return;
    this.active = Math.min(Math.max(index, 0), this.total - 1);
    const from = this.active * this.height;
    if (from < this.#top) this.#go(from);
    else if (from + this.height > this.#top + this.#view) this.#go(from + this.height - this.#view);
    else this.#draw();
    this.dispatchEvent(new CustomEvent("active", { detail: this.active }));
  }

  /** Draws the rows in sight again, as after a change of what is known of them. */
  refresh() {
    for (const shown of this.#shown.values()) shown.row = null;
    this.#draw();
  }

  #resized() {
    const physical = Math.min(this.#tall, TALLEST);
    this.space.style.height = `${physical}px`;
    this.layer.style.height = `${Math.min(this.#view, physical)}px`;
    this.layer.style.top = `${this.head.offsetHeight}px`;
    this.#go(this.#top);
  }

  /** The place of the scroll bar that stands for a place among the rows. */
  #physical(top) {
    if (this.#tall <= TALLEST) return top;
    return Math.round((top / (this.#tall - this.#view)) * (TALLEST - this.#view));
  }

  #go(top) {
    this.#top = Math.min(Math.max(top, 0), Math.max(this.#tall - this.#view, 0));
    this.element.scrollTop = this.#physical(this.#top);
    this.#last = this.element.scrollTop;
    this.#draw();
    this.#rest();
  }

  #scrolled() {
    const now = this.element.scrollTop;
    const moved = now - this.#last;
    if (!moved) return;
    this.#last = now;
    if (this.#tall <= TALLEST) this.#top = now;
    else if (Math.abs(moved) > 2 * this.#view) this.#top = (now / (TALLEST - this.#view)) * (this.#tall - this.#view);
    else this.#top = Math.min(Math.max(this.#top + moved, 0), this.#tall - this.#view);
    this.#draw();
    this.#rest();
  }

  /** When scrolling rests: puts the bar where it belongs, loads what is in sight, and lets pictures come. */
  #rest() {
    clearTimeout(this.#timer);
    const soon = performance.now() - this.#seen > 400;
    this.#seen = performance.now();
    if (soon) this.#wanted();
    this.#timer = setTimeout(() => {
      const place = this.#physical(this.#top);
      if (Math.abs(place - this.element.scrollTop) >= 1) {
        this.element.scrollTop = place;
        this.#last = this.element.scrollTop;
      }
      this.#wanted();
      for (const { element: shown, row } of this.#shown.values()) if (row) this.settle?.(shown, row);
    }, REST);
  }

  #range() {
    const first = Math.floor(this.#top / this.height);
    return [first, Math.min(Math.ceil((this.#top + this.#view) / this.height), this.total)];
  }

  /** Asks for the blocks in sight, and no longer for others. */
  #wanted() {
    const [first, end] = this.#range();
    const blocks = new Set();
    for (let at = Math.floor(first / BLOCK); at * BLOCK < end; at += 1) blocks.add(at);
    for (const [at, { controller }] of this.#waiting) if (!blocks.has(at)) controller.abort();
    for (const at of blocks) if (!this.#blocks.has(at)) this.#fetch(at).catch(() => {});
  }

  #fetch(at) {
    if (this.#waiting.has(at)) return this.#waiting.get(at).promise;
    const controller = new AbortController();
    const promise = this.#read(at, controller.signal).finally(() => {
      if (this.#waiting.get(at)?.controller === controller) this.#waiting.delete(at);
    });
    this.#waiting.set(at, { controller, promise });
    return promise;
  }

  async #read(at, signal) {
    const number = this.#number;
    try {
      const { rows } = await this.load(at * BLOCK, BLOCK, signal);
      if (number !== this.#number) return;
      this.#blocks.set(at, rows);
      for (const old of this.#blocks.keys()) if (this.#blocks.size > KEPT && old !== at) this.#blocks.delete(old);
      this.#draw();
      this.#rest();
    } catch (error) {
      if (error.name !== "AbortError") this.dispatchEvent(new CustomEvent("failed", { detail: error }));
      throw error;
    }
  }

  #draw() {
    const [first, end] = this.#range();
    for (const [index, { element: shown }] of this.#shown) {
      if (index >= first && index < end) continue;
      shown.remove();
      this.#shown.delete(index);
    }
    for (let index = first; index < end; index += 1) this.#place(index);
    const active = this.#shown.get(this.active)?.element;
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #place(index) {
    let shown = this.#shown.get(index);
    if (!shown) {
      const about = { class: "grid-row", role: "row", id: `${this.id}-${index}`, "aria-rowindex": index + 2 };
      shown = { element: element("div", about), row: null };
      shown.element.dataset.index = index;
      this.#shown.set(index, shown);
      this.layer.append(shown.element);
      this.fill(shown.element, null, index);
    }
    const row = this.row(index);
    if (row && shown.row !== row) {
      shown.row = row;
      this.fill(shown.element, row, index);
    }
    shown.element.style.transform = `translateY(${Math.round(index * this.height - this.#top)}px)`;
    shown.element.setAttribute("aria-selected", String(index === this.active));
  }

  #key(event) {
    if (event.ctrlKey && !["Home", "End"].includes(event.key)) return;
    if (event.metaKey || event.altKey) return;
    const page = Math.max(Math.floor(this.#view / this.height) - 1, 1);
    const here = this.active < 0 ? Math.ceil(this.#top / this.height) - 1 : this.active;
    const goes = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page };
    const ends = { Home: 0, End: this.total - 1 };
    if (event.key in goes) this.activate(goes[event.key]);
    else if (event.key in ends) this.activate(ends[event.key]);
    else if (event.key === "Enter") this.#tell("open", this.active);
    else if (event.key === " ") this.#tell("play", this.active);
    else return;
    event.preventDefault();
  }

  #clicked(event) {
    const index = Number(event.target.closest(".grid-row")?.dataset.index ?? -1);
    if (index < 0) return;
    this.activate(index);
    this.#tell(event.target.closest("[data-play]") ? "play" : "open", index);
  }

  #tell(what, index) {
    const row = this.row(index);
    if (row) this.dispatchEvent(new CustomEvent(what, { detail: { index, row } }));
  }
}
