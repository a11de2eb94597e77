/**
 * RatesView: how many numbers or symbols a second of one recording has, in each of its forms, on a logarithmic scale.
 *
 * A form is {label, show} (an array's positions, `divide` by so many), {label, text: true} (the words of the text), {label,
 * count: "phonemes"} (those that were spoken), or {label, rate}, what others have published.
 */

import { once } from "./api.js";
import { element } from "./elements.js";
import { number, whole } from "./numbers.js";

export class RatesView {
  constructor(host, spec, figure) {
    this.spec = spec;
    this.figure = figure;
    this.refs = spec.forms.flatMap(({ show }) => (show ? [show] : []));
    this.body = element("tbody", {});
    const head = ["Form", "Positions a second", "", "Positions in 30 s"].map((text) => (text ? element("th", { scope: "col" }, text) : element("td", {})));
    const table = element("table", { class: "rates" }, element("caption", { class: "unseen" }, spec.title));
    table.append(element("thead", {}, element("tr", {}, ...head)), this.body);
    host.append(table);
  }

  async draw() {
    const times = await once("static/spoken_times.json");
    const counts = this.spec.forms.map((form) => ({ ...form, rate: form.rate ?? this.#count(form, times) / this.figure.seconds }));
    const most = Math.log10(Math.max(...counts.map((one) => one.rate)) * 1.2);
    const row = ({ label, rate }) => {
      const bar = element("span", { class: "bar" });
      bar.style.width = `${(100 * Math.log10(Math.max(rate, 1.2))) / most}%`;
      const figure = rate >= 1000 ? whole(rate) : number(rate, 3);
      const cells = [element("td", { class: "count" }, figure), element("td", { class: "bar-cell", "aria-hidden": true }, bar)];
      return element("tr", {}, element("th", { scope: "row" }, label), ...cells, element("td", { class: "count" }, whole(rate * 30)));
    };
    this.body.replaceChildren(...counts.map(row));
  }

  #count({ show, divide = 1, count }, times) {
    if (show) return Math.ceil((this.figure.array(show)?.length ?? 0) / divide);
    if (count) return times[this.figure.chains[0].source.said][count].length;
    return (this.figure.text ?? "").split(/\s+/).filter(Boolean).length;
  }
}
