/**
 * Adding: the dialog in which a person finds a stage by name or by what it gives.
 *
 *     const dialog = new StageDialog(groups);
 *     const {name, group} = await dialog.ask();   // null where it was closed
 */

import { element, iconButton, prose } from "./elements.js";

export class StageDialog {
  #done = null;

  constructor(groups) {
    this.find = element("input", { type: "search", placeholder: "log_mel, echo, speed …", "aria-label": "Find a stage" });
    this.list = element("div", { class: "stage-groups" });
    this.none = element("p", { class: "hint", hidden: true, role: "status" }, "No stage is called so, or does that.");
    const close = iconButton("close", "Close", () => this.dialog.close());
    const head = element("div", { class: "dialog-head" }, element("h2", { id: "add-title" }, "Add a stage"), close);
    this.dialog = element("dialog", { class: "dialog", "aria-labelledby": "add-title" }, head, this.find, this.none, this.list);
    this.choices = groups.flatMap((group) => this.#group(group));
    document.body.append(this.dialog);
    this.find.addEventListener("input", () => this.#filter());
    this.dialog.addEventListener("keydown", (event) => this.#keys(event));
    this.dialog.addEventListener("close", () => this.#answer(null));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  #group(group) {
    const part = element("section", { "aria-label": group.title }, element("h3", {}, group.title));
    this.list.append(part);
    return group.stages.map(({ name, gives, available }) => {
      const words = [element("strong", {}, name), element("span", {}, ...prose(gives))];
      const button = element("button", { type: "button", class: "stage-choice", disabled: available === false }, ...words);
      button.addEventListener("click", () => this.#answer({ name, group: group.name }));
      part.append(button);
      return { name, part, button, text: `${name} ${gives} ${group.title}`.toLowerCase() };
    });
  }

  /** Opens the dialog; the stage that was chosen, or null. */
  ask() {
    this.find.value = "";
    this.#filter();
    this.dialog.showModal();
    this.find.focus();
    return new Promise((resolve) => (this.#done = resolve));
  }

  #answer(found) {
    const done = this.#done;
    this.#done = null;
    if (this.dialog.open) this.dialog.close();
    done?.(found);
  }

  #filter() {
    const words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { button, text } of this.choices) button.hidden = !words.every((word) => text.includes(word));
    for (const part of new Set(this.choices.map((one) => one.part))) {
      part.hidden = this.choices.every((one) => one.part !== part || one.button.hidden);
    }
    this.none.hidden = this.choices.some((one) => !one.button.hidden);
  }

  /** Of the stages that are found, the one that is called so, or begins so. */
  #best(shown) {
    const typed = this.find.value.trim().toLowerCase();
    const named = this.choices.filter(({ button }) => shown.includes(button));
    const found = named.find(({ name }) => name === typed) ?? named.find(({ name }) => name.startsWith(typed)) ?? named[0];
    return found?.button;
  }

  #keys(event) {
    const shown = this.choices.filter(({ button }) => !button.hidden && !button.disabled).map(({ button }) => button);
    const at = shown.indexOf(document.activeElement);
    if (event.key === "ArrowDown") shown[Math.min(at + 1, shown.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at <= 0 ? this.find : shown[at - 1]).focus();
    else if (event.key === "Enter" && document.activeElement === this.find) this.#best(shown)?.click();
    else return;
    event.preventDefault();
  }
}
