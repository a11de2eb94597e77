"""Stages at load: a chain that runs on what a store holds, whenever an example is read.

Draws come from (seed, epoch, key, copy): never from a worker, a rank or an order. Augmentations act on the examples
of train, each epoch anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.chain import Chain, Stopped
from features.errors import ChainError
from features.example import Array, Audio, Example, Features, Tokens
from features.resources import Resources
from features.stage import AudioShape, FeatureShape, Shape, TokenShape
from manifests.generation import labels_of
from manifests.spec import ArraySpec
from pipelines.recipe import Corpus, array_spec
from pipelines.scan import clips
from pipelines.sources import clip_entry, open_clips
from training.collate import FULL_SCALE, Values
from training.errors import DataError


class AtLoad:
    """A chain behind a store, for examples of one split. `reads` are the stored arrays that it takes, `specs` those
    that a batch then has, which `wanted` names.

    DataError where the stages do not fit the store, or nothing is called so behind them.
    """

    def __init__(
        self,
        split: str,
        chain: Chain,
        stored: Sequence[ArraySpec],
        wanted: Sequence[str] | None,
        corpora: Mapping[str, Corpus],
        fitted: Mapping[str, str],
    ) -> None:
        self.split, self.chain, self._fitted = split, chain, dict(fitted)
        self.reads, shapes = needed(self.chain, stored, wanted)
        names = list(wanted) if wanted is not None else list(shapes)
        missing = [name for name in names if name not in shapes]
        if missing:
            raise DataError(f"no array {missing[0]!r} behind the stages; there are {', '.join(shapes)}")
        self.specs = [heard_spec(name, shapes[name]) for name in names]
        drawn = self.chain.corpora(split)
        unknown = [name for name in drawn if name not in corpora]
        if unknown:
            raise DataError(f"stages draw from {unknown[0]!r}, which is no corpus; name it under corpora")
        self._roots = {name: corpora[name].reader.root for name in drawn}
        self._clips = {name: [clip_entry(row) for row in clips(corpora, name)] for name in self._roots}
        self._bound: dict[int, Chain] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_bound": {}}

    def run(self, row: Mapping[str, Any], values: Values, epoch: int) -> dict[str, NDArray[Any]]:
        """The arrays of an example behind the stages, in an epoch, (length, width) each.

        DataError, with the key and the reason, where a stage rejects it, or makes several of it.
        """
        arrays = {spec.name: as_array(values[spec.name], spec, row) for spec in self.reads}
        copy = row["copy"] + (
            self.split == "train"
        )  # so that augmentations act on copy 0 too, and draw otherwise for each
        labels = labels_of(row)
        given = Example(row["key"], None, arrays, row["text"], row["speaker"], labels, self.split, copy, row["part"])
        return {name: time_first(value) for name, value in self.after(given, epoch).arrays.items()}

    def after(self, example: Example, epoch: int) -> Example:
        """The example behind the stages, in an epoch; DataError as `run` raises it."""
        made = self._chain(epoch).run(example)
        if isinstance(made, Stopped):
            raise DataError(f"{example.key}: {made.stage}, at load: {made.verdict.reason}; leave it out with --where")
        if len(made) > 1:
            raise DataError(f"{example.key}: stages at load made {len(made)} examples of it; do that in the recipe")
        return made[0]

    def _chain(self, epoch: int) -> Chain:
        """The chain of an epoch, with what it draws from open."""
        if epoch not in self._bound:
            known = next(iter(self._bound.values()), None)
            resources = Resources(open_clips(self._roots, self._clips), self._fitted)
            bound = known or self.chain.bind(resources, self.split)
            self._bound = {epoch: replace(bound, seed=epoch_seed(self.chain.seed, epoch))}
        return self._bound[epoch]


def needed(
    chain: Chain, stored: Sequence[ArraySpec], wanted: Sequence[str] | None
) -> tuple[list[ArraySpec], dict[str, Shape]]:
    """The stored arrays that a chain and whoever wants its results take, and the shapes of all arrays behind it."""
    named = {getattr(stage, "of", None) for stage in chain.stages} | set(wanted or ())
    some = [spec for spec in stored if spec.name in named]
    try:
        return some, chain.check({spec.name: shape_of(spec) for spec in some})
    except ChainError:
        pass
    try:
        return list(stored), chain.check({spec.name: shape_of(spec) for spec in stored})
    except ChainError as error:
        stage = chain.stages[error.index or 0].name
        raise DataError(f"stages[{error.index or 0}].{stage}: {error}") from error


def shape_of(spec: ArraySpec) -> Shape:
    """What is known of a stored array before it is read."""
    if spec.kind == "audio":
        return AudioShape(None if spec.rate is None else int(spec.rate), spec.width)
    if spec.kind == "tokens":
        return TokenShape(None, spec.rate)
    return FeatureShape(spec.width or 0, spec.rate)


def heard_spec(name: str, shape: Shape) -> ArraySpec:
    """The spec of an array behind the stages: nothing is rounded there."""
    return array_spec(name, shape, "int32" if isinstance(shape, TokenShape) else "float32")


def as_array(values: NDArray[Any], spec: ArraySpec, row: Mapping[str, Any]) -> Array:
    """A stored array (length, width) as stages take it."""
    rate = row.get(f"{spec.name}.rate", spec.rate)
    if spec.kind == "audio":
        samples = values.T.astype(np.float32)
        if spec.encoding in ("flac", "int16"):
            samples /= FULL_SCALE
        return Audio(np.ascontiguousarray(samples), int(rate or 0))
    if spec.kind == "tokens":
        return Tokens(values[:, 0].astype(np.int32), rate or None)
    return Features(values.astype(np.float32), rate or 0.0)


def time_first(value: Array) -> NDArray[Any]:
    """An array of an example as (length, width)."""
    if isinstance(value, Audio):
        return np.ascontiguousarray(value.samples.T)
    return value.frames if isinstance(value, Features) else value.ids[:, None]


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of what is drawn in an epoch."""
    digest = hashlib.blake2b(f"{seed}\x1f{epoch}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "little")
