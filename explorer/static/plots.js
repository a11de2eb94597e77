/**
 * Plots: how values spread, as bars that can be pressed: a histogram of numbers, or the most frequent values.
 *
 *     drawDistribution(host, found, {label: "Duration", unit: "s", chosen: (from, to) => .., picked: (value) => ..});
 */

import { element } from "./elements.js";
import { number, whole } from "./numbers.js";

const FIRST = 8;

/** Draws what api/stores/NAME/distribution answered. `chosen` hears a span of numbers, `picked` a value. */
export function drawDistribution(host, found, { label, unit = "", chosen, picked, is = () => false }) {
  const parts = found.kind === "histogram" ? histogram(found, label, unit, chosen) : bars(found, label, picked, is);
  const missing = found.missing ? element("p", { class: "hint" }, `${whole(found.missing)} rows without`) : null;
  host.replaceChildren(...[...parts, missing].filter(Boolean));
}

function histogram({ edges, counts }, label, unit, chosen) {
  if (!counts.length) return [element("p", { class: "hint" }, "No row has it.")];
  const most = Math.max(...counts);
  const text = (value) => `${number(value, 4)}${unit ? ` ${unit}` : ""}`;
  const group = element("div", { class: "histogram", role: "group", "aria-label": `${label}: rows by value` });
  let first = null;
  counts.forEach((count, at) => {
    const said = `${text(edges[at])} to ${text(edges[at + 1])}: ${whole(count)} rows`;
    const bar = element("button", { type: "button", "aria-label": said, title: said, tabindex: at ? -1 : 0 }, element("span"));
    bar.firstChild.style.height = `${count ? Math.max((100 * count) / most, 1.5) : 0}%`;
    bar.addEventListener("click", (event) => {
      const from = event.shiftKey && first !== null ? Math.min(first, at) : at;
      const to = event.shiftKey && first !== null ? Math.max(first, at) : at;
      first = event.shiftKey && first !== null ? first : at;
      chosen(edges[from], edges[to + 1], to === counts.length - 1);
    });
    group.append(bar);
  });
  letArrows(group);
  const ends = element("div", { class: "ends", "aria-hidden": true });
  ends.append(element("span", {}, text(edges[0])), element("span", {}, text(edges[edges.length - 1])));
  return [group, ends];
}

function bars({ values, others, rest }, label, picked, is) {
  if (!values.length) return [element("p", { class: "hint" }, "No row has it.")];
  const most = Math.max(...values.map(([, count]) => count));
  const items = values.map(([value, count]) => bar(value, count, most, picked, is(value)));
  const list = element("ul", { class: "bars", "aria-label": `${label}: the most frequent values` }, ...items.slice(0, FIRST));
  if (values.length <= FIRST && !others) return [list];
  const hidden = values.length - FIRST + others;
  const open = () => {
    list.append(...items.slice(FIRST));
    const left = others ? `and ${whole(others)} other values in ${whole(rest)} rows` : "";
    more.replaceWith(element("p", { class: "hint" }, left));
    items[FIRST]?.querySelector("button").focus();
  };
  const more = element("button", { type: "button", class: "quiet", onclick: open }, `${whole(hidden)} more`);
  return [list, more];
}

function bar(value, count, most, picked, pressed) {
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  const fill = element("span", { class: "fill", "aria-hidden": true });
  fill.style.width = `${(100 * count) / most}%`;
  const about = { type: "button", "aria-pressed": String(pressed), title: `${text}: ${whole(count)} rows` };
  const button = element("button", { ...about, onclick: () => picked(value) }, fill);
  button.append(element("span", { class: "value" }, text), element("span", { class: "count" }, whole(count)));
  return element("li", {}, button);
}

/** One of a row of buttons is reached by tab, the others by arrows. */
function letArrows(group) {
  group.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const buttons = [...group.children];
    const at = buttons.indexOf(document.activeElement);
    const next = buttons[Math.min(Math.max(at + steps[event.key], 0), buttons.length - 1)];
    for (const one of buttons) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });
}
