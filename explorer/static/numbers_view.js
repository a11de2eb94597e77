/**
 * NumbersView: the samples that the picture above shows, as numbers, where they are few enough to be read.
 */

import { element } from "./elements.js";
import { number, whole } from "./numbers.js";

const MOST = 48;

export class NumbersView {
  constructor(host, spec, figure) {
    this.figure = figure;
    this.refs = [spec.show];
    this.spec = spec;
    this.said = element("p", { class: "about" });
    this.list = element("ol", { class: "sample-list", "aria-label": spec.title, tabindex: 0 });
    host.append(this.said, this.list);
    this.picture = figure.views[spec.below ?? 0].picture;
    this.picture.addEventListener("view", () => this.draw());
  }

  draw() {
    const array = this.figure.array(this.spec.show);
    if (!array) return;
    const { from, to } = this.picture.view;
    const [first, last] = [Math.ceil(from * array.rate), Math.min(Math.floor(to * array.rate), array.length - 1)];
    const count = last - first + 1;
    this.list.hidden = count > MOST;
    this.said.textContent = count > MOST
      ? `${whole(count)} samples are in sight; zoom in to read them.`
      : `${count} samples, from number ${whole(first)} on, as 16-bit integers:`;
    if (count > MOST) return this.list.replaceChildren();
    const values = Array.from(array.channels[0].subarray(first, last + 1), (one) => number(Math.round(one * 32768), 5));
    return this.list.replaceChildren(...values.map((one) => element("li", {}, one)));
  }
}
