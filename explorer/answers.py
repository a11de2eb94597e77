"""Answers: what a walk came to, as a page shows and plays it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from explorer.asking import Asked
from explorer.axes import axis, maker
from explorer.errors import ExplorerError
from explorer.framing import Shown, framed, kind, rate, shown
from explorer.sounding import approximate, audible, sound
from explorer.walking import Step, Way, checked, parse
from explorer.world import World
from features.chain import Chain
from features.example import Array, Audio, Features
from features.stage import Stage, Transform
from features.text.tokenizer import Tokenizer

STAGE = re.compile(r"stages\[(\d+)\]")


class Heard(NamedTuple):
    """A sound, and whether it is a guess."""

    audio: Audio
    approximate: bool


@dataclass(frozen=True)
class Walked:
    """A walk with what was asked of it."""

    asked: Asked
    way: Way
    steps: Sequence[Step]

    def framed(self) -> bytes:
        """The steps, and the arrays that are shown, as explorer/framing.py sends them."""
        arrays = []
        for position, name in self.asked.show:
            picked = self.picked(position, name)
            if picked is not None:
                arrays.append(self._shown(position, *picked))
        example = self.way.first()
        facts = {"key": example.key, "text": example.text, "speaker": example.speaker, "labels": dict(example.labels)}
        steps = [self._step(position) for position in range(self.asked.offset, len(self.steps))]
        return framed({"steps": steps, **facts, "seconds": self.way.opened.seconds}, arrays)

    def heard(self) -> Heard:
        """The sound of the one array that was asked for; ExplorerError where there is none."""
        if len(self.asked.show) != 1:
            raise ExplorerError("a sound is of one array: name one in show", "show")
        ((position, wanted),) = self.asked.show
        picked = self.picked(position, wanted)
        if picked is None:
            verdict = next((step.verdict for step in self.steps if step.verdict), "there is no such step")
            raise ExplorerError(f"nothing is left to be heard: {verdict}", "show")
        name, value = picked
        maker = self.maker(position, name)
        return Heard(sound(value, maker, name), approximate(value, maker))

    def picked(self, position: int, name: str | None) -> tuple[str, Array] | None:
        """An array behind a stage, by default what that stage wrote; None where the recording was stopped before."""
        step = self._at(position)
        if step is None or step.example is None:
            return None
        arrays = step.example.arrays
        if name is None:
            name = written(parse(self.way.stages, 0).stages[position + self.asked.offset], arrays)
        if name not in arrays:
            raise ExplorerError(f"there is no array {name!r} here; there are {', '.join(arrays)}", "show")
        return name, arrays[name]

    def chain(self, position: int) -> Chain:
        """The stages up to one."""
        return parse(self.way.stages[: position + self.asked.offset + 1], self.way.seed)

    def maker(self, position: int, name: str) -> Stage | None:
        """The last stage up to one that wrote an array."""
        return maker(self.chain(position), name)

    def _at(self, position: int) -> Step | None:
        number = position + self.asked.offset
        if not 0 <= number < len(self.way.stages):
            raise ExplorerError(f"there is no stage {position}", "show")
        return self.steps[number] if number < len(self.steps) else None

    def _shown(self, position: int, name: str, value: Array) -> Shown:
        made, maker = shown(name, value, self.asked.keep.get(name)), self.maker(position, name)
        facts = {
            **made.facts,
            "step": position,
            "axis": None,
            "audible": audible(value, maker, name),
            "approximate": approximate(value, maker),
            "symbols": self.symbols(position, name),
        }
        if isinstance(value, Features):
            facts["axis"] = axis(self.chain(position), name, value.frame_rate, value.frames.shape[1])
        return Shown(facts, made.values)

    def symbols(self, position: int, name: str) -> list[str] | None:
        """The symbols of tokens, by their numbers; None for what is no text in tokens."""
        stages = self.chain(position).stages
        made = [at for at, stage in enumerate(stages) if isinstance(stage, Tokenizer) and stage.target == name]
        known = self.steps[made[-1]].symbols if made else None
        return None if known is None else list(known)

    def _step(self, number: int) -> dict[str, Any]:
        step = self.steps[number]
        arrays = step.example.arrays if step.example else {}
        found = [
            {"name": name, "kind": kind(value), "shape": list(value.array.shape), "rate": rate(value)}
            for name, value in arrays.items()
        ]
        notes = dict(step.example.notes) if step.example else {}
        facts = {"stage": step.stage, "milliseconds": round(step.milliseconds, 3), "verdict": step.verdict}
        return {**facts, "arrays": found, "notes": notes, "cached": step.cached}


def walked(world: World, asked: Asked) -> Walked:
    """Walks as far as what is to be shown, or through the whole chain where nothing is."""
    way = asked.way(world)
    last = len(way.stages) - 1
    furthest = max((position for position, _ in asked.show), default=last) + asked.offset
    with numbered_as(asked):
        return Walked(asked, way, world.walker.walk(way, min(max(furthest, 0), last)))


def fits(asked: Asked) -> None:
    """ExplorerError, with the parameter, where the stages do not fit together; nothing runs."""
    with numbered_as(asked):
        checked(parse(asked.chain, 0))


@contextmanager
def numbered_as(asked: Asked) -> Iterator[None]:
    """Errors number stages as the page does, which may not know of `decode`."""
    try:
        yield
    except ExplorerError as error:
        raise ExplorerError(str(error), as_asked(error.field, asked.offset), error.status) from error


def as_asked(field: str | None, offset: int) -> str | None:
    """A field of the stages as the page numbers them.

    >>> as_asked("stages[1].log_mel.n_mels", 1)
    'stages[0].log_mel.n_mels'
    """
    found = STAGE.match(field or "")
    return field if found is None else f"stages[{int(found[1]) - offset}]{str(field)[found.end() :]}"


def written(stage: Stage, arrays: Any) -> str:
    """The array that a stage writes; what it passes on where it writes none: the last one."""
    target = stage.target if isinstance(stage, Transform) else getattr(stage, "of", None)
    return str(target) if target in arrays else next(reversed(arrays), "audio")
