/**
 * TableBar: what stands above the table: how many rows there are, what they are sorted by, and what to do with them.
 *
 *     const bar = new TableBar(host, store, scores);
 *     bar.addEventListener("change", ({detail}) => ..);   // parts of the query: {sort, descending} or cleared filters
 *     bar.addEventListener("export", ..);
 */

import { element, iconButton, labelled, relabel, select } from "./elements.js";
import { whole } from "./numbers.js";

const COLUMNS = ["key", "text", "speaker", "split", "seconds", "fate", "reason", "copy"];
const OPEN = { split: "", where: "", find: "" };

export class TableBar extends EventTarget {
  constructor(host, store, scores) {
    super();
    this.rows = store.rows;
    this.said = element("p", { class: "count", role: "status" });
    this.sort = select({}, choices(store, scores), "");
    this.sort.addEventListener("change", () => this.#sorted());
    const turned = () => this.#tell({ descending: !this.descending });
    this.turn = iconButton("up", "Ascending", turned, { class: "icon-button turn" });
    const act = (text, onclick) => element("button", { type: "button", class: "quiet", onclick }, text);
    this.clear = act("Clear filters", () => this.#tell(OPEN));
    const save = act("Export", () => this.dispatchEvent(new Event("export")));
    const sort = element("div", { class: "sort" }, labelled("Sort by", this.sort), this.turn);
    host.replaceChildren(this.said, this.clear, sort, save);
  }

  /** Shows a query. */
  show({ sort, descending, split, where, find }) {
    this.descending = descending;
    this.sort.value = sort;
    relabel(this.turn, descending ? "down" : "up", descending ? "Descending. Turn it round" : "Ascending. Turn it round");
    this.turn.disabled = !sort;
    this.clear.hidden = !(split || where || find);
  }

  say(text) {
    this.said.textContent = text;
  }

  /** Says how many rows there are. */
  count(total) {
    const more = total === this.rows ? " rows" : ` of ${whole(this.rows)} rows`;
    this.said.replaceChildren(element("strong", {}, whole(total)), more);
  }

  /** Scores are looked at from the highest on. */
  #sorted() {
    const sort = this.sort.value;
    this.#tell({ sort, descending: sort.startsWith("score:") || (sort ? this.descending : false) });
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

function choices({ labels }, scores) {
  const same = (names) => names.map((one) => [one, one]);
  const groups = [["", "order of the store"], { group: "Columns", choices: same(COLUMNS) }];
  if (labels.length) groups.push({ group: "Labels", choices: same(labels) });
  for (const { run, split, measures } of scores) {
    const numbers = measures.map((one) => [`score:${run}:${split}:${one}`, `${one}, ${run} on ${split}`]);
    groups.push({ group: `Scores of ${run}`, choices: numbers });
  }
  return groups;
}
