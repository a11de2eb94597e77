/**
 * View: an array to see and to hear: its picture, the waveform under it on the same axis of time, a button that plays it, the
 * cursor's reading, and the bar of colours.
 *
 *     const view = new View(host, {heading: "h2"});
 *     view.show({array, wave, title: "log_mel", sound: () => chain.sound(2, null)});
 *
 * Space plays and pauses where a picture has the focus; a click says where the sound begins. What is played is what is
 * seen: zoomed in, only that part.
 */

import { ColourBar } from "./colour_bar.js";
import { element, iconButton, relabel } from "./elements.js";
import { linkPictures, Picture } from "./picture.js";
import { Player } from "./player.js";
import { showSymbols } from "./symbols.js";

export class View extends EventTarget {
  #start = null;
  #sound = null;

  /** `wheel` as for Picture. `wave` false: no waveform under it. `player` may be shared, to compare by ear. */
  constructor(host, { heading = "h3", wheel = true, wave = true, player = null, label = "picture" } = {}) {
    super();
    this.player = player ?? new Player();
    this.wanted = wave;
    this.#build(heading, wheel, label);
    host.append(this.element);
    linkPictures([this.picture, this.wave]);
    this.#listen();
  }

  #build(heading, wheel, label) {
    this.title = element(heading, { class: "view-title" });
    this.badge = element("span", { class: "badge", hidden: true, title: "Phases were lost, and are guessed." }, "approximate");
    this.button = iconButton("play", "Play", () => this.toggle(), { class: "icon-button play" });
    this.said = element("span", { class: "said", role: "status" });
    const zoom = (name, text, act) =>
      element("button", { type: "button", class: "quiet", "aria-label": name, title: name, onclick: act }, text);
    this.zooms = element("span", { class: "zooms", role: "group", "aria-label": "Zoom" });
    this.zooms.append(zoom("Zoom out", "−", () => this.picture.zoom(1.5)), zoom("Zoom in", "+", () => this.picture.zoom(1 / 1.5)));
    this.zooms.append(zoom("Show all of it", "all", () => this.picture.reset()));
    const bar = element("div", { class: "view-bar" }, this.button, this.title, this.badge, this.said, this.zooms);
    this.main = element("div", { class: "main-picture" });
    this.under = element("div", { class: "wave-picture" });
    this.symbols = element("div", { class: "symbol-list", hidden: true });
    this.reading = element("output", { class: "reading" });
    this.colourBar = new ColourBar();
    const foot = element("div", { class: "view-foot" }, this.reading, this.colourBar.element);
    this.element = element("div", { class: "view" }, bar, this.main, this.symbols, this.under, foot);
    this.picture = new Picture(this.main, { wheel, label });
    this.wave = new Picture(this.under, { wheel, label: "waveform", times: false });
  }

  #listen() {
    for (const picture of [this.picture, this.wave]) {
      picture.addEventListener("cursor", ({ detail }) => this.#read(picture, detail));
      picture.addEventListener("choose", ({ detail }) => this.#choose(detail.seconds));
      picture.addEventListener("view", () => this.dispatchEvent(new Event("view")));
      picture.element.addEventListener("keydown", (event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        this.toggle();
      });
    }
    this.player.addEventListener("time", ({ detail }) => this.#head(detail ?? null));
    this.player.addEventListener("state", ({ detail }) => {
      const mine = detail && this.player.owner === this;
      relabel(this.button, mine ? "pause" : "play", mine ? "Pause" : "Play");
      this.button.classList.toggle("on", mine);
    });
  }

  /** Shows an array, drawn before this returns. `wave` is a waveform for below; the last one stays where it is undefined.
   *  `sound` gives what is to be heard, as api.js does; without it there is none. */
  show({ array, wave, title = array.name, sound = null, scale = null, words = null }) {
    const written = array.kind === "tokens" && !array.rate;
    this.array = array;
    this.main.hidden = written;
    this.symbols.hidden = !written;
    this.zooms.hidden = written;
    this.title.textContent = title;
    this.badge.hidden = !(sound && array.approximate);
    this.#sound = sound;
    this.button.disabled = !sound;
    this.button.title = sound ? this.button.getAttribute("aria-label") : "Nothing leads back from this to a sound";
    if (written) showSymbols(this.symbols, array);
    else this.picture.show(array, { scale, label: words ?? `${title}: ${array.kind}` });
    this.#under(array, wave);
    this.colourBar.show(this.picture.lanes || written ? null : this.picture.scale, array.axis?.unit);
    this.#read(this.picture, this.picture.read());
  }

  #under(array, wave) {
    const shown = wave === undefined ? this.wave.array : wave;
    this.under.hidden = !this.wanted || !shown || array.kind === "audio" || (array.kind === "tokens" && !array.rate);
    if (wave) this.wave.show(wave);
    const { from, to } = this.picture.view;
    if (!this.under.hidden) this.wave.look({ from, to }, { silent: true });
  }

  #read(picture, found) {
    const other = picture === this.picture ? this.wave : this.picture;
    const words = found ? found.words : [];
    const more = found && !this.under.hidden && picture === this.wave ? (other.read()?.words.slice(1, 2) ?? []) : [];
    this.reading.replaceChildren(...[...words, ...more].map((word) => element("span", {}, word)));
    this.dispatchEvent(new CustomEvent("cursor", { detail: found }));
  }

  #choose(seconds) {
    this.#start = seconds;
    if (this.player.playing && this.player.owner === this) this.player.seek(seconds);
    else this.#head(seconds);
  }

  #head(seconds) {
    if (seconds === null) this.#start = null;
    this.picture.playhead(seconds);
    this.wave.playhead(seconds);
  }

  /** Plays, or pauses if it plays. */
  async toggle() {
    const { player } = this;
    if (player.playing && player.owner === this) {
      this.#start = player.audio.currentTime;
      player.pause();
      return;
    }
    if (this.#sound) await this.#play(this.#sound);
  }

  async #play(sound) {
    const { from, to } = this.picture.view;
    const start = this.#start !== null && this.#start < to - 0.01 ? this.#start : from;
    this.button.classList.add("waiting");
    this.said.textContent = "";
    try {
      const { blob, approximate } = await sound();
      this.badge.hidden = !approximate;
      this.player.owner = this;
      await this.player.play(blob, { from: start, to: to >= this.picture.extent.seconds - 0.01 ? null : to });
    } catch (error) {
      if (error.name !== "AbortError") this.said.textContent = error.message;
    }
    this.button.classList.remove("waiting");
  }

  /** Goes on with another sound at the same moment, if this one plays. */
  async swap(sound) {
    this.#sound = sound;
    if (!sound || !this.player.playing || this.player.owner !== this) return;
    const { blob } = await sound();
    await this.player.swap(blob);
  }
}
