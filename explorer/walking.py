"""Walking: a recording through a chain, stage by stage, by the very stages that build shards.

What a stage made stays in a cache by all that decides it: what was opened, the seed, the copy, and the stages so far.
So where one parameter changes, only the stages from there on run again.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from explorer.errors import ExplorerError
from explorer.opening import Opened
from features.chain import Chain, Stopped
from features.errors import ChainError, FeatureError, StageCrash
from features.example import Example
from features.fitting import fit
from features.resources import Resources
from features.stage import Rejected
from features.text.tokenizer import Tokenizer

CACHE_BYTES = 256 << 20
"""Of arrays that are kept, of all visitors together; the newest ones stay."""


@dataclass(frozen=True)
class Step:
    """What one stage did: the example behind it, None where it or one before it stopped the recording, and how long
    it took; `verdict` says why it stopped. `symbols` are those of the tokens that it wrote, by their numbers.
    """

    stage: str
    example: Example | None
    milliseconds: float
    verdict: str | None = None
    cached: bool = False
    symbols: Sequence[str] | None = None


@dataclass(frozen=True)
class Way:
    """A recording with all that decides what becomes of it."""

    opened: Opened
    stages: Sequence[Mapping[str, Any]]
    seed: int = 0
    copy: int = 0
    split: str = "train"

    def first(self) -> Example:
        """The example before the first stage."""
        return replace(self.opened.example, copy=self.copy, split=self.split)


@dataclass
class Walker:
    """Walks, and keeps what came of them. One for a server; it may be asked from several threads."""

    most_bytes: int = CACHE_BYTES
    _kept: OrderedDict[str, Step] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def walk(self, way: Way, upto: int) -> list[Step]:
        """The steps of the stages up to the one with the number `upto`; fewer where one of them stops the recording.

        ExplorerError, with the parameter, where the chain cannot be run.
        """
        chain = parse(way.stages, way.seed)
        checked(chain)
        steps: list[Step] = []
        now, bound = way.first(), None
        for position in range(upto + 1):
            name = f"{way.opened.identity} {way.seed} {way.copy} {way.split} {_text(way.stages[: position + 1])}"
            step = self._find(name)
            if step is None:
                if bound is None:
                    bound = _bound(chain, way)
                step = _step(bound, position, now, way.opened.part)
                self._keep(name, step)
            steps.append(step)
            if step.example is None:
                break
            now = step.example
        return steps

    def _find(self, name: str) -> Step | None:
        with self._lock:
            step = self._kept.get(name)
            if step is not None:
                self._kept.move_to_end(name)
                return replace(step, cached=True)
            return None

    def _keep(self, name: str, step: Step) -> None:
        with self._lock:
            self._kept[name] = step
            while len(self._kept) > 1 and self._bytes() > self.most_bytes:
                self._kept.popitem(last=False)

    def _bytes(self) -> int:
        """Of the arrays that are kept, each once however many steps hand it on."""
        arrays = {
            id(v): v.array.nbytes for step in self._kept.values() if step.example for v in step.example.arrays.values()
        }
        return sum(arrays.values())


def parse(stages: Sequence[Mapping[str, Any]], seed: int) -> Chain:
    """The chain in its JSON form; ExplorerError names the parameter that is wrong."""
    for position, described in enumerate(stages):
        if len(described) != 1:
            raise ExplorerError("a stage is written {name: {its parameters}}", f"stages[{position}]")
        try:
            Chain.parse([described])
        except ChainError as error:
            raise ExplorerError(str(error), f"stages[{position}]") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = "".join(f".{part}" for part in first["loc"][:1])
            said = first["msg"].removeprefix("Value error, ")
            if isinstance(first["input"], str) and first["input"].startswith("${"):
                said = f"the recipe takes it from {first['input']}, which is not set where the server runs"
            raise ExplorerError(said, f"stages[{position}].{next(iter(described))}{where}") from error
    return Chain.parse(stages, seed)


def checked(chain: Chain) -> None:
    """ExplorerError where a stage cannot follow what is before it; names and rates, before anything runs."""
    try:
        chain.check()
    except ChainError as error:
        position = error.index or 0
        place = f"stages[{position}].{chain.stages[position].name}"
        raise ExplorerError(str(error), f"{place}.{error.parameter}" if error.parameter else place) from error


def _bound(chain: Chain, way: Way) -> Chain:
    """The chain with what its stages need; what is not fitted yet is fitted on this recording alone."""
    known, opened = dict(way.opened.fitted), way.opened
    missing = [label for label in chain.to_fit() if label not in known]
    try:
        if missing:
            known |= {label: found for label, found in fit(chain, lambda: [way.first()]).items() if label in missing}
        clips = opened.clips()
        for name in chain.corpora("train"):
            if name not in clips:
                raise ExplorerError(
                    f"a stage draws from the corpus {name!r}; serve its recipe, too: --recipe", "stages"
                )
        return chain.bind(Resources(clips, known))
    except ExplorerError:
        raise
    except (FeatureError, ChainError, KeyError, ValueError) as error:
        raise ExplorerError(str(error), "stages") from error


def _step(chain: Chain, position: int, now: Example, part: int) -> Step:
    began = time.perf_counter()
    try:
        outcome = chain.only(position).run(now)
    except StageCrash as error:
        outcome = Stopped(chain.stages[position].name, Rejected(str(error)))
    took = 1000 * (time.perf_counter() - began)
    stage = chain.stages[position]
    if isinstance(outcome, Stopped):
        verdict = f"{type(outcome.verdict).__name__.lower()}: {outcome.verdict.reason}"
        return Step(stage.name, None, took, verdict)
    symbols = tuple(stage.vocabulary) if isinstance(stage, Tokenizer) else None
    return Step(stage.name, outcome[min(part, len(outcome) - 1)], took, symbols=symbols)


def _text(stages: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(stages, sort_keys=True)
