/**
 * RowPanel: one row in every detail: what is known of it, what each stage did to it, its arrays to see and to hear with
 * their digests, what models said of it, and where it came from.
 *
 *     const panel = new RowPanel(host, {ask, array, sound, explore, player});
 *     panel.addEventListener("step", ({detail}) => ..);   // 1 or -1: the next row, the one before
 *     panel.addEventListener("close", ..);
 *     await panel.show(row);
 */

import { element, iconButton } from "./elements.js";
import { Facts } from "./facts.js";
import { bytes, number, time, whole } from "./numbers.js";
import { View } from "./view.js";

const ABOUT = [["corpus", "Corpus"], ["path", "File"], ["content", "Digest of the file"], ["identity", "Version of the file"]];
const SUMS = [["row", "Digest of the manifest row"], ["checksum", "Checksum of the row"]];

export class RowPanel extends EventTarget {
  #number = 0;

  /** `ask(row)` answers all that is known of a row, `array(row, name)` an array, `sound(row, name)` its sound, and
   *  `explore(row)` the address of the explorer with it. */
  constructor(host, { ask, array, sound, explore, player }) {
    super();
    Object.assign(this, { host, ask, array, sound, explore, player, row: null });
  }

  get open() {
    return !this.host.hidden;
  }

  close() {
    this.#number += 1;
    this.row = null;
    this.player.pause();
    this.host.hidden = true;
    this.host.replaceChildren();
    this.dispatchEvent(new Event("close"));
  }

  /** Shows a row as the table has it at once, and the rest of it when it comes. */
  async show(row) {
    const number = (this.#number += 1);
    this.row = row;
    this.player.pause();
    this.host.hidden = false;
    const body = element("div", { class: "row-body" }, element("p", { class: "hint", role: "status" }, "Reading …"));
    this.host.replaceChildren(this.#head(row), body);
    this.host.scrollTop = 0;
    try {
      const told = await this.ask(row);
      if (number !== this.#number) return;
      body.replaceChildren(this.#facts(told.row), ...this.#said(told.said), this.#arrays(row, told), ...this.#story(told), this.#source(told.row));
    } catch (error) {
      if (number === this.#number) body.replaceChildren(element("p", { class: "problem", role: "alert" }, error.message));
    }
  }

  #head(row) {
    const step = (by) => () => this.dispatchEvent(new CustomEvent("step", { detail: by }));
    const buttons = element("div", { class: "row-buttons" });
    buttons.append(iconButton("up", "The row before", step(-1)), iconButton("down", "The next row", step(1)));
    buttons.append(iconButton("close", "Close this row", () => this.close()));
    const title = element("h2", { id: "row-title" }, row.key ?? "A row that cannot be read");
    const copies = [row.copy ? `copy ${row.copy}` : "", row.part ? `part ${row.part}` : ""].filter(Boolean);
    const hint = copies.length ? element("p", { class: "hint" }, copies.join(", ")) : null;
    return element("div", { class: "row-head" }, element("div", {}, title, hint ?? ""), buttons);
  }

  #facts(row) {
    const facts = [
      ["Text", row.text],
      ["Speaker", row.speaker],
      ...Object.entries(row.labels).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
      ["Split", row.split],
      ["Fate", row.fate === "produced" ? null : `${row.fate} by ${row.stage ?? "the build"}: ${row.reason ?? ""}`],
      ["Length", Number.isFinite(row.seconds) ? `${number(row.seconds, 6)} s` : null],
    ];
    const list = element("dl", { class: "facts" }, ...pairs(facts));
    const link = element("a", { class: "quiet button-link", href: this.explore(row) }, "Open in the explorer");
    return element("section", { class: "row-part" }, list, element("p", {}, link));
  }

  #said(said) {
    if (!said.length) return [];
    const items = said.map(({ run, split, said: words, numbers }) => {
      const figures = Object.entries(numbers).filter(([name]) => name !== "wrong");
      const text = figures.map(([name, value]) => `${name} ${number(value)}`).join(", ");
      const mark = numbers.wrong ? element("span", { class: "fate rejected" }, "wrong") : null;
      return element("li", {}, element("strong", {}, run), ` on ${split}: ${words} `, mark, element("span", { class: "hint" }, ` ${text}`));
    });
    return [part("What models said", element("ul", { class: "said-list" }, ...items))];
  }

  #arrays(row, { arrays, problem }) {
    const section = part("Arrays");
    if (problem) section.append(element("p", { class: "problem", role: "alert" }, problem));
    else if (!arrays.length) section.append(element("p", { class: "hint" }, "It was left out, so there are none."));
    for (const about of arrays) section.append(this.#view(row, about));
    return section;
  }

  #view(row, about) {
    const holder = element("div", { class: "row-array" }, element("p", { class: "hint" }, about.name));
    this.#load(row, about, holder);
    return holder;
  }

  async #load(row, about, holder) {
    try {
      const { arrays } = await this.array(row, about.name);
      if (this.row !== row) return;
      holder.replaceChildren();
      const view = new View(holder, { heading: "h4", wheel: false, wave: false, player: this.player, label: about.name });
      const sound = about.audible ? () => this.sound(row, about.name) : null;
      view.show({ array: arrays[0], sound, title: about.name });
      const more = element("details", { class: "row-facts" }, element("summary", {}, `${about.kept}, ${bytes(about.bytes_kept)}`));
      holder.append(more);
      new Facts(more).show(arrays[0], about.sha256);
    } catch (error) {
      if (this.row === row) holder.replaceChildren(element("p", { class: "problem", role: "alert" }, error.message));
    }
  }

  #story({ story }) {
    if (!story.length) return [];
    const items = story.map(({ stage, words, drawn, notes, parameters }) => {
      const all = { ...parameters, ...(Object.keys(notes).length ? { noted: notes } : {}) };
      const head = element("summary", {}, element("code", {}, stage), element("span", {}, words));
      const body = element("pre", { tabindex: 0 }, JSON.stringify(all, null, 1));
      return element("li", { class: drawn ? "drawn" : null }, element("details", {}, head, body));
    });
    const hint = element("p", { class: "hint" }, "From the file to the arrays, stage by stage; what was drawn by chance is marked.");
    return [part("What happened to it", hint, element("ol", { class: "story" }, ...items))];
  }

  #source(row) {
    const facts = [
      ...ABOUT.map(([name, text]) => [text, row[name]]),
      ["Size of the file", row.size === null ? null : `${bytes(row.size)} (${whole(row.size)} bytes)`],
      ...SUMS.map(([name, text]) => [text, row[name]]),
      ...Object.entries(row.extra).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    ];
    const pieces = row.notes.decode?.pieces ?? [];
    const list = pieces.map((one) => {
      const said = [one.speaker, one.text].filter(Boolean).join(": ");
      return element("li", {}, `${time(one.begin)} to ${time(one.end)} `, element("code", {}, one.path), said ? ` ${said}` : "");
    });
    const shown = list.length ? [element("h4", {}, "Composed of"), element("ol", { class: "pieces" }, ...list)] : [];
    return part("Where it came from", element("dl", { class: "facts" }, ...pairs(facts)), ...shown);
  }
}

function part(title, ...children) {
  return element("section", { class: "row-part" }, element("h3", {}, title), ...children);
}

function pairs(facts) {
  const there = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return there.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]);
}
