"""The manual: what each stage is, read from its own code; docs/stages.md and `wavemill stages` are written from it.

What a stage gives stands in the docstring of its class, and why one wants it, with the formula and its source, in that
of its module, or in those that it names. Shapes are those of its showcase.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from features.catalog import STAGES, stage_class
from features.chain import Chain
from features.draws import Draws
from features.errors import FeatureError
from features.parameters import Parameter, flow, parameters
from features.showcase import shapes, showcase
from features.signal.parts import PartsStage
from features.stage import AudioShape, FeatureShape, FittedStage, Shape, Stage, TextStage, Transform

GROUPS = {
    "signal": "Signal and sampling",
    "spectral": "Time and frequency",
    "perceptual": "Perceptual features",
    "neural": "Neural inputs",
    "spatial": "Spatial features",
    "inverse": "Inverses",
    "augment": "Augmentation",
    "filters": "Filters",
}
_FOLDERS = {"audio": "signal", "text": "neural"}  # that have no group of their own
_MADE_UP = ("stereo", "ambisonics")  # arrays of the showcase that no recipe has: it decodes all channels instead
_OTHER_MODULE = re.compile(r"\b(?:features\.(?P<path>[\w.]+)|(?P<name>\w+)\.py)\b")


@dataclass(frozen=True)
class Page:
    """One stage. `why` and `source` are of its module, `gives` of its class; `reads` and `writes` say their shapes."""

    name: str
    group: str
    gives: str
    why: str
    source: str
    parameters: list[Parameter]
    example: list[dict[str, Any]]
    reads: str
    writes: str
    streams: bool

    @property
    def recipe(self) -> str:
        """The example as the lines of a recipe."""
        steps = (flow(step).removeprefix("{").removesuffix("}") for step in self.example)
        return "\n".join(["stages:", *(f"  - {step}" for step in steps)])


def contents() -> dict[str, dict[str, str]]:
    """By group, each stage with what it gives in one line, in the order of the catalog."""
    found: dict[str, dict[str, str]] = {group: {} for group in GROUPS}
    for name in STAGES:
        stage = stage_class(name)
        found[_group(stage)][name] = _gives(stage).partition("\n\n")[0].replace("\n", " ")
    return found


def page(name: str) -> Page:
    """What is to be known of a stage; ChainError where there is none of that name."""
    stage = stage_class(name)
    why, _, source = inspect.cleandoc(sys.modules[stage.__module__].__doc__ or "").partition("\n\n")
    try:
        reads, writes, streams = _effect(name)
    except FeatureError as error:  # it needs an extra that is not installed
        reads, writes, streams = "..", f"..: {error}", False
    return Page(
        name=name,
        group=_group(stage),
        gives=_gives(stage),
        why=_said(why),
        source="\n\n".join([*([source] if source else []), *_further(stage, f"{why}\n{source}")]),
        parameters=parameters(stage),
        example=example(name),
        reads=reads,
        writes=writes,
        streams=streams,
    )


def example(name: str) -> list[dict[str, Any]]:
    """The showcase as a recipe has it: behind `decode`, and on the copies of train where it augments.

    A stage that only training configurations have stands alone, as it does there.
    """
    stage = stage_class(name)
    if issubclass(stage, FittedStage) and stage.on_arrays:
        return [{name: {}}]
    steps = [step for step in stage_class(name).shown or [{name: {}}] if "decode" not in step]
    several = any(parameters.get("of") in _MADE_UP for step in steps for parameters in step.values())
    decode: dict[str, Any] = {"decode": {"channels": "all" if several else "mono"}}
    return [decode, *({key: _written(parameters) for key, parameters in step.items()} for step in steps)]


def describe(name: str, shape: Shape) -> str:
    """An array's shape in words; `..` is what depends on the recording.

    >>> describe("audio", AudioShape(16000, 1)), describe("log_mel", FeatureShape(80, 100.0, 201))
    ('audio (1, ..) at 16000 Hz', 'log_mel (201, 80) at 100 a second')
    """
    name = "audio" if name in _MADE_UP else name
    if isinstance(shape, AudioShape):
        rate = f" at {shape.sample_rate} Hz" if shape.sample_rate else ""
        return f"{name} ({_known(shape.channels)}, {_known(shape.samples)}){rate}"
    if isinstance(shape, FeatureShape):
        rate = f" at {shape.frame_rate:g} a second" if shape.frame_rate else ""
        return f"{name} ({_known(shape.frames)}, {shape.bins}){rate}"
    count = f" of {shape.vocabulary} symbols" if shape.vocabulary else ""
    return f"{name} (..){count}" + (f" at {shape.rate:g} a second" if shape.rate else "")


def _effect(name: str) -> tuple[str, str, bool]:
    """What the last stage of a showcase reads and writes, and whether it streams there."""
    if name == "decode":
        return "the bytes of a file", describe("audio", Chain.parse([{name: {}}]).check()["audio"]), False
    chain, _ = showcase(name)
    stage = chain.stages[-1]
    before = Chain(chain.stages[:-1]).check(shapes())
    after = stage.check(before)
    named = dict.fromkeys(value for _, value in stage if isinstance(value, str) and value in before)
    arrays = ", ".join(describe(array, before[array]) for array in named)
    label = f"the label {stage.label}" if hasattr(stage, "label") else ""
    reads = ", ".join(filter(None, (arrays, label))) or "the text"
    if isinstance(stage, Transform):
        heard = before[stage.of]
        streams = isinstance(heard, AudioShape) and stage.stream(heard, Draws(0, name, 0, "key", 0)) is not None
        return reads, describe(stage.target, after[stage.target]), streams
    if isinstance(stage, PartsStage):
        return reads, f"{describe(stage.of, after[stage.of])}, for each part", False
    new = [describe(array, shape) for array, shape in after.items() if array not in before]
    return reads, ", ".join(new) or ("the text" if isinstance(stage, TextStage) else "the same"), False


def _group(stage: type[Stage]) -> str:
    folder = stage.__module__.split(".")[1]
    return _FOLDERS.get(folder, folder)


def _gives(stage: type[Stage]) -> str:
    """The docstring of the class, without the doctest at its end."""
    return inspect.cleandoc(stage.__doc__ or "").partition("\n\n>>>")[0]


def _said(paragraph: str) -> str:
    """The first paragraph of a module, without the name before the colon."""
    text = paragraph.partition(": ")[2] or paragraph
    return text[:1].upper() + text[1:]


def _further(stage: type[Stage], text: str) -> list[str]:
    """The docstrings of the other modules that a module names for its formula."""
    package = stage.__module__.rpartition(".")[0]
    names = [f"features.{m['path']}" if m["path"] else f"{package}.{m['name']}" for m in _OTHER_MODULE.finditer(text)]
    return [inspect.cleandoc(import_module(name).__doc__ or "") for name in dict.fromkeys(names)]


def _written(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without what the showcase needs and a recipe does not."""
    shown = {"of": _MADE_UP, "act_on": ("all",)}
    return {key: value for key, value in parameters.items() if value not in shown.get(key, ())}


def _known(size: int | None) -> str:
    return ".." if size is None else str(size)
