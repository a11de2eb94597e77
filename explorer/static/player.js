/**
 * Player: one sound at a time on the whole page, with a cursor that moves.
 *
 *     const player = new Player();
 *     player.addEventListener("time", ({detail}) => picture.playhead(detail));   // seconds; null when it ends
 *     player.addEventListener("state", ({detail}) => ..);                        // playing or not
 *     await player.play(blob, {from: 0.5, to: 1.2});
 *
 * `swap` goes on with another sound from the same moment, for comparing two by ear.
 */

let active = null;

export class Player extends EventTarget {
  constructor() {
    super();
    this.audio = new Audio();
    this.audio.preservesPitch = true;
    this.to = null;
    this.blob = null;
    this.address = null;
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.#state());
    this.audio.addEventListener("ended", () => this.#tell(null));
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  /** Plays a blob from `from` to `to` in seconds (null: to its end); others on the page stop. */
  async play(blob, { from = 0, to = null } = {}) {
    if (active && active !== this) active.pause();
    active = this;
    this.to = to;
    await this.#load(blob);
    this.audio.currentTime = Math.min(from, this.audio.duration || from);
    await this.audio.play();
  }

  /** Goes on with another blob from where the sound is now. */
  async swap(blob) {
    if (!this.playing || blob === this.blob) return;
    const at = this.audio.currentTime;
    await this.play(blob, { from: at, to: this.to });
  }

  pause() {
    this.audio.pause();
  }

  /** Moves to another moment while it plays. */
  seek(seconds) {
    if (this.playing) this.audio.currentTime = seconds;
  }

  /** Forgets the sound and frees its memory. */
  close() {
    this.pause();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = this.blob = null;
  }

  async #load(blob) {
    if (this.blob === blob) return;
    if (this.address) URL.revokeObjectURL(this.address);
    this.blob = blob;
    this.address = URL.createObjectURL(blob);
    const ready = new Promise((resolve, reject) => {
      this.audio.addEventListener("loadedmetadata", resolve, { once: true });
      this.audio.addEventListener("error", () => reject(new Error("This sound cannot be played.")), { once: true });
    });
    this.audio.src = this.address;
    await ready;
  }

  #state() {
    this.dispatchEvent(new CustomEvent("state", { detail: this.playing }));
    if (this.playing) requestAnimationFrame(() => this.#move());
  }

  #move() {
    if (!this.playing) return;
    const now = this.audio.currentTime;
    if (this.to !== null && now >= this.to) {
      this.pause();
      this.#tell(null);
      return;
    }
    this.#tell(now);
    requestAnimationFrame(() => this.#move());
  }

  #tell(seconds) {
    this.dispatchEvent(new CustomEvent("time", { detail: seconds }));
  }
}
