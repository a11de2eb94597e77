/**
 * State: what a page shows, in its address behind the #, so that a link shows the same. The server never sees it.
 */

import { announce } from "./elements.js";

const EVERY = 300;
let timer = null;
let waiting = null;

/** The state in the address, or null where there is none that can be read. */
export function readState() {
  const text = location.hash.slice(1);
  if (!text) return null;
  try {
    const state = JSON.parse(decodeURIComponent(text));
    return state && typeof state === "object" ? state : null;
  } catch {
    return null;
  }
}

/** The address of this page with a state. Empty parts are left out. */
export function linkTo(state, page = location.href) {
  const address = new URL(page);
  address.hash = encoded(state);
  return address.href;
}

/** Puts a state into the address, not more often than browsers like, and without an entry in the history for each. */
export function writeState(state) {
  waiting = state;
  timer ??= setTimeout(() => {
    timer = null;
    history.replaceState(null, "", `#${encoded(waiting)}`);
  }, EVERY);
}

/** Calls `act` with the state when the address is changed by hand, by a link, or by going back. */
export function onState(act) {
  addEventListener("hashchange", () => act(readState()));
}

function encoded(state) {
  const kept = Object.entries(state).filter(([, value]) => value !== null && value !== undefined);
  return encodeURIComponent(JSON.stringify(Object.fromEntries(kept))).replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/** Copies a text and says so; the button shows it for a moment. Works without the clipboard's own interface as well. */
export async function copyText(text, said = "Copied.", button = null) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text);
  }
  announce(said);
  if (!button) return;
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1400);
}

function copyByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
