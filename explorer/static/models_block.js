/**
 * ModelsBlock: what trained runs say, in a chapter: the runs of one kind of task that the server was started with, and what
 * they answer to a built-in recording, to what a figure plays, or to a text. Without a run: how to come by one.
 *
 *     <div data-model="recognition"><pre>how to make one</pre></div>     data-figure="NAME": hears what that figure plays
 */

import { about, ask, getJson, upload } from "./api.js";
import { element, labelled, select } from "./elements.js";
import { number } from "./numbers.js";

const TASKS = {
  classification: ["classification", "multi_label", "detection", "speakers"],
  recognition: ["recognition"],
  synthesis: ["synthesis"],
  denoising: ["enhancement"],
};
const SAID = [["seven", "seven"], ["three", "three"], ["nine", "nine"], ["sentence", "the sentence"]];
const known = new Map();

/** Makes the blocks below `host` alive; `figures` are the page's by name. */
export async function letModelsAnswer(host, figures) {
  const { runs } = await about();
  for (const block of host.querySelectorAll("[data-model]")) {
    if (runs.length) new ModelsBlock(block, runs, figures[block.dataset.figure]);
    else block.classList.add("without");
  }
}

class ModelsBlock {
  constructor(host, runs, figure) {
    this.host = host;
    this.figure = figure;
    this.task = host.dataset.model;
    this.said = element("div", { class: "model-answer", role: "status" });
    this.#load(runs);
  }

  async #load(runs) {
    const found = await Promise.all(runs.map(({ name }) => runAbout(name)));
    this.runs = found.filter((one) => one && TASKS[this.task].includes(one.task));
    if (!this.runs.length) return this.host.classList.add("without");
    const choices = this.runs.map(({ name, model }) => [name, `${name} (${model})`]);
    this.run = select({}, choices, choices[0][0]);
    const form = element("form", { class: "model-form" }, labelled("Model", this.run), this.#input());
    form.append(element("button", { type: "submit", class: "button primary" }, "Ask it"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    return this.host.replaceChildren(form, this.said);
  }

  #input() {
    if (this.task === "synthesis") {
      this.text = element("input", { type: "text", maxlength: 400, value: "seven three nine" });
      return labelled("Text", this.text);
    }
    if (this.figure) return element("span", { class: "about" }, "It hears what the figure above plays.");
    this.recording = select({}, SAID, "seven");
    return labelled("Recording", this.recording);
  }

  async #ask() {
    this.said.replaceChildren("It listens …");
    try {
      const path = `api/runs/${encodeURIComponent(this.run.value)}/answer`;
      const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(await this.#body()) };
      const answer = await ask(path, options);
      const told = answer.headers.get("X-Wavemill-Answer");
      const facts = told ? JSON.parse(decodeURIComponent(told)) : await answer.json();
      this.said.replaceChildren(...facts.answers.flatMap(parts), ...(told ? [await player(answer)] : []));
    } catch (error) {
      this.said.replaceChildren(element("p", { class: "problem" }, error.message));
    }
  }

  async #body() {
    if (this.text) return { text: this.text.value, speaker: this.runs.find((one) => one.name === this.run.value).speakers?.[0] ?? null };
    if (!this.figure) return { source: { signal: "speech", said: this.recording.value } };
    const { blob } = await this.figure.heard();
    const { upload: digest } = await upload(new File([blob], "figure.wav"));
    return { source: { upload: digest } };
  }
}

function runAbout(name) {
  if (!known.has(name)) known.set(name, getJson(`api/runs/${encodeURIComponent(name)}`).catch(() => null));
  return known.get(name);
}

/** Labels with their probabilities as bars; else the summary. */
function parts({ top, summary }) {
  if (!top?.length || top[0].probability === undefined) return [element("p", { class: "model-said" }, summary ?? "")];
  const rows = top.map(({ label, probability }) => {
    const bar = element("span", { class: "bar" });
    bar.style.width = `${100 * probability}%`;
    const cells = [element("td", { class: "bar-cell", "aria-hidden": true }, bar), element("td", { class: "count" }, `${number(100 * probability, 3)} %`)];
    return element("tr", {}, element("th", { scope: "row" }, String(label)), ...cells);
  });
  return [element("table", { class: "rates chances" }, element("caption", { class: "unseen" }, "What it hears"), element("tbody", {}, ...rows))];
}

async function player(answer) {
  return element("audio", { controls: true, src: URL.createObjectURL(await answer.blob()) });
}
