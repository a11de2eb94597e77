/**
 * Question: a question of a chapter, whose answer is shown when one has been given.
 *
 *     <div class="question" data-answer="2"><p>..</p><ol><li>..</li>..</ol><div class="answer">..</div></div>
 *     <div class="question" data-answer="7000" data-within="100" data-unit="Hz"><p>..</p><div class="answer">..</div></div>
 *
 * With a list, `data-answer` counts its items from 1. Without one, it is a number, right within `data-within`.
 */

import { element, unique } from "./elements.js";

/** Makes the questions below `host` answerable. */
export function letAnswer(host) {
  for (const one of host.querySelectorAll(".question")) new Question(one);
}

class Question {
  constructor(host) {
    this.host = host;
    this.wanted = Number(host.dataset.answer);
    this.within = Number(host.dataset.within ?? 0);
    this.answer = host.querySelector(".answer");
    this.answer.hidden = true;
    this.verdict = element("p", { class: "verdict-line", role: "status" });
    const list = host.querySelector("ol");
    const asked = host.querySelector("p");
    asked.id ||= unique("asked");
    const form = element("form", { "aria-labelledby": asked.id });
    form.append(list ? this.#choices(list) : this.#field(host.dataset.unit ?? ""));
    this.button = element("button", { type: "submit", class: "button" }, "Show the answer");
    const skip = element("button", { type: "button", class: "quiet", onclick: () => this.#reveal(null) }, "I give up");
    form.append(element("div", { class: "question-foot" }, this.button, skip));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = this.#given();
      if (given === null) this.verdict.textContent = "Answer first; a guess will do.";
      else this.#reveal(given);
    });
    this.answer.before(form, this.verdict);
  }

  #choices(list) {
    const name = unique("answer");
    this.radios = [...list.children].map((item, at) => {
      const radio = element("input", { type: "radio", name, value: at + 1 });
      const label = element("label", {}, radio, element("span", {}, ...item.childNodes));
      item.replaceChildren(label);
      return radio;
    });
    return list;
  }

  #field(unit) {
    const id = unique("answer");
    this.box = element("input", { id, type: "number", step: "any", inputmode: "decimal" });
    return element("p", { class: "answer-field" }, element("label", { for: id }, "Your answer"), this.box, element("span", { class: "unit" }, unit));
  }

  #given() {
    if (this.box) return this.box.value === "" ? null : Number(this.box.value);
    const chosen = this.radios.find((one) => one.checked);
    return chosen ? Number(chosen.value) : null;
  }

  #reveal(given) {
    const right = given !== null && Math.abs(given - this.wanted) <= this.within;
    this.verdict.textContent = given === null ? "" : right ? "Right." : "Not quite.";
    this.verdict.className = `verdict-line ${right ? "good" : ""}`;
    this.radios?.[this.wanted - 1].closest("li").classList.add("right");
    this.answer.hidden = false;
    this.host.classList.add("answered");
  }
}
