"""Controls: what a page needs to let a person turn a parameter, from the type, the limits and the default of a field.

Hard limits are the model's own. A slider cannot span all that they allow, so each has a span that makes sense around
the default: decibels and shares are linear, what has a scale of its own (samples, Hz, seconds, counts) is logarithmic.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from features.draws import Choice
from features.parameters import limits

UNITS = {
    "_hz": "Hz", "sample_rate": "Hz", "f_min": "Hz", "f_max": "Hz", "_db": "dB", "_degrees": "°",
    "_seconds": "s", "seconds": "s",
    "n_fft": "samples", "win_length": "samples", "hop_length": "samples", "frame_length": "samples",
}  # fmt: skip
"""By the end of a parameter's name."""
SPAN = 8.0
"""A slider goes from an eighth of the default to eight times as much, within the limits."""
TYPICAL = {"win_length": 400.0, "seconds": 1.0, "factor": 1.0}
"""What stands for the default of a parameter that has none."""
SPANS = {"floor": (1e-12, 1.0), "f_max": (200.0, 24000.0), "snr_db": (-20.0, 60.0)}
"""Of parameters whose limits and default say little."""
MANY = 16
"""Counts below are linear, from 0 or 1 on."""
POWERS = frozenset({"n_fft"})
"""Parameters whose steps are powers of two."""


def controls(model: type[BaseModel]) -> list[dict[str, Any]]:
    """The controls of a model's parameters, in order, as JSON."""
    return [control(field.alias or name, field) for name, field in model.model_fields.items()]


def control(name: str, field: FieldInfo) -> dict[str, Any]:
    """The control of one parameter."""
    default = (
        None if field.is_required() else to_jsonable_python(field.get_default(call_default_factory=True), by_alias=True)
    )
    kinds, facts = _alternatives(field.annotation, field.metadata)
    random = any(kind is Choice for kind in kinds)
    kinds = [kind for kind in kinds if kind is not NoneType]
    optional = len(kinds) < len(_alternatives(field.annotation, ())[0])
    made: dict[str, Any] = {
        "name": name, "about": field.description or "", "default": default, "required": field.is_required(),
        "optional": optional, "random": random, "unit": unit(name), "choices": None,
    }  # fmt: skip
    choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    if choices:
        return {**made, "kind": "choice", "choices": choices}
    if kinds == [bool]:
        return {**made, "kind": "switch"}
    if random or float in kinds or int in kinds:
        kind = "integer" if int in kinds and float not in kinds and not random else "number"
        return {**made, "kind": kind, **slider(name, kind, default, limits(facts))}
    if kinds == [str]:
        return {**made, "kind": "text"}
    return {**made, "kind": "list"}


def slider(name: str, kind: str, default: Any, found: dict[str, float]) -> dict[str, Any]:
    """The limits of a number, and what a slider spans of them."""
    low, high = found.get("ge", found.get("gt")), found.get("le", found.get("lt"))
    middle = _middle(TYPICAL.get(name) if default is None else default, low, high)
    narrow = low is not None and high is not None and (low < 0 or (high <= 1 and middle >= 0.01))
    if name.endswith("_db") or narrow:
        start = low if low is not None and low >= -100 else min(middle - 40, -60.0)
        end = high if high is not None and high <= 100 else max(middle + 40, 20.0)
        scale = "linear"
    elif middle > 0 and not (kind == "integer" and middle < MANY):
        start, end = max(low or 0, middle / SPAN), min(high or middle * SPAN, middle * SPAN)
        scale = "log"
    else:
        most = 8000.0 if unit(name) == "Hz" else max(SPAN * middle, 10.0)
        start, end, scale = low or 0.0, min(high, most) if high is not None else most, "linear"
    if name in SPANS:
        (start, end), scale = SPANS[name], "linear" if name.endswith("_db") else "log"
    step = 1.0 if kind == "integer" else (end - start) / 200 if scale == "linear" else 0.0
    if kind == "integer":
        start, end = round(start), round(end)
    return {
        "low": low, "high": high, "low_open": "gt" in found, "high_open": "lt" in found,
        "from": start, "to": max(end, start), "step": step, "scale": scale, "powers": name in POWERS,
    }  # fmt: skip


def unit(name: str) -> str | None:
    """The unit of a parameter, by its name."""
    ends = [end for end in UNITS if name == end or (end.startswith("_") and name.endswith(end))]
    return UNITS[ends[0]] if ends else None


def _middle(default: Any, low: float | None, high: float | None) -> float:
    if isinstance(default, dict):
        values = next(iter(default.values()))
        return float(sum(values) / len(values))
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        return float(default)
    return (low + high) / 2 if low is not None and high is not None else (low or 0.0)


def _alternatives(annotation: Any, facts: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The types that a value may have, and what they are annotated with."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _alternatives(inner, [*facts, *more])
    if get_origin(annotation) in (Union, UnionType):
        kinds, found = [], [*facts]
        for one in get_args(annotation):
            inside, more = _alternatives(one, ())
            kinds += inside
            found += more
        return kinds, found
    return [annotation], [*facts]
