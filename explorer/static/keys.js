/**
 * Keys: the keys of the explorer, wherever no field is being typed into, and the dialog that lists them.
 */

import { element, iconButton } from "./elements.js";

const KEYS = [
  ["Space", "play or pause"],
  ["+ − 0", "zoom in, zoom out, show all (on a picture)"],
  ["arrows", "move the cursor (on a picture), ten steps with shift"],
  ["drag", "zoom to what is marked; with shift: move along"],
  ["wheel", "zoom in time; with shift in frequency"],
  ["a", "keep the present setting as A"],
  ["x", "switch between A and B"],
  ["s", "A above B"],
  ["d", "the difference B − A"],
  ["n", "add a stage"],
  ["alt ↑ ↓", "move the stage whose name has the focus"],
  ["Delete", "remove it"],
  ["l", "copy a link that shows the same"],
  ["?", "this list"],
];

/** Lets the page of the explorer be worked by keys. */
export function letKeys(explorer) {
  const { view, comparing } = explorer;
  const help = helpDialog();
  const acts = {
    " ": () => view.toggle(),
    a: () => comparing.keep(comparing.current),
    x: () => comparing.swap(),
    s: () => comparing.turn("split"),
    d: () => comparing.turn("difference"),
    n: () => explorer.add(),
    l: () => explorer.copyLink(document.getElementById("link")),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!acts[event.key] || takesKey(event.target, event.key) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    acts[event.key]();
  });
  document.getElementById("help").addEventListener("click", () => help.showModal());
}

/** Whether an element has its own use for a key. */
function takesKey(target, key) {
  if (target.matches("input:not([type=range], [type=checkbox], [type=radio]), select, textarea")) return true;
  return key === " " && target.matches("button, summary, input, a, [role=button]");
}

function helpDialog() {
  const rows = KEYS.flatMap(([key, act]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, act)]);
  const dialog = element("dialog", { class: "dialog small", "aria-labelledby": "help-title" });
  const close = iconButton("close", "Close", () => dialog.close());
  dialog.append(
    element("div", { class: "dialog-head" }, element("h2", { id: "help-title" }, "Keys"), close),
    element("dl", { class: "keys" }, ...rows),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return dialog;
}
