"""Parameters: what each field of a stage takes, in words, for the documents and the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from features.draws import Choice, Interval

_KINDS = {bool: "true, false", int: "whole number", float: "number", str: "text", dict: "mapping"}
_PLAIN = re.compile(r"(?!(?:true|false|null)$)[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name and its default as a recipe writes them (None: it is required), and what it takes."""

    name: str
    default: str | None
    values: str
    about: str


def parameters(model: type[BaseModel]) -> list[Parameter]:
    """The parameters of a stage, in order.

    >>> class Loud(BaseModel):
    ...     gain_db: Annotated[float, Ge(-60)] = 3.0
    >>> parameters(Loud)
    [Parameter(name='gain_db', default='3', values='number, at least -60', about='')]
    """
    found = []
    for name, field in model.model_fields.items():
        default = None if field.is_required() else flow(field.get_default(call_default_factory=True))
        values = _values(field.annotation, field.metadata)
        found.append(Parameter(field.alias or name, default, values, field.description or ""))
    return found


def flow(value: Any) -> str:
    """A value on one line, as a recipe writes it.

    >>> flow({"snr_db": {"uniform": (5, 20.0)}, "from": "noise", "as": None})
    '{snr_db: {uniform: [5, 20]}, from: noise, as: null}'
    """
    if isinstance(value, BaseModel):
        return flow(value.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return f"{value:.10g}"
    return json.dumps(value)


def _values(annotation: Any, facts: Sequence[Any] = ()) -> str:
    """What a type takes; `facts` are what it is annotated with."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _values(inner, [*facts, *more])
    arguments, origin = get_args(annotation), get_origin(annotation)
    if origin in (Union, UnionType):
        if any(_bare(one) is Choice for one in arguments):
            return f"number or distribution{_range(facts)}"
        nothing = ["null"] if NoneType in arguments else []
        return " or ".join([*nothing, *(_values(one, facts) for one in arguments if one is not NoneType)])
    if origin is Literal:
        return ", ".join(map(flow, arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"list of {_values(arguments[0])}"
    if origin is tuple:
        return "[" + ", ".join(map(_values, arguments)) + "]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"the parameters of {getattr(annotation, 'name', annotation.__name__)}"
    return _KINDS.get(origin or annotation, "any") + _range(facts)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _range(facts: Sequence[Any]) -> str:
    """The range that constraints leave, behind a comma.

    >>> _range([Ge(0), Le(1)]), _range([Ge(2)]), _range([])
    (', 0 to 1', ', at least 2', '')
    """
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    found = limits(facts)
    if found.keys() == {"ge", "le"}:
        return f", {found['ge']:.10g} to {found['le']:.10g}"
    return "".join(f", {word} {found[kind]:.10g}" for kind, word in words.items() if kind in found)


def limits(facts: Sequence[Any]) -> dict[str, Any]:
    """The limits that constraints set: gt, ge, lt, le, as far as they are there.

    >>> limits([Ge(0), Le(1)])
    {'ge': 0, 'le': 1}
    """
    names = ("gt", "ge", "lt", "le")
    return {name: getattr(fact, name) for fact in _flat(facts) for name in names if hasattr(fact, name)}


def _flat(facts: Sequence[Any]) -> Iterator[Any]:
    """The constraints themselves, out of what holds them."""
    for fact in facts:
        if isinstance(fact, FieldInfo):
            yield from fact.metadata
        elif isinstance(fact, AfterValidator) and isinstance(fact.func, Interval):
            yield from (Ge(fact.func.low), Le(fact.func.high))
        else:
            yield fact
