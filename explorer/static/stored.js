/**
 * Stored: the digests that a store has of the arrays of the recording that is open.
 */

import { once } from "./api.js";

/** The SHA-256 of an array as the store of a source keeps it; null where it keeps none, or cannot be read. */
export async function storedDigest(source, name) {
  if (!source.store) return null;
  const { digests } = await once(`api/kept?${new URLSearchParams(source)}`).catch(() => ({ digests: {} }));
  return digests[name] ?? null;
}
