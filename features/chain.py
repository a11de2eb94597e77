"""Chain: stages in order. Builders, training, predict and the explorer all run recordings through this one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from features.catalog import stage_class
from features.draws import Draws
from features.errors import ChainError, StageCrash
from features.example import Example
from features.resources import Resources
from features.stage import (
    AudioShape,
    Filtered,
    FittedStage,
    Outcome,
    Rejected,
    Shape,
    Stage,
    TextStage,
    Transform,
    Verdict,
)
from features.streaming import Stream


@dataclass(frozen=True, slots=True)
class Stopped:
    """A recording that did not come through: which stage said so, and its verdict."""

    stage: str
    verdict: Verdict


@dataclass(frozen=True)
class Chain:
    """Stages in order, with the seed of their draws.

    >>> chain = Chain.parse([{"decode": {"channels": "mono"}}, {"resample": {"sample_rate": 8000}}])
    >>> [stage.name for stage in chain.stages]
    ['decode', 'resample']
    """

    stages: Sequence[Stage]
    seed: int = 0
    occurrences: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        counts = tuple(names[:position].count(name) for position, name in enumerate(names))
        object.__setattr__(self, "occurrences", counts)

    @classmethod
    def parse(cls, described: Sequence[Mapping[str, Any]], seed: int = 0) -> Chain:
        """The chain from its JSON form, [{name: parameters}, ..]; ValueError where it is not one."""
        stages = []
        for item in described:
            ((name, parameters),) = item.items()
            stages.append(stage_class(name).model_validate(parameters or {}))
        return cls(stages, seed)

    def describe(self) -> list[dict[str, Any]]:
        """The JSON form that `parse` reads, every parameter resolved."""
        return [{s.name: s.model_dump(mode="json", by_alias=True)} for s in self.stages]

    def bind(self, resources: Resources, split: str | None = None) -> Chain:
        """This chain with its resources opened: the corpora its stages draw from, and what was fitted.

        With a `split`, only the stages that act on examples of it are bound, and no others' resources are needed.
        """
        pairs = zip(self.stages, self.labels(), strict=True)
        bound = [stage.bind(resources, label) if _acts(stage, split) else stage for stage, label in pairs]
        return replace(self, stages=bound)

    def labels(self) -> list[str]:
        """A name for each stage: its own, with a number where it is there more than once."""
        return [_label(stage.name, number) for stage, number in zip(self.stages, self.occurrences, strict=True)]

    def to_fit(self) -> dict[str, int]:
        """The stages that are fitted on data: position by label."""
        found = enumerate(zip(self.labels(), self.stages, strict=True))
        return {label: at for at, (label, stage) in found if isinstance(stage, FittedStage) and stage.needs_fit()}

    def made_for(self, position: int) -> list[dict[str, Any]]:
        """What decides how a stage is fitted, as JSON: it, and the text stages before it."""
        before = [stage for stage in self.stages[:position] if isinstance(stage, TextStage)]
        return Chain([*before, self.stages[position]]).describe()

    def texts(self, position: int, examples: Iterable[Example]) -> Iterator[Example]:
        """Examples without arrays, as the text stages before a position leave them; those they stop are left out."""
        before = [stage for stage in self.stages[:position] if isinstance(stage, TextStage)]
        for example in examples:
            now: Outcome = example
            for stage in before:
                if isinstance(now, Example):
                    now = stage.apply(now, Draws(self.seed, stage.name, 0, now.key, 0))
            if isinstance(now, Example):
                yield now

    def corpora(self, split: str | None = None) -> list[str]:
        """The corpora that the stages draw from, each once, in order of the name; of those that act on a split."""
        return sorted({name for stage in self.stages if _acts(stage, split) for name in stage.corpora()})

    def only(self, position: int) -> Chain:
        """One stage of this chain by itself, with the draws that it makes in the whole."""
        alone = Chain([self.stages[position]], self.seed)
        object.__setattr__(alone, "occurrences", (self.occurrences[position],))
        return alone

    def check(self, shapes: Mapping[str, Shape] | None = None) -> dict[str, Shape]:
        """The shapes at the end; ChainError from the first stage that does not fit, with its position in `index`."""
        now: dict[str, Shape] = dict(shapes or {})
        for position, stage in enumerate(self.stages):
            try:
                now = stage.check(now)
            except ChainError as error:
                error.index = position
                raise
        return now

    def fingerprint(self) -> str:
        """A digest of what the chain is meant to do: stages, versions, resolved parameters, seed."""
        text = json.dumps([self.seed, *(s.identity() for s in self.stages)], sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def streams(self, example: Example, before: AudioShape, of: str = "audio") -> list[Stream]:
        """The streams of the stages that act on `example`, whose waveform `of` comes in pieces; it is not in there.

        For features.streaming.stream_chain. Each stage reads what the one before it wrote; the rate and the channels
        of `before` are known. ChainError, with the position in `index`, from the first stage that does not stream.
        """
        found: list[Stream] = []
        now: dict[str, Shape] = {of: before}
        for position, (stage, occurrence) in enumerate(zip(self.stages, self.occurrences, strict=True)):
            draws = Draws(self.seed, stage.name, occurrence, example.key, example.copy, example.part)
            try:
                if not isinstance(stage, Transform):
                    raise ChainError(f"{stage.name} does not stream")
                after = stage.check(now)[stage.target]
                if stage.acts_on(example.split, example.copy) and stage.applies(draws):
                    found.append(_stream(stage, now[stage.of], draws))
                    now = {stage.target: after}
                else:
                    now = {stage.target: now[stage.of]}
            except ChainError as error:
                error.index = position
                raise
        return found

    def run(self, example: Example, announce: Callable[[int], None] = lambda position: None) -> list[Example] | Stopped:
        """The examples that come of one, or who stopped it and why.

        `announce` hears the position of each stage before the stage is entered.
        Any exception but MemoryError is a bug and is raised as StageCrash with the key and the stage.
        Where one recording becomes several, a verdict on a part drops that part; when no part is left,
        the last verdict is the recording's. Such a stage numbers all parts anew, in order.
        """
        flow, stopped = [example], None
        for position, (stage, occurrence) in enumerate(zip(self.stages, self.occurrences, strict=True)):
            announce(position)
            after: list[Example] = []
            several = False
            for current in flow:
                if not stage.acts_on(current.split, current.copy):
                    after.append(stage.skip(current))
                    continue
                draws = Draws(self.seed, stage.name, occurrence, current.key, current.copy, current.part)
                outcome = _apply(stage, current, draws)
                if isinstance(outcome, (Rejected, Filtered)):
                    stopped = Stopped(stage.name, outcome)
                    continue
                several = several or isinstance(outcome, list)
                parts = outcome if isinstance(outcome, list) else [outcome]
                after.extend(part.note(_label(stage.name, occurrence), draws.taken) for part in parts)
            flow = [replace(part, part=number) for number, part in enumerate(after)] if several else after
            if not flow:
                return stopped or Stopped(stage.name, Filtered("nothing is left of it"))
        return flow


def _acts(stage: Stage, split: str | None) -> bool:
    return split is None or stage.acts_on(split, 0) or stage.acts_on(split, 1)


def _apply(stage: Stage, example: Example, draws: Draws) -> Example | list[Example] | Verdict:
    try:
        outcome = stage.apply(example, draws)
        return outcome if isinstance(outcome, (Example, Rejected, Filtered)) else list(outcome)
    except MemoryError:
        raise
    except Exception as error:  # whatever a stage raises is told with its name and the recording
        raise StageCrash(example.key, stage.name, error) from error


def _stream(stage: Transform, before: Shape, draws: Draws) -> Stream:
    stream = stage.stream(before, draws) if isinstance(before, AudioShape) else None
    if stream is None:
        raise ChainError(f"{stage.name} does not stream with these parameters")
    return stream


def _label(name: str, occurrence: int) -> str:
    return name if occurrence == 0 else f"{name}.{occurrence}"
