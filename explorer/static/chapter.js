/**
 * Chapter: a page of text with live figures (live_figure.js), questions (question.js), and what trained models say
 * (models_block.js). The text stands in explorer/chapters/N.html, the figures in figures_N.json.
 */

import { ask } from "./api.js";
import { LiveFigure } from "./live_figure.js";
import { letModelsAnswer } from "./models_block.js";
import { letAnswer } from "./question.js";

const main = document.getElementById("main");
const figures = {};

/** Walks each figure's chains when it comes near the window. */
const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) figures[target.dataset.live]?.start();
  },
  { rootMargin: "500px" },
);

/** Marks in the contents what is being read. */
const reading = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) target.classList.toggle("in-sight", isIntersecting);
    const first = main.querySelector("section.in-sight");
    for (const link of document.querySelectorAll("#contents a[href*='#']")) {
      const here = first && link.hash === `#${first.id}`;
      if (here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  },
  { rootMargin: "-20% 0px -60% 0px" },
);

async function begin() {
  letAnswer(main);
  for (const section of main.querySelectorAll("article > section")) reading.observe(section);
  const described = await (await ask(`static/figures_${main.dataset.chapter}.json`)).json();
  for (const host of main.querySelectorAll("figure[data-live]")) {
    const name = host.dataset.live;
    host.id = `figure-${name}`;
    figures[name] = new LiveFigure(host, described[name]);
  }
  await Promise.all(Object.values(figures).map((one) => one.prepare()));
  for (const one of Object.values(figures)) near.observe(one.host);
  const [, id] = location.hash.split("#");
  if (id) document.getElementById(id)?.scrollIntoView();
  await letModelsAnswer(main, figures);
}

try {
  window.wavemill = { ...window.wavemill, figures };
  await begin();
} catch (error) {
  const place = document.getElementById("problem");
  place.textContent = error.message;
  place.hidden = false;
  throw error;
}
