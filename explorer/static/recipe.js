/**
 * Recipe: the chain as the text of a recipe, to be copied with a click, and what is known of the recording.
 */

import { element, iconButton } from "./elements.js";
import { copyText } from "./state.js";
import { flow, toYaml } from "./yaml.js";

export class RecipeCard {
  constructor(host) {
    this.text = "";
    const copy = iconButton("copy", "Copy the recipe's stages", () => copyText(this.text, "Recipe copied.", copy));
    this.code = element("pre", { tabindex: 0, "aria-label": "The recipe's stages, as YAML" });
    this.recording = element("dl", { class: "facts" });
    host.append(element("div", { class: "code-box" }, copy, this.code), this.recording);
  }

  /** Shows the recipe of a state. */
  show({ stages, keep }) {
    this.text = toYaml(stages, keep);
    this.code.replaceChildren(...this.text.split("\n").flatMap((line) => [...coloured(line), "\n"]).slice(0, -2));
  }

  /** Tells what is known of the recording. */
  tell({ key, text, speaker, labels }) {
    const facts = { Recording: key, Text: text, Speaker: speaker, Labels: labels && Object.keys(labels).length ? flow(labels) : null };
    const known = Object.entries(facts).filter(([, value]) => value);
    this.recording.replaceChildren(
      ...known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]),
    );
  }
}

/** A line with its names in another colour than its values. */
function coloured(line) {
  const parts = line.split(/([A-Za-z_][\w-]*)(?=:)/);
  return parts.map((part, at) => (at % 2 ? element("span", { class: "yaml-name" }, part) : part));
}
