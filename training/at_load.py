"""Stages at load: a chain that runs on what a store holds, whenever an example is read.

Draws come from (seed, epoch, key, copy): never from a worker, a rank or an order. Augmentations act on every example
of train, copy 0 too, and each epoch draws anew; what is drawn for other splits is the same in every epoch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.chain import Chain, Stopped
from features.draws import Draws
from features.errors import ChainError, StageCrash
from features.example import Array, Audio, Example, Features
from features.resources import Resources
from features.stage import AudioShape, FeatureShape, Shape, TokenShape, Transform
from manifests.generation import labels_of
from manifests.spec import ArraySpec
from pipelines.recipe import Corpus, array_spec
from pipelines.scan import clips
from pipelines.sources import clip_entry, open_clips
from pipelines.stored_array import as_array
from pipelines.wording import suggest
from training.collate import Values
from training.errors import DataError, TrainingError

Row = Mapping[str, Any]


class AtLoad:
    """A chain behind a store, for examples of one split. `reads` are the stored arrays that it takes, `specs` those
    that a batch then has: the `wanted` ones, None for all.

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
        self.split, self.chain, self.fitted = split, chain, dict(fitted)
        self.reads, shapes = needed(chain, stored, wanted)
        require(shapes, wanted or (), "behind the stages: ")
        self.specs = [heard_spec(name, shapes[name]) for name in (shapes if wanted is None else wanted)]
        for label, at in chain.to_fit().items():
            if label not in fitted and chain.stages[at].acts_on(split, 1):
                raise DataError(
                    f"stages: {label} is fitted when a store is built, which this one was not; name it there"
                )
        drawn = chain.corpora(split)
        for name in drawn:
            if name not in corpora:
                raise DataError(f"stages draw from {name!r}, which is no corpus{suggest(name, corpora)}")
        self._roots = {name: corpora[name].reader.root for name in drawn}
        self._clips = {name: [clip_entry(row) for row in clips(corpora, name)] for name in drawn}
        self._bound: Chain | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_bound": None}  # open files stay in their process

    def run(self, row: Row, values: Values, epoch: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """An index row and its arrays, (length, width) each, as they are behind the stages in an epoch.

        DataError, with the key and the reason, where a stage rejects it, or makes several of it.
        """
        arrays = {spec.name: as_array(values[spec.name], spec, row) for spec in self.reads}
        copy = row["copy"] + (self.split == "train")  # augmentations leave copy 0 alone
        labels, notes = labels_of(row), json.loads(row.get("notes") or "{}")
        same = row["text"], row["speaker"], labels, self.split, copy, row["part"], notes
        made = self.after(Example(row["key"], None, arrays, *same), epoch)
        told = {"text": made.text, "labels": row["labels"] if made.labels == labels else json.dumps(dict(made.labels))}
        if "notes" in row:
            told["notes"] = json.dumps(dict(made.notes))
        return {**row, **told}, {spec.name: time_first(made.arrays[spec.name]) for spec in self.specs}

    @property
    def stretches(self) -> bool:
        """Whether stages make examples longer or shorter, each by a factor of its own."""
        return any(isinstance(stage, Transform) and stage.stretches for stage in self.chain.stages)

    def stretch(self, key: str, copy: int, part: int, epoch: int) -> float:
        """How many times as long an example will be behind the stages, in an epoch."""
        seed, factor = self._seed(epoch), 1.0
        copy += self.split == "train"
        for stage, occurrence in zip(self.chain.stages, self.chain.occurrences, strict=True):
            if isinstance(stage, Transform) and stage.stretches and stage.acts_on(self.split, copy):
                draws = Draws(seed, stage.name, occurrence, key, copy, part)
                factor *= stage.stretch(draws) if stage.applies(draws) else 1.0
        return factor

    def after(self, example: Example, epoch: int) -> Example:
        """The example behind the stages, in an epoch; DataError as `run` raises it."""
        if self._bound is None:
            self._bound = self.chain.bind(Resources(open_clips(self._roots, self._clips), self.fitted), self.split)
        try:
            made = replace(self._bound, seed=self._seed(epoch)).run(example)
        except StageCrash as error:  # whose kind cannot travel from a worker
            raise TrainingError(f"{error}, at load") from error
        if isinstance(made, Stopped):
            raise DataError(f"{example.key}: {made.stage}, at load: {made.verdict.reason}; leave it out with where")
        if len(made) > 1:
            raise DataError(f"{example.key}: stages at load made {len(made)} examples of it; do that in the recipe")
        return made[0]

    def _seed(self, epoch: int) -> int:
        return epoch_seed(self.chain.seed, epoch if self.split == "train" else 0)


def needed(
    chain: Chain, stored: Sequence[ArraySpec], wanted: Sequence[str] | None
) -> tuple[list[ArraySpec], dict[str, Shape]]:
    """The stored arrays that a chain and whoever wants its results take, and the shapes of all arrays behind it.

    Those are the ones that stages read or that are wanted, by name, and all of them where more are read than that.
    """
    if any(stage.name == "decode" for stage in chain.stages):
        raise DataError("stages: decode reads files, and a store holds arrays; leave it to the recipe")
    named = {getattr(stage, "of", None) for stage in chain.stages} | set(wanted or ())
    if wanted is not None:
        some = [spec for spec in stored if spec.name in named]
        try:
            return some, chain.check({spec.name: shape_of(spec) for spec in some})
        except ChainError:
            pass
    try:
        return list(stored), chain.check({spec.name: shape_of(spec) for spec in stored})
    except ChainError as error:
        index = error.index or 0
        raise DataError(f"stages[{index}].{chain.stages[index].name}: {error}") from error


def require(there: Collection[str], wanted: Sequence[str], place: str) -> None:
    """DataError unless all names that are wanted are there."""
    for name in wanted:
        if name not in there:
            raise DataError(f"{place}no array {name!r}{suggest(name, there)} (there: {', '.join(there)})")


def shape_of(spec: ArraySpec) -> Shape:
    """What is known of a stored array before it is read."""
    if spec.kind == "audio":
        return AudioShape(None if spec.rate is None else int(spec.rate), spec.width)
    if spec.kind == "tokens":
        return TokenShape(None, spec.rate)
    if spec.width is None:
        raise DataError(f"{spec.name} has a width of its own in each recording; name other arrays")
    return FeatureShape(spec.width, spec.rate)


def heard_spec(name: str, shape: Shape) -> ArraySpec:
    """The spec of an array behind the stages: nothing is rounded there."""
    return array_spec(name, shape, "int32" if isinstance(shape, TokenShape) else "float32")


def time_first(value: Array) -> NDArray[Any]:
    """An array of an example as (length, width)."""
    if isinstance(value, Audio):
        return np.ascontiguousarray(value.samples.T)
    return value.frames if isinstance(value, Features) else value.ids[:, None]


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of what is drawn in an epoch."""
    digest = hashlib.blake2b(f"{seed}\x1f{epoch}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "little")
