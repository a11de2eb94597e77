/**
 * Browse: the page of a store. It puts together what is asked for (facets.js), the table (table.js, cells.js), one row in
 * every detail (row_panel.js), the ledger (left_out.js) and the generations (generations.js), and keeps all of it in the
 * address (state.js).
 */

import * as api from "./api.js";
import { Cells } from "./cells.js";
import { announce, element, iconButton, labelled, relabel, select } from "./elements.js";
import { ExportDialog } from "./export.js";
import { Facets } from "./facets.js";
import { Generations } from "./generations.js";
import { LeftOut } from "./left_out.js";
import { number, whole } from "./numbers.js";
import { Player } from "./player.js";
import { RowPanel } from "./row_panel.js";
import { copyText, linkTo, onState, readState, writeState } from "./state.js";
import { Table } from "./table.js";

const place = (id) => document.getElementById(id);
const TABS = [["rows", "Rows"], ["left-out", "Left out"], ["history", "Generations"]];
const QUERY = { split: "", where: "", find: "", sort: "", descending: false };

class Browser {
  constructor(name, about, store, scores, state) {
    Object.assign(this, { name, about, store, scores });
    this.path = `api/stores/${encodeURIComponent(name)}`;
    this.state = { tab: "rows", row: null, at: null, ...QUERY, ...state, generation: store.generation };
    this.player = new Player();
    this.#head();
    this.#bar();
    this.#build();
    this.show();
  }

