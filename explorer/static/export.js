/**
 * Export: the selection as a manifest: a file of JSON Lines, and what a recipe says to read it.
 *
 *     new ExportDialog().show({total, href, reading, name});
 */

import { element, iconButton } from "./elements.js";
import { whole } from "./numbers.js";
import { copyText } from "./state.js";

export class ExportDialog {
  constructor() {
    this.element = element("dialog", { class: "dialog small", "aria-labelledby": "export-title" });
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
    document.body.append(this.element);
  }

  /** Offers the manifest of a selection; `reading` are the parameters of the reader that takes it. */
  show({ total, href, reading, name }) {
    const close = iconButton("close", "Close", () => this.element.close());
    const head = element("div", { class: "dialog-head" }, element("h2", { id: "export-title" }, "Export the selection"), close);
    const file = `${name}-selection.jsonl`;
    const link = element("a", { class: "button primary", href, download: file }, "Download the manifest");
    const text = snippet({ ...reading, path: file });
    const copy = iconButton("copy", "Copy the recipe's lines", () => copyText(text, "Copied.", copy));
    this.element.replaceChildren(
      head,
      element("p", {}, `${whole(total)} rows, one line for each recording.`),
      element("p", { class: "export-link" }, link),
      element("p", {}, "Put it into the folder of the corpus. A recipe reads it like this:"),
      element("div", { class: "code-box" }, element("pre", { tabindex: 0 }, text), copy),
    );
    this.element.showModal();
  }
}

/** The lines of a recipe that name the manifest as a corpus. */
function snippet({ reader, path, labels, columns }) {
  const parts = [`reader: ${reader}`, 'root: "${DATA}"', `path: ${path}`];
  if (columns) parts.push(`columns: ${flow(columns)}`);
  if (labels) parts.push(`labels: ${flow(labels)}`);
  return ["corpora:", "  selection:", ...parts.map((one) => `    ${one}`), "source: [selection]", "split: {from: corpus}"].join("\n");
}

function flow(value) {
  if (Array.isArray(value)) return `[${value.map((one) => JSON.stringify(one)).join(", ")}]`;
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${JSON.stringify(one)}`).join(", ")}}`;
}
