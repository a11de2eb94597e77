/*
 * Theme: light, dark, or as the system has it. A plain script in the head of a page, so that the choice is there before
 * anything is drawn. It is kept in localStorage; `wavemill-theme` is the event on the document when it changes.
 * A button with the id `theme` switches it.
 */
"use strict";

(() => {
  const ROUND = { system: "light", light: "dark", dark: "system" };
  const NAMES = { system: "as the system", light: "light", dark: "dark" };
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    try {
      return localStorage.getItem("wavemill-theme");
    } catch {
      return null; // storage may be refused; the choice then lasts as long as the page
    }
  }

  /** `data-theme` is what was chosen, `data-look` what comes of it: light or dark. */
  function apply(theme) {
    root.dataset.theme = theme in ROUND ? theme : "system";
    root.dataset.look = root.dataset.theme !== "system" ? root.dataset.theme : dark.matches ? "dark" : "light";
    document.dispatchEvent(new Event("wavemill-theme"));
  }

  function choose(theme) {
    apply(theme);
    try {
      localStorage.setItem("wavemill-theme", root.dataset.theme);
    } catch {
      return;
    }
  }

  function label(button) {
    const text = `Theme: ${NAMES[root.dataset.theme]}`;
    button.setAttribute("aria-label", `${text}. Switch to ${NAMES[ROUND[root.dataset.theme]]}`);
    button.title = text;
  }

  apply(kept());
  dark.addEventListener("change", () => apply(root.dataset.theme));
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    label(button);
    button.addEventListener("click", () => {
      choose(ROUND[root.dataset.theme]);
      label(button);
    });
  });
})();
