/**
 * Browse: the page of a store. It puts together what is asked for (facets.js), the table (table.js, cells.js), one row in
 * every detail (row_panel.js), the ledger (left_out.js) and the generations (generations.js), and keeps all of it in the
 * address (state.js).
 */

import * as api from "./api.js";
import { Cells } from "./cells.js";
import { announce, element } from "./elements.js";
import { ExportDialog } from "./export.js";
import { Facets } from "./facets.js";
import { Generations } from "./generations.js";
import { LeftOut } from "./left_out.js";
import { Player } from "./player.js";
import { RowPanel } from "./row_panel.js";
import { copyText, linkTo, onState, readState, writeState } from "./state.js";
import { fillHead } from "./store_head.js";
import { Table } from "./table.js";
import { TableBar } from "./table_bar.js";

const place = (id) => document.getElementById(id);
const TABS = [["rows", "Rows"], ["left-out", "Left out"], ["history", "Generations"]];
const FOLLOW = 160;
const QUERY = { split: "", where: "", find: "", sort: "", descending: false };

class Browser {
  constructor(name, about, store, scores, state) {
    Object.assign(this, { name, about, store, scores });
    this.path = `api/stores/${encodeURIComponent(name)}`;
    this.state = { tab: "rows", row: null, at: null, ...QUERY, ...state, generation: store.generation };
    this.player = new Player();
    this.#head();
    this.#build();
    this.show();
  }

  get #query() {
    const { split, where, find, sort, descending } = this.state;
    return { generation: this.store.generation, split, where, find, sort, descending: descending ? 1 : "" };
  }

  #head() {
    fillHead(this.name, this.about, this.store, (generation) => this.#reopen(generation));
    this.tabs = TABS.map(([value, text]) => {
      return element("button", { type: "button", onclick: () => this.set({ tab: value }) }, text);
    });
    place("tabs").replaceChildren(...this.tabs);
    this.bar = new TableBar(place("bar"), this.store, this.scores);
    this.bar.addEventListener("change", ({ detail }) => this.set(detail));
    this.bar.addEventListener("export", () => this.#export());
    this.dialog = new ExportDialog();
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
    table.addEventListener("counted", ({ detail }) => this.bar.count(detail));
    table.addEventListener("failed", ({ detail }) => this.#failed(detail));
    facets.addEventListener("change", ({ detail }) => this.set(detail));
    table.addEventListener("active", ({ detail }) => this.#follow(detail));
    table.element.addEventListener("keydown", (event) => event.key === "Escape" && panel.open && panel.close());
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
    const { tab } = this.state;
    for (const [at, [value]] of TABS.entries()) {
      this.tabs[at].setAttribute("aria-pressed", String(value === tab));
      place(value).hidden = value !== tab;
    }
    this.bar.show(this.state);
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
    this.bar.say("Reading …");
    this.facets.show(this.state);
    if (await this.table.begin({ active: at ?? -1 })) this.facets.read();
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

  #failed(error) {
    this.bar.say("");
    if (error.field && this.facets.fail(error.field, error.message)) return;
    place("problem").textContent = error.message;
    place("problem").hidden = false;
  }

  /** Shows one row in every detail. */
  openRow(index, row, { quiet = false } = {}) {
    this.state = { ...this.state, at: index, row: row.row };
    place("main").classList.add("opened");
    this.panel.show(row);
    if (!quiet && matchMedia("(max-width: 900px)").matches) place("row").focus();
    this.#save();
  }

  /** While a row is open, the one that becomes active is shown in its place, once the keys rest. */
  #follow(index) {
    clearTimeout(this.following);
    if (!this.panel.open || index === this.state.at) return;
    this.following = setTimeout(async () => {
      const row = await this.table.rowAt(index);
      if (row && this.panel.open && this.table.active === index) this.openRow(index, row, { quiet: true });
    }, FOLLOW);
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
