/**
 * Opened: what the explorer has open: a built-in signal, a recording of a recipe's corpus or of a store, or one's own file.
 *
 *     const panel = new OpenedPanel(host, {about, signals});
 *     panel.addEventListener("open", ({detail}) => ..);   // {source, moment, chain: {stages, keep} or null, part}
 *     panel.show(source);
 *
 * `chain` comes along when a recipe or a store is entered: the chain that its recordings go through. `part` is what else
 * decides what becomes of a recording: its split, its copy, and the seed of the draws.
 */

import { getJson, upload } from "./api.js";
import { Controls } from "./controls.js";
import { element, select, unique } from "./elements.js";
import { number, time } from "./numbers.js";
import { Recordings } from "./recordings.js";

const PAGE = 100;
const SPAN = [
  { name: "start", kind: "number", about: "Where the span begins, in seconds.", default: 0, low: 0, high: null, unit: "s" },
  { name: "seconds", kind: "number", about: "How much is opened: at most 60 s.", default: 30, low: 0.01, high: 60, unit: "s" },
];

export class OpenedPanel extends EventTarget {
  #source = null;
  #entered = null;

  constructor(host, { about, signals }) {
    super();
    this.recipes = about.recipes.filter((one) => one.sources);
    this.stores = about.stores.filter((one) => !one.error);
    this.signals = signals;
    this.kinds = element("div", { class: "segments", role: "radiogroup", "aria-label": "What to open" });
    this.body = element("div", { class: "opened-body" });
    this.place = element("div", {});
    host.append(this.kinds, this.body, this.place);
    this.#choices();
  }

  #choices() {
    const kinds = [
      ["signal", "Signal", true],
      ["corpus", "Corpus", this.recipes.length > 0],
      ["store", "Store", this.stores.length > 0],
      ["upload", "File", true],
    ];
    const group = unique("kind");
    this.radios = new Map();
    for (const [value, text] of kinds.filter(([, , there]) => there)) {
      const radio = element("input", { type: "radio", name: group, value, onchange: () => this.#enter(value) });
      this.radios.set(value, radio);
      this.kinds.append(element("label", {}, radio, element("span", {}, text)));
    }
  }

  /** Shows what is open, without telling of it. */
  show(source) {
    this.#source = source;
    const kind = ["signal", "corpus", "store", "upload"].find((one) => source && one in source) ?? "signal";
    const radio = this.radios.get(kind);
    if (radio) radio.checked = true;
    this.#entered = source?.[kind] ?? null;
    this.#body(kind);
  }

  #open(source, moment = performance.now(), chain = null, part = {}) {
    this.#source = source;
    this.dispatchEvent(new CustomEvent("open", { detail: { source, moment, chain, part } }));
  }

