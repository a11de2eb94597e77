/**
 * SourceLines: the lines of the stages that a figure shows at work, asked for when they are unfolded.
 */

import { address, stage } from "./api.js";
import { element } from "./elements.js";
import { linkTo } from "./state.js";

/** A folded list of the source of stages by their names; null without any. */
export function sourceLines(names) {
  if (!names.length) return null;
  return element("div", { class: "sources" }, ...names.map(folded));
}

function folded(name) {
  const summary = element("summary", {}, "Source of ", element("code", {}, name));
  const body = element("div", { class: "source" });
  const details = element("details", {}, summary, body);
  details.addEventListener("toggle", async () => {
    if (!details.open || body.childElementCount) return;
    try {
      body.replaceChildren(...lines(await stage(name)));
    } catch (error) {
      body.replaceChildren(element("p", { class: "problem" }, error.message));
    }
  });
  return details;
}

function lines({ name, code, source, example }) {
  const numbered = code.lines.map((text, at) => {
    return element("li", { value: code.first + at }, text || " ");
  });
  const about = element("p", { class: "about" }, element("code", {}, code.file), `, from line ${code.first} on. `);
  const open = element("a", { href: linkTo({ source: { signal: "speech" }, stages: behindDecode(example) }, address("explore")) }, `Open ${name} in the explorer`);
  const listing = element("ol", { class: "code-lines", tabindex: 0, "aria-label": `Source of ${name}` }, ...numbered);
  return [about, listing, source ? element("p", { class: "about from" }, source) : null, element("p", {}, open)].filter(Boolean);
}

const behindDecode = (example) => example.filter((step) => !("decode" in step));
