/**
 * Api: how pages talk to their server. Every address is made from the base that the page names, so that it works behind
 * a proxy; what the server refuses becomes a ServerError, with its sentence and the field it is about.
 *
 *     const {recipes} = await getJson("api/about");
 *     const {header, arrays} = await walk({source, stages, show: [[2, null]]});
 */

import { unpack } from "./arrays.js";

const named = document.querySelector('meta[name="wavemill-base"]')?.getAttribute("content") || "./";

/** The address under which everything of this server lies; it ends in a slash. */
export const base = new URL(named, document.baseURI);

/** What the server refused, or why it did not answer. `field` names the part of a request, or is null. */
export class ServerError extends Error {
  constructor(message, status = 0, field = null) {
    super(message);
    this.name = "ServerError";
    this.status = status;
    this.field = field;
  }
}

/** The address of something on this server; `query` is added where its values are neither null nor empty. */
export function address(path, query = {}) {
  const made = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") made.searchParams.set(name, String(value));
  }
  return made.href;
}

/** The answer to a request, if it is a good one; ServerError otherwise. */
export async function ask(path, { query, ...options } = {}) {
  let answer;
  try {
    answer = await fetch(address(path, query), { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("The server does not answer. Is wavemill serve still running?");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new ServerError(told.error ?? `The server answered with ${answer.status}.`, answer.status, told.field ?? null);
}

/** GET, answered in JSON. */
export async function getJson(path, query = {}, options = {}) {
  return (await ask(path, { query, ...options })).json();
}

function posted(body, options) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...options };
}

/** POST of JSON, answered in JSON. */
export async function postJson(path, body, options = {}) {
  return (await ask(path, posted(body, options))).json();
}

/** Walks a chain: {header, arrays}, the arrays as arrays.js describes them, in the order of `body.show`. */
export async function walk(body, options = {}) {
  const answer = await ask("api/walk", posted(body, options));
  return unpack(await answer.arrayBuffer());
}

/** Arrays that lie under an address, in the framing of a walk; for the arrays of a store. */
export async function fetchArrays(path, query = {}, options = {}) {
  const answer = await ask(path, { query, ...options });
  return unpack(await answer.arrayBuffer());
}

const sounds = new Map();
const MOST_SOUNDS = 12;

/** The sound of the one array that `body.show` names: {blob, approximate}. The latest dozen are kept. */
export function sound(body) {
  const key = JSON.stringify(body);
  if (!sounds.has(key)) {
    const coming = ask("api/sound", posted(body)).then(heard);
    coming.catch(() => sounds.delete(key));
    sounds.set(key, coming);
    if (sounds.size > MOST_SOUNDS) sounds.delete(sounds.keys().next().value);
  }
  return sounds.get(key);
}

/** The sound that lies under an address, as `sound` gives it; for the sounds of a store. */
export async function fetchSound(path, query = {}) {
  return heard(await ask(path, { query }));
}

async function heard(answer) {
  return { blob: await answer.blob(), approximate: answer.headers.get("X-Wavemill-Approximate") === "1" };
}

/** Sends one's own file: {upload, name, seconds, sample_rate, channels, codec}. */
export async function upload(file) {
  const headers = { "Content-Type": "application/octet-stream", "X-Name": encodeURIComponent(file.name) };
  return (await ask("api/uploads", { method: "POST", headers, body: file })).json();
}

const known = new Map();

/** GET in JSON of what does not change while the server runs; asked for once. */
export function once(path) {
  if (!known.has(path)) {
    const coming = getJson(path);
    coming.catch(() => known.delete(path));
    known.set(path, coming);
  }
  return known.get(path);
}

/** What is known of the server: version, recipes, stores, runs, chapters. */
export const about = () => once("api/about");

/** The built-in signals. */
export const signals = async () => (await once("api/signals")).signals;

/** The stages by group. */
export const stageGroups = async () => (await once("api/stages")).groups;

/** One stage: what it gives, its controls, its code. */
export const stage = (name) => once(`api/stages/${encodeURIComponent(name)}`);