  get #query() {
    const { split, where, find, sort, descending } = this.state;
    return { generation: this.store.generation, split, where, find, sort, descending: descending ? 1 : "" };
  }

  #head() {
    const { store, about, name } = this;
    document.title = `${name} · wavemill`;
    place("title").textContent = name;
    const seconds = Object.values(store.splits).reduce((sum, one) => sum + one.seconds, 0);
    const arrays = store.arrays.map((one) => `${one.name} ${one.encoding}`).join(", ");
    const facts = [`${whole(store.rows)} rows`, `${number(seconds / 3600, 4)} h`, arrays, store.format].filter(Boolean);
    place("about").textContent = [store.description, facts.join(" · ")].filter(Boolean).join("  ");
    const stores = select({}, about.stores.map((one) => [one.name, one.name]), name);
    stores.addEventListener("change", () => location.assign(api.address(`stores/${encodeURIComponent(stores.value)}`)));
    const numbers = store.generations.map((one) => [one.number, `${one.number}${one.tags.length ? ` (${one.tags.join(", ")})` : ""}`]);
    const generations = select({}, numbers, store.generation);
    generations.addEventListener("change", () => this.#reopen(Number(generations.value)));
    place("which").replaceChildren(labelled("Store", stores), labelled("Generation", generations));
    this.tabs = TABS.map(([value, text]) => {
      return element("button", { type: "button", onclick: () => this.set({ tab: value }) }, text);
    });
    place("tabs").replaceChildren(...this.tabs);
  }

  #bar() {
    this.count = element("p", { class: "count", role: "status" });
    const labels = this.store.labels.map((one) => [one, one]);
    const columns = ["key", "text", "speaker", "split", "seconds", "fate", "reason", "copy"].map((one) => [one, one]);
    const groups = [["", "order of the store"], { group: "Columns", choices: columns }];
    if (labels.length) groups.push({ group: "Labels", choices: labels });
    for (const { run, split, measures } of this.scores) {
      const choices = measures.map((one) => [`score:${run}:${split}:${one}`, `${one}, ${run} on ${split}`]);
      groups.push({ group: `Scores of ${run}`, choices });
    }
    this.sort = select({}, groups, this.state.sort);
    this.sort.addEventListener("change", () => {
      const score = this.sort.value.startsWith("score:");
      this.set({ sort: this.sort.value, descending: score || (this.sort.value ? this.state.descending : false) });
    });
    this.turn = iconButton("up", "Ascending", () => this.set({ descending: !this.state.descending }), { class: "icon-button turn" });
    this.dialog = new ExportDialog();
    const save = element("button", { type: "button", class: "quiet", onclick: () => this.#export() }, "Export");
    const clear = element("button", { type: "button", class: "quiet", onclick: () => this.set({ split: "", where: "", find: "" }) }, "Clear filters");
    this.clear = clear;
    const sort = element("div", { class: "sort" }, labelled("Sort by", this.sort), this.turn);
    place("bar").replaceChildren(this.count, clear, sort, save);
  }

  #build() {
    const { path, store, player } = this;
    const at = { generation: store.generation };
    const sounds = store.arrays.find((one) => one.kind === "audio") ?? store.arrays.find((one) => one.kind === "features");
    this.heard = sounds?.name ?? null;
    this.cells = new Cells({
      thumbnail: (row) => api.address(`${path}/thumbnail`, { ...at, row: row.row }),
      pictures: store.arrays.length > 0,
      sound: this.heard !== null,
      labels: store.labels,
    });
    this.table = new Table(place("table"), {
      label: `Rows of ${this.name}`,
      columns: this.cells.columns(this.state),
      load: (from, count, signal) => api.getJson(`${path}/rows`, { ...this.#query, from, count }, { signal }),
      fill: (shown, row) => this.cells.fill(shown, row, { playing: row && row.row === this.playing }),
      settle: (shown, row) => this.cells.settle(shown, row),
    });
    this.facets = new Facets(
      { asked: place("asked"), spread: place("spread") },
      { store, ask: (of, query) => api.getJson(`${path}/distribution`, { ...at, ...query, of }) },
    );
    this.panel = new RowPanel(place("row"), {
      ask: (row) => api.getJson(`${path}/example`, { ...at, row: row.row }),
      array: (row, name) => api.fetchArrays(`${path}/array`, { ...at, row: row.row, name }),
      sound: (row, name) => api.fetchSound(`${path}/sound`, { ...at, row: row.row, name }),
      explore: (row) => this.#explore(row),
      player,
    });
    this.leftOut = new LeftOut(place("reasons"), { ask: () => api.getJson(`${path}/ledger`, at), splits: store.splits });
    this.history = new Generations(place("generations"), {
      ...store,
      ask: (from, to) => api.getJson(`${path}/differences`, { from, to }),
    });
    this.#listen();
  }

  #listen() {
    const { table, facets, panel, player } = this;
    table.addEventListener("open", ({ detail }) => this.openRow(detail.index, detail.row));
    table.addEventListener("play", ({ detail }) => this.play(detail.row));
    table.addEventListener("sort", ({ detail }) => this.#sorted(detail));
    table.addEventListener("counted", ({ detail }) => this.#counted(detail));
    table.addEventListener("failed", ({ detail }) => this.#failed(detail));
    facets.addEventListener("change", ({ detail }) => this.set(detail));
    panel.addEventListener("step", ({ detail }) => this.#step(detail));
    panel.addEventListener("close", () => this.#closed());
    this.leftOut.addEventListener("choose", ({ detail }) => this.set({ ...QUERY, tab: "rows", where: detail }));
    this.history.addEventListener("open", ({ detail }) => this.#reopen(detail));
    this.history.addEventListener("find", ({ detail }) => this.#reopen(detail.generation, { find: detail.key }));
    player.addEventListener("state", ({ detail }) => this.#heard(detail));
    place("row").addEventListener("keydown", (event) => event.key === "Escape" && panel.close());
    place("link").addEventListener("click", (event) => copyText(linkTo(this.#kept()), "Link copied.", event.currentTarget));
    onState((state) => state && this.load(state));
    if (matchMedia("(max-width: 900px)").matches) place("facets").open = false;
  }

  /** Shows a state, as it stands in an address. */
  load(state) {
    if (state.generation && state.generation !== this.store.generation) location.reload();
    else this.set({ tab: "rows", row: null, at: null, ...QUERY, ...state });
  }

  /** Changes parts of what is shown. */
  set(part) {
    const before = this.state;
    this.state = { ...before, ...part };
    const asked = Object.keys(QUERY).some((name) => before[name] !== this.state[name]);
    if (asked && !("at" in part)) Object.assign(this.state, { at: null, row: null });
    this.show(asked, before.row !== this.state.row);
  }

  /** Brings the page up to its state; `asked`: the rows are others, `row`: the open one is. */
  show(asked = true, row = true) {
    const { tab, sort, descending } = this.state;
    for (const [at, [value]] of TABS.entries()) {
      this.tabs[at].setAttribute("aria-pressed", String(value === tab));
      place(value).hidden = value !== tab;
    }
    this.sort.value = sort;
    relabel(this.turn, descending ? "down" : "up", descending ? "Descending. Turn it round" : "Ascending. Turn it round");
    this.turn.disabled = !sort;
    this.clear.hidden = !(this.state.split || this.state.where || this.state.find);
    if (tab === "left-out") this.leftOut.show();
    if (asked) this.#ask();
    else if (row && this.state.row === null && this.panel.open) this.panel.close();
    this.#save();
  }

  async #ask() {
    if (this.panel.open) this.panel.close();
    const { at, row } = this.state;
    place("problem").hidden = true;
    this.table.setColumns(this.cells.columns(this.state));
    this.count.textContent = "Reading …";
    this.facets.show(this.state);
    await this.table.begin({ active: at ?? -1 });
    if (row === null || row === undefined || at === null) return;
    const found = await this.table.rowAt(at);
    if (found) this.openRow(at, found);
  }

  #sorted(name) {
    const { sort, descending } = this.state;
    if (sort !== name) this.set({ sort: name, descending: false });
    else if (!descending) this.set({ descending: true });
    else this.set({ sort: "", descending: false });
  }

  #counted(total) {
    const all = this.store.rows;
    this.count.replaceChildren(element("strong", {}, whole(total)), total === all ? " rows" : ` of ${whole(all)} rows`);
  }

  #failed(error) {
    this.count.textContent = "";
    if (error.field && this.facets.fail(error.field, error.message)) return;
    place("problem").textContent = error.message;
    place("problem").hidden = false;
  }

  /** Shows one row in every detail. */
  openRow(index, row) {
    this.state = { ...this.state, at: index, row: row.row };
    place("main").classList.add("opened");
    this.panel.show(row);
    if (matchMedia("(max-width: 900px)").matches) place("row").focus();
    this.#save();
  }

  async #step(by) {
    const index = (this.state.at ?? -1) + by;
    const row = await this.table.rowAt(index);
    if (!row) return;
    this.table.activate(index);
    this.openRow(index, row);
  }

  #closed() {
    place("main").classList.remove("opened");
    this.state = { ...this.state, row: null };
    if (this.state.tab === "rows") this.table.element.focus({ preventScroll: true });
    this.#save();
  }

  /** Plays a row, or stops it. */
  async play(row) {
    if (this.player.playing && this.player.owner === this && this.playing === row.row) return this.player.pause();
    if (!this.heard || row.fate !== "produced") return announce("There is no sound of this row.");
    try {
      const { blob } = await api.fetchSound(`${this.path}/sound`, { generation: this.store.generation, row: row.row, name: this.heard });
      this.playing = row.row;
      this.player.owner = this;
      await this.player.play(blob);
    } catch (error) {
      announce(error.message);
      this.#failed(error);
    }
    return null;
  }

  #heard(playing) {
    if (!playing || this.player.owner !== this) this.playing = null;
    this.table.refresh();
  }

  #explore(row) {
    const { store } = this;
    const source = { store: this.name, generation: store.generation, key: row.key, copy: row.copy, part: row.part };
    const keep = Object.fromEntries(store.arrays.map((one) => [one.name, one.encoding]));
    const state = { source, stages: store.stages, keep, seed: store.seed || null, copy: row.copy || null };
    return linkTo({ ...state, split: row.split === "train" ? null : row.split }, api.address("explore"));
  }

  #export() {
    const { sort, descending, ...query } = this.#query;
    const href = api.address(`${this.path}/manifest`, query);
    this.dialog.show({ total: this.table.total, href, reading: this.store.reading, name: this.name });
  }

  #reopen(generation, more = {}) {
    const state = { ...QUERY, ...more, generation };
    location.assign(linkTo(clean(state)));
    if (generation !== this.store.generation) location.reload();
  }

  #kept() {
    return clean({ ...this.state, row: this.panel.open ? this.state.row : null, at: this.panel.open ? this.state.at : null });
  }

  #save() {
    writeState(this.#kept());
  }
}

/** The state without what is as it is at first. */
function clean(state) {
  const kept = Object.entries(state).filter(([name, value]) => value !== "" && value !== false && !(name === "tab" && value === "rows"));
  return Object.fromEntries(kept);
}

try {
  const name = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1));
  const state = readState() ?? {};
  const path = `api/stores/${encodeURIComponent(name)}`;
  const [about, store, { scores }] = await Promise.all([
    api.about(),
    api.getJson(path, { generation: state.generation }),
    api.getJson("api/scores", { store: name }),
  ]);
  window.wavemill = { ...window.wavemill, browser: new Browser(name, about, store, scores, state) };
} catch (error) {
  place("problem").textContent = error.message;
  place("problem").hidden = false;
  throw error;
}
