/**
 * Generations: the history of a store, and what has changed between two of its generations.
 *
 *     const history = new Generations(host, {name, generation, generations, ask});
 *     history.addEventListener("open", ({detail}) => ..);     // the number of a generation
 *     history.addEventListener("find", ({detail}) => ..);     // {generation, key} of a recording
 */

import { element, labelled, select } from "./elements.js";
import { number, whole } from "./numbers.js";

const COUNTS = ["recordings", "produced", "filtered", "rejected", "examples"];

export class Generations extends EventTarget {
  /** `ask(from, to)` answers the differences. */
  constructor(host, { generation, generations, ask }) {
    super();
    Object.assign(this, { host, generation, generations, ask });
    this.answer = element("div", { class: "differences", "aria-live": "polite" });
    host.replaceChildren(this.#list(), ...this.#compare());
  }

  #list() {
    const items = this.generations.map((one) => {
      const open = () => this.dispatchEvent(new CustomEvent("open", { detail: one.number }));
      const about = { type: "button", class: "quiet", "aria-pressed": String(one.number === this.generation), onclick: open };
      const name = element("button", about, `Generation ${one.number}`);
      const words = one.problem ?? [
        `${whole(one.examples)} examples of ${whole(one.recordings)} recordings`,
        lasting(one.seconds),
        one.created,
        one.reason,
        one.parent === null ? "" : `after ${one.parent}`,
      ].filter(Boolean).join(" · ");
      const tags = one.tags.map((tag) => element("span", { class: "tag" }, tag));
      return element("li", {}, name, element("span", { class: one.problem ? "bad" : "hint" }, words), ...tags);
    });
    return element("ol", { class: "generations" }, ...items);
  }

  #compare() {
    const numbers = this.generations.filter((one) => !one.problem).map((one) => one.number);
    if (numbers.length < 2) return [element("p", { class: "hint" }, "There is one generation, so there is nothing to compare.")];
    const choices = numbers.map((one) => [one, `Generation ${one}`]);
    const at = Math.max(numbers.indexOf(this.generation), 0);
    const from = select({}, choices, numbers[Math.min(at + 1, numbers.length - 1)]);
    const to = select({}, choices, numbers[at]);
    const show = () => this.#show(Number(from.value), Number(to.value));
    const button = element("button", { type: "button", class: "quiet", onclick: show }, "Compare");
    const fields = element("div", { class: "compare" }, labelled("From", from), labelled("to", to), button);
    return [element("h3", {}, "What has changed"), fields, this.answer];
  }

  async #show(from, to) {
    this.answer.replaceChildren(element("p", { class: "hint" }, "Comparing …"));
    try {
      const found = await this.ask(from, to);
      this.answer.replaceChildren(this.#counts(found), this.#stages(found), ...this.#keys(found, from, to));
    } catch (error) {
      this.answer.replaceChildren(element("p", { class: "problem" }, error.message));
    }
  }

  #counts({ counts }) {
    const rows = COUNTS.map((name) => {
      const [old, now] = counts[name];
      const moved = now === old ? "" : `${now > old ? "+" : "−"}${whole(Math.abs(now - old))}`;
      return element("tr", {}, element("th", { scope: "row" }, name), ...[whole(old), whole(now), moved].map((text) => element("td", {}, text)));
    });
    const heads = ["", "before", "after", "difference"].map((text) => (text ? element("th", { scope: "col" }, text) : element("td")));
    return element("table", { class: "plain" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  }

  #stages({ stages }) {
    if (!stages.length) return element("p", { class: "hint" }, "The stages and their parameters are the same.");
    const items = stages.map(({ at, old, new: now }) =>
      element("li", {}, element("code", {}, at), ` ${said(old)} → ${said(now)}`),
    );
    return element("ul", { class: "stage-changes" }, ...items);
  }

  #keys(found, from, to) {
    return ["added", "removed", "changed"].map((name) => {
      const { count, keys } = found[name];
      const generation = name === "removed" ? from : to;
      const items = keys.map((key) => {
        const find = () => this.dispatchEvent(new CustomEvent("find", { detail: { generation, key } }));
        return element("li", {}, element("button", { type: "button", class: "key-link", onclick: find }, key));
      });
      const more = count > keys.length ? element("p", { class: "hint" }, `and ${whole(count - keys.length)} more`) : "";
      const title = element("summary", {}, `${whole(count)} recordings ${name}`);
      return element("details", { open: count > 0 && count <= 10 }, title, element("ul", { class: "key-list" }, ...items), more);
    });
  }
}

/** How much audio there is, in words. */
export function lasting(seconds) {
  if (seconds < 120) return `${number(seconds, 3)} s`;
  return seconds < 7200 ? `${number(seconds / 60, 3)} min` : `${number(seconds / 3600, 4)} h`;
}

const said = (value) => (value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value));
