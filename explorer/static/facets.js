/**
 * Facets: what rows are asked for, in fields, and how their values spread, in bars that narrow it down.
 *
 *     const facets = new Facets({asked, spread}, {store, ask});
 *     facets.addEventListener("change", ({detail}) => ..);   // {split, where, find}, those that changed
 *     facets.show(query);                                    // fields and bars for a query
 *     facets.fail("where", message);
 */

import { between, equals, has, nameable, spanned, toggled } from "./clauses.js";
import { element, labelled, unique } from "./elements.js";
import { whole } from "./numbers.js";
import { drawDistribution } from "./plots.js";

const WAIT = 350;

export class Facets extends EventTarget {
  #timer = null;
  #number = 0;

  /** `ask(of, query, signal)` answers a distribution. */
  constructor({ asked, spread }, { store, ask }) {
    super();
    Object.assign(this, { store, ask, query: { split: "", where: "", find: "" } });
    this.asked = asked;
    this.spread = spread;
    this.#fields();
    this.#plots();
  }

  #fields() {
    const about = { type: "search", autocomplete: "off", spellcheck: "false" };
    this.find = element("input", { ...about, placeholder: "key, text, speaker, label" });
    this.find.addEventListener("input", () => this.#soon("find", this.find.value.trim()));
    const alert = element("p", { class: "alert", role: "alert", id: unique("alert"), hidden: true });
    this.where = element("input", { ...about, class: "expression", placeholder: "seconds < 2", "aria-describedby": alert.id });
    this.where.addEventListener("change", () => this.#tell({ where: this.where.value.trim() }));
    this.where.addEventListener("keydown", (event) => event.key === "Enter" && this.#tell({ where: this.where.value.trim() }));
    this.where.addEventListener("search", () => this.#tell({ where: this.where.value.trim() }));
    this.alert = alert;
    this.splits = element("div", { class: "segments", role: "radiogroup", "aria-label": "Split" });
    this.asked.replaceChildren(
      labelled("Find", this.find),
      this.splits,
      element("div", {}, labelled("Where", this.where), alert, this.#names()),
    );
    this.#offerSplits();
  }

  #names() {
    const columns = ["seconds", "speaker", "text", "key", "copy", "part", "fate", "stage", "reason", "split"];
    const names = [...this.store.labels.filter(nameable), ...columns];
    const put = (name) => {
      this.where.value = `${this.where.value}${this.where.value && !this.where.value.endsWith(" ") ? " " : ""}${name} `;
      this.where.focus();
    };
    const chips = names.map((name) => element("button", { type: "button", class: "chip", onclick: () => put(name) }, name));
    const words = "Comparisons, in [..], 'part' in name, is None, and, or, not. Text stands in quotes.";
    return element(
      "details",
      { class: "names" },
      element("summary", {}, "Names"),
      element("div", { class: "chips" }, ...chips),
      element("p", { class: "hint" }, words),
    );
  }

  #offerSplits() {
    const group = unique("split");
    const choices = [["", "all"], ...Object.keys(this.store.splits).map((name) => [name, name])];
    this.radios = choices.map(([value, text]) => {
      const radio = element("input", { type: "radio", name: group, value, onchange: () => this.#tell({ split: value }) });
      const count = value ? this.store.splits[value].recordings : null;
      const title = count === null ? null : `${whole(count)} recordings`;
      this.splits.append(element("label", { title }, radio, element("span", {}, text)));
      return radio;
    });
  }

  #plots() {
    const made = (of, label, unit = "") => {
      const host = element("div", { class: "plot-host" });
      const section = element("section", { class: "facet" }, element("h3", {}, label), host);
      return { of, label, unit, host, section };
    };
    this.plots = [made("seconds", "Duration", "s"), made("speaker", "Speaker"), ...this.store.labels.map((name) => made(name, name))];
    this.spread.replaceChildren(...this.plots.map((one) => one.section));
  }

  /** Shows a query in the fields. */
  show(query) {
    this.query = { split: query.split ?? "", where: query.where ?? "", find: query.find ?? "" };
    if (document.activeElement !== this.find) this.find.value = this.query.find;
    this.where.value = this.query.where;
    for (const radio of this.radios) radio.checked = radio.value === this.query.split;
    this.fail("where", "");
  }

  /** Says what is wrong with a field; true where it is one of these. */
  fail(field, message) {
    if (field !== "where") return false;
    this.alert.textContent = message;
    this.alert.hidden = !message;
    this.where.setAttribute("aria-invalid", String(Boolean(message)));
    return true;
  }

  /** Shows how the values of the rows spread that are asked for. */
  async read() {
    const number = (this.#number += 1);
    for (const plot of this.plots) {
      try {
        const found = await this.ask(plot.of, this.query);
        if (number !== this.#number) return;
        this.#draw(plot, found);
      } catch {
        if (number !== this.#number) return;
        plot.host.replaceChildren(element("p", { class: "hint" }, "–"));
      }
    }
  }

  #draw({ of, label, unit, host, section }, found) {
    const none = found.kind === "histogram" ? !found.counts.length : !found.values.length;
    section.hidden = none && of !== "seconds";
    const narrow = (where) => nameable(of) && this.#tell({ where });
    drawDistribution(host, found, {
      label,
      unit,
      chosen: (from, to, last) => narrow(spanned(this.query.where, of, between(of, from, to, last))),
      picked: (value) => narrow(toggled(this.query.where, equals(of, value))),
      is: (value) => has(this.query.where, equals(of, value)),
    });
  }

  #soon(name, value) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell({ [name]: value }), WAIT);
  }

  #tell(part) {
    const same = Object.entries(part).every(([name, value]) => this.query[name] === value);
    if (same) return;
    this.query = { ...this.query, ...part };
    this.dispatchEvent(new CustomEvent("change", { detail: part }));
  }
}
