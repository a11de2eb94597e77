/**
 * Home: what this server has to show: the explorer, the chapters, the stores, the recipes.
 */

import { about, address } from "./api.js";
import { element } from "./elements.js";
import { whole } from "./numbers.js";
import { linkTo } from "./state.js";

const place = (id) => document.getElementById(id);

function card(href, title, text, more = null) {
  const lines = [element("strong", {}, title), element("span", {}, text), more && element("small", {}, more)];
  return element("li", {}, element("a", { class: "card", href }, ...lines.filter(Boolean)));
}

function fill(id, cards) {
  place(id).closest("section").hidden = !cards.length;
  place(id).replaceChildren(...cards);
}

function storeCard(store) {
  if (store.error) return element("li", {}, element("div", { class: "card" }, element("strong", {}, store.name), store.error));
  const arrays = store.arrays.map((one) => `${one.name} ${one.encoding}`).join(", ");
  const count = `${whole(store.examples)} examples, generation ${store.generation}`;
  return card(address(`stores/${encodeURIComponent(store.name)}`), store.title ?? store.name, count, arrays);
}

function recipeCard(recipe) {
  const names = recipe.stages.map((step) => Object.keys(step)[0]).join(" › ");
  const state = { source: { signal: "speech" }, stages: recipe.stages, keep: recipe.keep };
  return card(linkTo(state, address("explore")), recipe.title, recipe.about || names, recipe.about ? names : null);
}

try {
  const { version, chapters, stores, recipes } = await about();
  place("version").textContent = version;
  fill("chapters", chapters.map((one) => card(address(`chapters/${one.number}`), `${one.number}. ${one.title}`, one.about)));
  fill("stores", stores.map(storeCard));
  fill("recipes", recipes.map(recipeCard));
} catch (error) {
  place("problem").textContent = error.message;
  place("problem").hidden = false;
  throw error;
}
