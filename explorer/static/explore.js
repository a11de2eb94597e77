/**
 * Explore: the page on which a recording is walked through a chain. It puts together what is opened (opened.js), the chain
 * (stages.js), walks (chain.js), the array that is looked at (view.js), A and B (comparing.js), and keeps all of it in the
 * address (state.js).
 */

import { StageDialog } from "./adding.js";
import * as api from "./api.js";
import { Chain, nameOf } from "./chain.js";
import { Comparing } from "./comparing.js";
import { neededOf } from "./controls.js";
import { letDrop } from "./drop.js";
import { element } from "./elements.js";
import { Facts } from "./facts.js";
import { letKeys } from "./keys.js";
import { OpenedPanel } from "./opened.js";
import { ChainOptions } from "./options.js";
import { linkPictures } from "./picture.js";
import { RecipeCard } from "./recipe.js";
import { Showing } from "./showing.js";
import { StageList } from "./stages.js";
import { copyText, linkTo, onState, readState, writeState } from "./state.js";
import { storedDigest } from "./stored.js";
import { noteDrawn } from "./timings.js";
import { View } from "./view.js";

const FIRST = { source: { signal: "speech" }, stages: [{ log_mel: {} }], at: 0 };
const place = (id) => document.getElementById(id);

class Explorer {
  constructor(about, signals, groups) {
    this.groups = groups;
    this.view = new View(place("view"), { heading: "h2", label: "array" });
    this.comparing = new Comparing(place("comparing"), { view: this.view, second: () => this.#second() });
    this.showing = new Showing();
    this.chain = new Chain();
    this.opened = new OpenedPanel(place("opened"), { about, signals });
    this.options = new ChainOptions(place("options"), about);
    this.list = new StageList(place("chain"));
    this.dialog = new StageDialog(groups);
    this.facts = new Facts(place("facts"));
    this.recipe = new RecipeCard(place("recipe"));
    this.problem = place("problem");
    this.arrays = element("div", { class: "segments small", role: "group", "aria-label": "Array" });
    place("comparing").prepend(this.arrays);
    this.#listen();
    letKeys(this);
    this.load(readState() ?? this.#first(signals));
    onState((state) => state && this.load(state));
  }

  #first(signals) {
    return signals.some((one) => one.name === FIRST.source.signal) ? FIRST : { ...FIRST, source: { signal: signals[0].name } };
  }

  #second() {
    const holder = place("second");
    const second = new View(holder, { heading: "h2", label: "A", player: this.view.player, wave: false });
    linkPictures([second.picture, this.view.picture, this.view.wave]);
    second.addEventListener("view", () => this.#save());
    return second;
  }

  #listen() {
    this.chain.addEventListener("walked", ({ detail }) => this.#walked(detail));
    this.chain.addEventListener("failed", ({ detail }) => this.#failed(detail));
    this.opened.addEventListener("open", ({ detail }) => this.#open(detail));
    this.options.addEventListener("change", ({ detail }) => this.set(detail.part, detail.moment));
    this.options.addEventListener("take", ({ detail }) => this.#take(detail));
    this.list.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.list.addEventListener("select", ({ detail }) => this.#select(detail.at, null));
    this.view.addEventListener("view", () => this.#save());
    this.comparing.addEventListener("change", () => this.#compared());
    place("add").addEventListener("click", () => this.add());
    place("link").addEventListener("click", (event) => this.copyLink(event.currentTarget));
    letDrop((file) => this.opened.take(file));
  }

  /** Shows a state, as it stands in an address. */
  load(state) {
    const { source, stages, at = stages.length - 1, name = null, seed = 0, copy = 0, split = "train", keep = {} } = state;
    this.opened.show(source);
    this.list.show(stages, at);
    this.showing.choose(this.list.at, name);
    this.options.show({ seed, copy, split });
    this.pending = { view: state.view ?? null, a: state.a ?? null, mode: state.mode ?? "b" };
    if (!state.a && this.comparing.kept) this.comparing.forget();
    this.set({ source, stages, seed, copy, split, keep }, null);
  }

  /** Changes parts of what is walked. */
  set(part, moment) {
    const next = { ...this.chain.state, ...part };
    this.chain.set({ ...part, show: this.showing.wanted(next) }, moment);
    this.recipe.show(next);
    this.#save();
  }

  #open({ source, moment, chain, part }) {
    this.options.show({ ...this.chain.state, ...part });
    if (!chain) return this.set({ source, ...part }, moment);
    this.options.named(chain.name);
    return this.#take({ ...chain, source, part });
  }

  /** Takes over a chain, with a source if one comes along. */
  #take({ stages, keep, source = this.chain.state.source, part = {} }) {
    this.list.show(stages, stages.length - 1);
    this.showing.choose(this.list.at, null);
    this.set({ source, stages, keep: keep ?? {}, ...part }, performance.now());
  }

  #changed({ stages, at, moment }) {
    const { name } = at === this.showing.at ? this.showing : { name: null };
    this.showing.choose(at, name);
    this.set({ stages }, moment);
  }

  #select(at, name) {
    this.showing.choose(at, name);
    this.set({}, performance.now());
  }

  /** Asks for a stage and puts it behind the one that is open. */
  async add() {
    const found = await this.dialog.ask();
    if (!found) return;
    const page = await api.stage(found.name);
    if (found.group === "augment" && this.chain.state.copy === 0) {
      this.options.show({ ...this.chain.state, copy: 1 });
      this.chain.state = { ...this.chain.state, copy: 1 };
    }
    this.list.add({ [found.name]: neededOf(page) });
  }

  #walked(answer) {
    const { header, arrays, body } = answer;
    this.problem.hidden = true;
    this.list.clear();
    const array = this.showing.take(answer, arrays);
    if (array) {
      const { at, name } = this.showing;
      const title = array.name === nameOf(body.stages[at] ?? { opened: 0 }) || at < 0 ? array.name : `${array.name}, behind ${nameOf(body.stages[at])}`;
      const sound = array.audible ? () => api.sound({ ...body, show: [[at, name]] }) : null;
      this.comparing.now({ array, wave: this.showing.wave, title, sound, body });
      noteDrawn(answer);
    }
    this.#behind(answer, array);
  }

  /** What may wait until the picture is drawn. */
  #behind({ header, body }, array) {
    const stopped = header.steps.find((step) => step.verdict);
    if (!array && stopped) this.#say(`${stopped.stage}: ${stopped.verdict}`);
    this.list.tell(header.steps);
    this.#tell();
    this.#offerArrays(header, body);
    this.view.element.classList.toggle("stale", !array);
    this.recipe.tell(header);
    if (!this.chain.waiting && this.showing.lacksWave(body, header)) this.chain.set({ show: this.showing.wanted(body) }, null);
    if (array) this.#restore();
  }

  /** The facts of the array on the screen; behind the last stage, whether the store that it was opened from has the same. */
  #tell() {
    const { array } = this.view;
    const { source, stages } = this.chain.state;
    const last = array && this.showing.at === stages.length - 1;
    if (array) this.facts.show(array, last ? storedDigest(source, array.name) : null);
  }

  /** The part that a link looks at, and its A, once the first picture is there. */
  #restore() {
    const { view, a, mode } = this.pending ?? {};
    this.pending = null;
    if (view) this.view.picture.look({ from: view[0], to: view[1], low: view[2], high: view[3] });
    if (a) this.#restoreKept(a, mode);
  }

