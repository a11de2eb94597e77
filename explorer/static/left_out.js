/**
 * LeftOut: the ledger of a store: how many recordings had which fate, and why some were left out.
 *
 *     const leftOut = new LeftOut(host, {ask: async () => ledger, splits});
 *     leftOut.addEventListener("choose", ({detail}) => ..);   // the expression that finds the rows of a reason
 */

import { element } from "./elements.js";
import { whole } from "./numbers.js";

const FATES = ["produced", "filtered", "rejected"];

export class LeftOut extends EventTarget {
  #read = false;

  constructor(host, { ask, splits }) {
    super();
    Object.assign(this, { host, ask, splits });
  }

  /** Reads the ledger, once. */
  async show() {
    if (this.#read) return;
    this.#read = true;
    const said = element("p", { class: "hint", role: "status" }, "Reading …");
    this.host.replaceChildren(this.#balance(), said);
    try {
      const found = await this.ask();
      said.replaceWith(...found.problems.map((text) => element("p", { class: "problem" }, text)), this.#reasons(found));
    } catch (error) {
      this.#read = false;
      said.textContent = error.message;
    }
  }

  #balance() {
    const rows = Object.entries(this.splits).map(([split, counts]) =>
      element("tr", {}, element("th", { scope: "row" }, split), ...["recordings", ...FATES, "examples"].map((name) => cell(counts[name]))),
    );
    const heads = ["Split", "recordings", ...FATES, "examples"].map((text) => element("th", { scope: "col" }, text));
    return element("table", { class: "plain" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  }

  #reasons({ reasons, others }) {
    if (!reasons.length) return element("p", { class: "hint" }, "Nothing was left out.");
    const items = reasons.map(({ count, fate, stage, reason, where }) => {
      const choose = () => this.dispatchEvent(new CustomEvent("choose", { detail: where }));
      const about = { type: "button", class: "reason", onclick: choose, title: "Show these rows" };
      const words = [element("code", {}, stage || "build"), element("span", { class: "words" }, reason)];
      return element("li", {}, element("button", about, element("span", { class: "count" }, whole(count)), element("span", { class: `fate ${fate}` }, fate), ...words));
    });
    const more = others ? element("p", { class: "hint" }, `and ${whole(others)} for other reasons`) : null;
    return element("div", {}, element("ul", { class: "reasons" }, ...items), more ?? "");
  }
}

const cell = (count) => element("td", {}, whole(count));
