/**
 * LiveFigure: a figure of a chapter: controls, pictures of what the server's stages make, numbers computed from them, the
 * stages' own lines, and a link that opens the explorer on the same.
 *
 * What it is stands in figures_N.json: {chains, views, controls, measures, code}; a view's `kind` is one of KINDS. Nothing is
 * walked before the figure comes near the window.
 */

import { address, sound } from "./api.js";
import { Chain } from "./chain.js";
import { same } from "./controls.js";
import { element } from "./elements.js";
import { FigureState, stepOf } from "./figure_state.js";
import { LiveControls } from "./live_controls.js";
import { AttentionView, DifferenceView, LiveView, UnfoldedView } from "./live_view.js";
import { MEASURES } from "./measures.js";
import { NumbersView } from "./numbers_view.js";
import { number } from "./numbers.js";
import { linkPictures } from "./picture.js";
import { Player } from "./player.js";
import { RatesView } from "./rates_view.js";
import { FieldView } from "./receptive.js";
import { alike, scaleOf, union } from "./scaling.js";
import { sourceLines } from "./source_lines.js";
import { SpectrumView } from "./spectrum_view.js";
import { linkTo } from "./state.js";

const KINDS = {
  picture: LiveView,
  difference: DifferenceView,
  unfolded: UnfoldedView,
  attention: AttentionView,
  spectrum: SpectrumView,
  numbers: NumbersView,
  rates: RatesView,
  field: FieldView,
};

export class LiveFigure {
  drawn = 0;
  shared = null;
  #chains = [];
  #answers = [];
  #bodies = [];
  #looks = {};

  constructor(host, spec) {
    this.host = host;
    this.spec = spec;
    this.player = new Player();
    this.state = new FigureState(spec);
    this.state.word = (key) => this.#word(key);
    this.chains = this.state.chains();
    this.views = [];
    this.#build();
  }