  #enter(kind) {
    this.#body(kind);
    if (kind === "signal") this.#open({ signal: this.signals[0].name });
  }

  #body(kind) {
    this.place.replaceChildren();
    const makers = { signal: () => this.#signal(), corpus: () => this.#corpus(), store: () => this.#store() };
    this.body.replaceChildren(...(makers[kind] ?? (() => this.#file()))());
    if (kind !== "signal" && this.#source && kind in this.#source) this.#span();
  }

  #signal() {
    const { signal: name = this.signals[0].name, ...values } = this.#source?.signal ? this.#source : {};
    const known = this.signals.find((one) => one.name === name) ?? this.signals[0];
    const label = "Signal";
    const choice = select({ "aria-label": label }, this.signals.map((one) => [one.name, one.title]), known.name);
    choice.addEventListener("change", (event) => {
      this.#source = { signal: choice.value };
      this.#body("signal");
      this.body.querySelector("select").focus();
      this.#open({ signal: choice.value }, event.timeStamp);
    });
    const holder = element("div", {});
    this.controls = new Controls(holder, known.controls, values, { label: known.title });
    this.controls.addEventListener("change", ({ detail }) => {
      this.#open({ signal: known.name, ...detail.values }, detail.moment);
    });
    return [choice, element("p", { class: "about" }, known.about), holder];
  }

  #corpus() {
    const { recipes } = this;
    const name = this.#source?.corpus ?? recipes[0].name;
    const load = async (from, find) => {
      const path = `api/corpora/${encodeURIComponent(choice.value)}`;
      const { recordings, more } = await getJson(path, { from, count: PAGE, find });
      return { rows: recordings, more };
    };
    const choice = select({ "aria-label": "Recipe" }, recipes.map((one) => [one.name, one.title]), name);
    return this.#list(choice, load, (row) => {
      const recipe = recipes.find((one) => one.name === choice.value);
      return [{ corpus: recipe.name, key: row.key }, recipe];
    });
  }

  #store() {
    const { stores } = this;
    const name = this.#source?.store ?? stores[0].name;
    const choice = select({ "aria-label": "Store" }, stores.map((one) => [one.name, one.title]), name);
    const load = async (from, find) => {
      const { generation } = stores.find((one) => one.name === choice.value);
      const path = `api/stores/${encodeURIComponent(choice.value)}/rows`;
      const { rows, total } = await getJson(path, { generation, from, count: PAGE, find });
      return { rows, more: from + rows.length < total };
    };
    return this.#list(choice, load, (row) => {
      const store = stores.find((one) => one.name === choice.value);
      const { key, copy = 0, part = 0 } = row;
      return [{ store: store.name, generation: store.generation, key, copy, part }, store];
    });
  }

  /** A list of recordings behind a choice of recipe or store; `sourceOf` tells a row's source, and whose chain it has. */
  #list(choice, load, sourceOf) {
    const holder = element("div", {});
    const chosen = (row) => row.key === this.#source?.key && (row.copy ?? 0) === (this.#source?.copy ?? 0);
    const list = new Recordings(holder, { load, chosen });
    choice.addEventListener("change", () => list.begin());
    list.addEventListener("choose", ({ detail: row }) => {
      const [source, owner] = sourceOf(row);
      const entered = this.#entered !== owner.name;
      this.#entered = owner.name;
      const part = { split: row.split || "train", copy: row.copy ?? 0, seed: owner.seed ?? 0 };
      this.#open(source, performance.now(), entered ? { stages: owner.stages, keep: owner.keep, name: owner.name } : null, part);
      this.#span();
    });
    list.begin();
    return [choice, holder];
  }

  #file() {
    const input = element("input", { type: "file", accept: "audio/*,.flac,.opus,.mka,.nist,.sph,.aiff,.wv", class: "unseen" });
    const said = element("p", { class: "hint", role: "status" }, "It stays on this server, and is forgotten with it.");
    input.addEventListener("change", () => input.files[0] && this.take(input.files[0], said));
    const drop = element("label", { class: "drop" }, input, element("span", {}, "Choose an audio file, or drop one anywhere"));
    this.said = said;
    return [drop, said];
  }

  /** Sends a file of one's own and opens it. */
  async take(file, said = null) {
    if (!said) {
      this.radios.get("upload").checked = true;
      this.#body("upload");
    }
    const place = said ?? this.said;
    place.textContent = `Reading ${file.name} …`;
    try {
      const found = await upload(file);
      const rate = found.sample_rate ? `, ${number(found.sample_rate)} Hz` : "";
      const channels = found.channels > 1 ? `, ${found.channels} channels` : "";
      place.textContent = `${found.name}: ${time(found.seconds ?? 0, 2)}${rate}${channels}, ${found.codec ?? ""}`;
      this.#entered = null;
      this.#open({ upload: found.upload });
      this.#span(found.seconds);
    } catch (error) {
      place.textContent = error.message;
    }
  }

  /** Which part of a recording is opened. */
  #span(seconds = null) {
    const { start, seconds: length } = this.#source ?? {};
    const given = { ...(start ? { start } : {}), ...(length ? { seconds: length } : {}) };
    const [begin, lasts] = SPAN;
    const spans = [{ ...begin, from: 0, to: seconds ?? 60, scale: "linear", step: 0.01 }, { ...lasts, from: 0.1, to: 60, scale: "log" }];
    const holder = element("details", { class: "span", open: Boolean(start || length) }, element("summary", {}, "Only a span"));
    const controls = new Controls(holder, spans, given, { label: "Span" });
    controls.addEventListener("change", ({ detail }) => {
      const { start: _, seconds: __, ...whole } = this.#source;
      this.#open({ ...whole, ...detail.values }, detail.moment);
    });
    this.place.replaceChildren(holder);
  }

  /** Says what is wrong with a parameter of the signal; false where it is none of its. */
  fail(name, message) {
    return this.controls?.fail(name, message) ?? false;
  }
}
