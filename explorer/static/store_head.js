/**
 * The head of a store's page: what the store is, and the choice of another one, or of another generation.
 */

import { address } from "./api.js";
import { element, labelled, select } from "./elements.js";
import { lasting } from "./generations.js";
import { whole } from "./numbers.js";

const place = (id) => document.getElementById(id);

/** Fills the head; `reopen` hears the number of a generation. */
export function fillHead(name, about, store, reopen) {
  document.title = `${name} · wavemill`;
  place("title").textContent = name;
  const seconds = Object.values(store.splits).reduce((sum, one) => sum + one.seconds, 0);
  const arrays = store.arrays.map((one) => `${one.name} ${one.encoding}`).join(", ");
  const facts = [`${whole(store.rows)} rows`, lasting(seconds), arrays, store.format].filter(Boolean).join(" · ");
  const lines = [store.description, facts].filter(Boolean);
  place("about").replaceChildren(...lines.map((text) => element("span", {}, text)));
  const stores = select({}, about.stores.map((one) => [one.name, one.name]), name);
  stores.addEventListener("change", () => location.assign(address(`stores/${encodeURIComponent(stores.value)}`)));
  const numbers = store.generations.map((one) => [one.number, [one.number, ...one.tags].join(", ")]);
  const generations = select({}, numbers, store.generation);
  generations.addEventListener("change", () => reopen(Number(generations.value)));
  place("which").replaceChildren(labelled("Store", stores), labelled("Generation", generations));
}
