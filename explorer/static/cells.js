/**
 * Cells: how a row stands in the table: sound, picture, key and text, split, speaker, labels, length, score.
 */

import { element, icon } from "./elements.js";
import { number, time } from "./numbers.js";

const MOST_LABELS = 4;

export class Cells {
  /** `thumbnail(row)` is the address of a row's picture; `pictures` and `sound` say whether there are any. */
  constructor({ thumbnail, pictures, sound, labels }) {
    Object.assign(this, { thumbnail, pictures, sound, labels, score: null });
  }

  /** The columns for a state of the page. */
  columns({ sort, descending }) {
    const sorted = (name) => (sort === name ? (descending ? "descending" : "ascending") : null);
    const column = (name, text, by = name) => ({ name, text, sort: by, sorted: sorted(by) });
    this.score = sort.startsWith("score:") ? sort.split(":").at(-1) : null;
    const score = this.score ? [column("score", this.score, sort)] : [];
    return [
      { name: "sound", text: "Sound", unseen: true },
      { name: "thumb", text: "Picture" },
      column("key", "Recording"),
      ...score,
      column("seconds", "Length"),
      column("speaker", "Speaker"),
      { name: "labels", text: "Labels" },
      column("split", "Split"),
    ];
  }

  /** Fills the element of a row; null: a row that is not loaded yet. */
  fill(shown, row, { playing = false } = {}) {
    shown.classList.toggle("empty", !row);
    if (!row) return shown.replaceChildren(cell("sound"), cell("thumb"), cell("key", element("span", { class: "blank" })));
    shown.classList.toggle("left-out", row.fate !== "produced");
    const before = shown.querySelector("img");
    const picture = before && before.dataset.row === String(row.row) ? before : null;
    return shown.replaceChildren(
      cell("sound", this.#play(row, playing)),
      cell("thumb", this.#picture(row, picture)),
      cell("key", ...this.#key(row)),
      ...(this.score ? [cell("score", row.score ? number(row.score[this.score], 4) : "")] : []),
      cell("seconds", Number.isFinite(row.seconds) ? time(row.seconds, 2) : ""),
      cell("speaker", row.speaker ?? ""),
      cell("labels", ...labelsOf(row)),
      cell("split", row.split ?? ""),
    );
  }

  /** What may wait until scrolling rests: the picture. */
  settle(shown, row) {
    const image = shown.querySelector("img");
    if (image && !image.src && image.dataset.row === String(row.row)) image.src = this.thumbnail(row);
  }

  #play(row, playing) {
    if (!this.sound || row.fate !== "produced") return "";
    const about = { type: "button", class: `icon-button${playing ? " on" : ""}`, tabindex: -1, "data-play": true };
    const label = `${playing ? "Pause" : "Play"} ${row.key}`;
    return element("button", { ...about, "aria-label": label, title: playing ? "Pause" : "Play" }, icon(playing ? "pause" : "play"));
  }

  #picture(row, before) {
    if (!this.pictures || row.fate !== "produced") return "";
    if (before) return before;
    const image = element("img", { alt: "", width: 160, height: 40, "data-row": row.row });
    image.addEventListener("error", () => image.replaceWith(element("span", { class: "broken" }, "damaged")));
    return image;
  }

  #key(row) {
    if (row.problem) return [line("name", `row ${row.row}`), line("text bad", row.problem)];
    const copies = [row.copy ? `copy ${row.copy}` : "", row.part ? `part ${row.part}` : ""].filter(Boolean);
    const at = row.key.lastIndexOf("/") + 1;
    const folder = element("span", { class: "folder" }, row.key.slice(0, at));
    const base = element("span", { class: "base" }, row.key.slice(at));
    const name = line("name", folder, base, ...copies.map((text) => element("span", { class: "tag" }, text)));
    if (row.fate === "produced") return row.text ? [name, line("text", row.text)] : [name];
    const fate = element("span", { class: `fate ${row.fate}` }, row.fate);
    return [name, line("text", fate, ` ${row.stage ?? "build"}: ${row.reason ?? ""}`)];
  }
}

function cell(name, ...children) {
  return element("div", { class: `cell ${name}`, role: "gridcell" }, ...children.filter((one) => one !== ""));
}

function line(name, ...children) {
  const made = element("span", { class: name }, ...children);
  made.title = made.textContent.trim();
  return made;
}

function labelsOf(row) {
  const all = Object.entries(row.labels).map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    return element("span", { class: "label", title: `${name}: ${text}` }, text);
  });
  return all.slice(0, MOST_LABELS);
}