  #build() {
    const caption = this.host.querySelector("figcaption");
    this.controlHost = element("div", { class: "live-controls" });
    const panels = element("div", { class: `live-panels columns-${this.spec.columns ?? 1}` });
    this.problem = element("p", { class: "problem", role: "status", hidden: true });
    this.measured = element("dl", { class: "measures", "aria-live": "polite" });
    this.link = element("a", { class: "explore-link" }, "Open this in the explorer");
    this.link.addEventListener("pointerdown", () => this.#relink());
    this.link.addEventListener("focus", () => this.#relink());
    const foot = element("div", { class: "live-foot" }, this.link, sourceLines(this.spec.code ?? []));
    this.host.append(this.controlHost, panels, this.problem, this.measured, ...(caption ? [caption] : []), foot);
    for (const spec of this.spec.views) {
      const holder = element("div", { class: `live-view ${spec.size ?? "medium"} ${spec.wide ? "wide" : ""}` });
      panels.append(holder);
      this.views.push(new KINDS[spec.kind ?? "picture"](holder, spec, this));
    }
    const linked = this.views.filter((one) => one.picture && one.spec.linked !== false && one instanceof LiveView);
    if (this.spec.linked !== false && linked.length > 1) linkPictures(linked.map((one) => one.picture));
    this.measured.hidden = !this.spec.measures?.length;
    this.#relink();
  }

  /** Makes the controls; what they need is asked of the server. */
  async prepare() {
    this.controls = await LiveControls.make(this.controlHost, this.state);
    this.controls.addEventListener("change", ({ detail }) => this.#changed(detail));
  }

  /** Walks for the first time. */
  start() {
    if (this.#chains.length) return;
    this.#bodies = this.#wanted();
    this.#chains = this.#bodies.map((body, at) => {
      const chain = new Chain(body);
      chain.addEventListener("walked", ({ detail }) => this.#walked(at, detail));
      chain.addEventListener("failed", ({ detail }) => this.#failed(detail));
      return chain;
    });
  }

  #changed({ option, moment }) {
    this.#looks = option?.look ?? {};
    this.chains = this.state.chains();
    const bodies = this.#wanted();
    const moved = bodies.map((body, at) => !same(body, this.#bodies[at]));
    this.#bodies = bodies;
    moved.forEach((one, at) => one && this.#chains[at]?.set(bodies[at], moment));
    if (!moved.some(Boolean)) this.#draw();
    this.#relink();
  }

  /** What each chain must show, for the views and the measures. */
  #wanted() {
    const refs = [...this.views.flatMap((one) => one.refs), ...(this.spec.measures ?? []).flatMap((one) => one.from ?? [])];
    return this.chains.map((chain, number) => {
      const own = refs.filter(([of]) => of === number).map(([, step, name]) => JSON.stringify([stepOf(step, chain), name]));
      return { seed: 0, copy: 0, split: "train", keep: {}, ...chain, show: [...new Set(own)].map((one) => JSON.parse(one)) };
    });
  }

  #walked(at, { header, arrays, body }) {
    const found = new Map();
    let next = 0;
    for (const [step, name] of body.show) {
      const array = arrays[next];
      if (array?.step === step && (name === null || array.name === name)) {
        found.set(`${step} ${name}`, array);
        next += 1;
      }
    }
    this.#answers[at] = { header, found, body };
    const stopped = header.steps.find((one) => one.verdict);
    this.problem.hidden = !stopped;
    if (stopped) this.problem.textContent = `${stopped.stage}: ${stopped.verdict}`;
    if (this.#answers.filter(Boolean).length === this.chains.length) this.#draw();
  }

  #failed(error) {
    const parameter = /\.(\w+)$/.exec(error.field ?? "")?.[1];
    if (parameter && this.controls?.fail(parameter, error.message)) return;
    this.problem.textContent = error.message;
    this.problem.hidden = false;
  }

  #draw() {
    if (this.#answers.filter(Boolean).length < this.chains.length) return;
    this.shared = this.spec.shared_colours ? this.#sharedColours() : null;
    for (const view of this.views) view.draw();
    this.#look();
    this.#measure();
    this.drawn += 1;
    this.host.dataset.drawn = String(this.drawn);
  }

  /** Looks at what the option that was chosen last is about, once its arrays are there: they may be longer. */
  #look() {
    for (const [at, part] of Object.entries(this.#looks)) {
      if (part) this.views[at].look(part);
      else this.views[at].picture.reset();
    }
    if (!this.#chains.some((one) => one.waiting)) this.#looks = {};
  }

  #sharedColours() {
    const shown = this.views.filter((one) => one.constructor === LiveView).map((one) => one.array());
    const scales = shown.filter((one) => one?.kind === "features" && one.width > 8).map(scaleOf);
    return scales.length && scales.every((one) => alike(one, scales[0])) ? union(scales) : null;
  }

  #measure() {
    const { option } = this;
    const entries = (this.spec.measures ?? []).map((measure) => {
      const arrays = (measure.from ?? []).map((ref) => this.array(ref));
      const there = arrays.every(Boolean) && (!measure.only || measure.only.includes(option?.label));
      const said = there ? MEASURES[measure.of](arrays, measure, this) : null;
      return said === null ? null : element("div", {}, element("dt", {}, measure.label), element("dd", {}, said));
    });
    this.measured.replaceChildren(...entries.filter(Boolean));
  }

  /** What is chosen of the first choice. */
  get option() {
    const first = this.state.controls.find((one) => one.options);
    return first ? this.state.option(first) : null;
  }

  /** A parameter of the first chain by its name, wherever an option has put it. */
  #word(key) {
    return this.state.values[key] ?? this.chains[0].stages.map((step) => Object.values(step)[0][key]).find((one) => one !== undefined);
  }

  /** The title of a view, where an option has another one. */
  titleOf(spec) {
    return this.option?.titles?.[spec.title] ?? spec.title;
  }

  /** An array by its reference, [chain, step, name]; undefined where there is none. */
  array([of, step, name]) {
    return this.#answers[of]?.found.get(`${stepOf(step, this.#answers[of].body)} ${name}`);
  }

  /** The sound of an array, as the chain is now. */
  sound([of, step, name]) {
    const body = this.#answers[of].body;
    return sound({ ...body, show: [[stepOf(step, body), name]] });
  }

  /** What the stages of a chain have noted, stage by stage, in words. */
  notes(of) {
    const notes = this.#answers[of].header.steps.at(-1)?.notes ?? {};
    const drawn = Object.entries(notes).filter(([stage]) => stage !== "decode");
    return drawn.map(([stage, drawn]) => `${stage}: ${inWords(drawn)}`);
  }

  /** The sound that a model is asked about: of the last view that can be heard. */
  heard() {
    const { spec } = this.views.findLast((one) => one.constructor === LiveView && (one.spec.hear || one.array()?.audible));
    return this.sound(spec.hear ?? spec.show);
  }

  /** How long the recording is, and what is said in it. */
  get seconds() {
    return this.#answers[0]?.header.seconds ?? 1;
  }

  get text() {
    return this.#answers[0]?.header.text;
  }

  /** What the explorer shows for this figure: the first view's array, and as A the first one of another chain. */
  explored() {
    const shown = this.spec.views.map((one) => one.show ?? one.of?.[0] ?? one.curves?.[0].show).filter(Boolean);
    const [first] = shown;
    if (!first) return { source: this.chains[0].source, stages: this.chains[0].stages };
    const other = shown.find(([of]) => of !== first[0]);
    const state = (ref) => {
      const { source, stages, seed = 0, copy = 0, split = "train" } = this.chains[ref[0]];
      return { source, stages, seed, copy, split, at: stepOf(ref[1], this.chains[ref[0]]), name: ref[2] };
    };
    const { at, name, ...a } = state(first);
    if (!other) return this.#seen({ ...a, at, name });
    return { ...state(other), a: { ...a, keep: {}, show: [[at, name ?? null]] }, mode: "split" };
  }

  #seen(state) {
    const { picture } = this.views[0];
    if (!picture?.array || picture.full) return state;
    const { from, to, low, high } = picture.view;
    return { ...state, view: [from, to, low, high].map((one) => Number(one.toPrecision(6))) };
  }

  #relink() {
    this.link.href = linkTo(this.explored(), address("explore"));
  }
}

/** What was drawn, in words:  "factor 0.93". */
function inWords(drawn) {
  if (typeof drawn === "number") return number(drawn, 3);
  if (Array.isArray(drawn)) return drawn.map(inWords).join(", ");
  if (drawn === null || typeof drawn !== "object") return String(drawn);
  return Object.entries(drawn).map(([name, one]) => `${name} ${inWords(one)}`).join(", ");
}
