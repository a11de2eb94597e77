"""Example: one row of a store in every detail: what is known of it, its arrays, its sound, its picture.

The checksum of a row is checked before any of its arrays is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.axes import axis, maker
from explorer.browsing.columns import inside
from explorer.browsing.story import story
from explorer.errors import ExplorerError
from explorer.framing import Shown, encoded, framed
from explorer.sounding import approximate, audible, sound
from features.chain import Chain
from features.errors import ChainError
from features.example import Array, Audio, Features, Tokens
from features.showing import png
from features.showing.drawing import draw
from features.stage import Stage
from features.text.tokenizer import Tokenizer
from manifests.errors import StoreError
from manifests.index import PRODUCED
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.store import Store
from pipelines.stored_array import as_array

Row = Mapping[str, Any]
WIDTH, HEIGHT = 160, 40
"""Pixels of a thumbnail."""


class Looked:
    """One index row of a store. `open_shard` gives the reader of its shard, and is asked for arrays only."""

    def __init__(self, store: Store, row: Row, open_shard: Callable[[], ShardReader]) -> None:
        self.store, self.row, self._open_shard = store, row, open_shard
        self._reader: ShardReader | None = None

    def told(self) -> dict[str, Any]:
        """All that is known, as JSON: the row, what each stage did, the arrays with the digests of their bytes.

        `problem` says why there are no arrays, where the shard is damaged.
        """
        known = {name: value for name, value in self.row.items() if "." not in name}
        for name in ("labels", "extra", "notes"):
            known[name] = json.loads(known[name] or "{}")
        made = self.store.generation
        found: dict[str, Any] = {
            "row": known,
            "story": story(made.chain, known, known["notes"]),
            "arrays": [],
            "problem": None,
        }
        if self.row["fate"] == PRODUCED:
            try:
                found["arrays"] = [self._about(spec) for spec in made.arrays]
            except (ExplorerError, StoreError) as error:
                found["problem"] = inside(str(error), self.store)
        return found

    def framed(self, name: str) -> bytes:
        """One array in the framing of a walk: its numbers as the store keeps them."""
        values, value, made_by = self._stored(name), self.value(name), self._maker(name)
        if isinstance(value, Audio) and values.dtype != np.int16:
            values = np.ascontiguousarray(values.T)  # waveforms of floats are sent (channels, samples)
        facts: dict[str, Any] = {
            "step": None,
            "axis": None,
            "audible": audible(value, made_by, name),
            "approximate": approximate(value, made_by),
            "symbols": None,
        }
        if isinstance(value, Features):
            facts["axis"] = self._axis(name, value)
        if isinstance(value, Tokens):
            facts["symbols"] = self._symbols(name)
        about = {"name": name, "kind": self.spec(name).kind, "rate": self.row[f"{name}.rate"], **encoded(values)}
        header = {key: self.row[key] for key in ("key", "text", "speaker", "seconds")}
        labels = json.loads(self.row["labels"] or "{}")
        return framed({"steps": [], **header, "labels": labels}, [Shown({**about, **facts}, values)])

    def heard(self, name: str) -> tuple[Audio, bool]:
        """The sound of an array, and whether it is a guess; ExplorerError where there is none."""
        value, made_by = self.value(name), self._maker(name)
        return sound(value, made_by, name), approximate(value, made_by)

    def thumbnail(self) -> bytes:
        """A small picture as PNG: of the first features that are kept, or else of the first array."""
        specs = self.store.generation.arrays
        if not specs:
            raise ExplorerError("This store keeps no arrays.", "row", 404)
        first = next((spec for spec in specs if spec.kind == "features"), specs[0])
        return png.encode(draw(self.value(first.name), WIDTH, HEIGHT))

    def value(self, name: str) -> Array:
        """An array as stages know it."""
        return as_array(self._stored(name), self.spec(name), self.row)

    def spec(self, name: str) -> ArraySpec:
        """The spec of an array; ExplorerError, naming the arrays there are, where it is none of them."""
        specs = {spec.name: spec for spec in self.store.generation.arrays}
        if name not in specs:
            raise ExplorerError(f"There is no array {name!r}; there are {', '.join(specs) or 'none'}.", "name", 404)
        return specs[name]

    def _stored(self, name: str) -> NDArray[Any]:
        """The numbers of an array as they lie in the shard, (length, width), behind the check of the row."""
        self.spec(name)
        if self.row["fate"] != PRODUCED:
            raise ExplorerError(f"{self.row['key']} was left out, so there are no arrays of it.", "row", 404)
        if self._reader is None:
            reader = self._open_shard()
            reader.check(self.row)
            self._reader = reader
        return self._reader.read(self.row, name)

    def _about(self, spec: ArraySpec) -> dict[str, Any]:
        known = encoded(self._stored(spec.name))
        value, made_by = self.value(spec.name), self._maker(spec.name)
        sounds = {"audible": audible(value, made_by, spec.name), "approximate": approximate(value, made_by)}
        kept = {"name": spec.name, "kind": spec.kind, "kept": spec.encoding, "rate": self.row[f"{spec.name}.rate"]}
        return {**kept, "bytes_kept": self.row[f"{spec.name}.bytes"], **known, **sounds}

    def _chain(self) -> Chain | None:
        """The stages of the store; None where one of them is a plugin that is not loaded here."""
        try:
            return Chain.parse(self.store.generation.chain, self.store.generation.seed)
        except (ChainError, ValueError):
            return None

    def _maker(self, name: str) -> Stage | None:
        chain = self._chain()
        return maker(chain, name) if chain else None

    def _axis(self, name: str, value: Features) -> dict[str, Any] | None:
        chain = self._chain()
        if chain is None:
            return None
        try:
            return axis(chain, name, value.frame_rate, value.frames.shape[1])
        except (ChainError, ValueError):
            return None

    def _symbols(self, name: str) -> list[str] | None:
        """The symbols of tokens by their numbers, where the store's own stages say them."""
        from features.resources import Resources

        chain = self._chain()
        for stage, label in zip(chain.stages, chain.labels(), strict=True) if chain else ():
            if isinstance(stage, Tokenizer) and stage.target == name:
                return list(stage.bind(Resources({}, self.store.generation.fitted), label).vocabulary)
        return None