  async #restoreKept(a, mode) {
    const body = { ...this.chain.state, ...a };
    const { arrays } = await api.walk(body);
    const [at, name] = body.show[0];
    const sound = arrays[0].audible ? () => api.sound({ ...body, show: [[at, name]] }) : null;
    this.comparing.keep({ array: arrays[0], wave: arrays[1] ?? null, title: arrays[0].name, sound, body }, { mode, silent: true });
  }

  #offerArrays(header, body) {
    const names = this.showing.namesAt(header, body);
    const { name } = this.showing.array ?? {};
    this.arrays.hidden = names.length < 2;
    this.arrays.replaceChildren(
      ...names.map((one) => {
        const choose = () => this.#select(this.showing.at, one);
        return element("button", { type: "button", "aria-pressed": one === name, onclick: choose }, one);
      }),
    );
  }

  #failed(error) {
    this.pending = null;
    const [, number, , parameter] = /^stages\[(\d+)\](?:\.(\w+))?(?:\.(\w+))?/.exec(error.field ?? "") ?? [];
    const source = /^source\.(\w+)/.exec(error.field ?? "")?.[1];
    this.view.element.classList.add("stale");
    const told = number ? this.list.fail(Number(number), parameter, error.message) : source && this.opened.fail(source, error.message);
    if (!told || number) this.#say(number ? `${nameOf(this.chain.state.stages[number])}: ${error.message}` : error.message);
  }

  #say(text) {
    this.problem.textContent = text;
    this.problem.hidden = false;
  }

  #compared() {
    this.#tell();
    this.#save();
  }

  /** What the address says. */
  state() {
    const { source, stages, seed, copy, split, keep } = this.chain.state;
    const { at, name } = this.showing;
    const { from, to, low, high } = this.view.picture.view;
    const zoomed = this.view.array && !this.view.picture.full ? [from, to, low, high].map((one) => Number(one.toPrecision(6))) : null;
    const { kept, mode } = this.comparing;
    const a = kept && { ...kept.body, keep: kept.body.keep };
    return { source, stages, at, name, seed: seed || null, copy: copy || null, split: split === "train" ? null : split,
      keep: Object.keys(keep).length ? keep : null, view: zoomed, a, mode: mode === "b" ? null : mode };
  }

  #save() {
    if (!this.pending) writeState(this.state());
  }

  /** Copies a link that shows the same. */
  copyLink(button) {
    return copyText(linkTo(this.state()), "Link copied.", button);
  }
}

try {
  const [about, signals, groups] = await Promise.all([api.about(), api.signals(), api.stageGroups()]);
  window.wavemill.explorer = new Explorer(about, signals, groups);
} catch (error) {
  place("problem").textContent = error.message;
  place("problem").hidden = false;
  throw error;
}
