"""What pydantic finds wrong, in plain words, with a suggestion where a name was mistyped."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "a mapping (name: value)",
    "model": "a mapping (name: value)",
    "mapping": "a mapping (name: value)",
}
_LIMITS = {
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
}


@dataclass(frozen=True)
class Chosen:
    """Metadata of an annotation whose real type depends on the value: `choose` answers it, or raises ValueError.

    Whatever has such a `choose` does, since manifests cannot know this class.
    """

    choose: Callable[[Any], Any]


def suggest(name: str, known: Iterable[str], used: Container[str] = ()) -> str:
    """'; did you mean ..?' for a name that is close to a known one that is not `used` yet, else what there is.

    >>> suggest("n_mells", ["n_mels", "n_fft"])
    '; did you mean n_mels?'
    >>> suggest("x", ["n_mels", "n_fft"])
    '; there are n_fft, n_mels'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, [known for known in names if known not in used], 1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(names)}" if names else "; there are none"


def show(value: Any) -> str:
    """A value as a message names it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}.."


def message(error: ErrorDetails) -> str:
    """One of pydantic's errors in plain words; unknown and missing parameters are worded by the caller."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in ("literal_error", "enum"):
        names = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"expected {either(names)}, got {show(value)}{_close(value, names)}"
    if kind in _LIMITS:
        return f"{_LIMITS[kind].format(**context)}, got {show(value)}"
    if kind in ("too_short", "too_long"):
        bound, count = (
            ("at least", context["min_length"]) if kind == "too_short" else ("at most", context["max_length"])
        )
        return f"expected {bound} {count} item{'s' * (count != 1)}, got {context['actual_length']}"
    if kind == "string_too_short":
        return "may not be empty"
    if kind == "string_pattern_mismatch":
        return f"expected text of the form {context['pattern']}, got {show(value)}"
    if kind == "finite_number":
        return f"expected a finite number, got {show(value)}"
    what, _, rest = kind.partition("_")
    if what in _EXPECTED and rest in ("type", "parsing", "from_float", "unicode", "attributes_type", "parsing_size"):
        quote = "; put it in quotes" if what == "string" and isinstance(value, bool | int | float) else ""
        return f"expected {_EXPECTED[what]}, got {show(value)}{quote}"
    return error["msg"]


def either(names: Sequence[str]) -> str:
    """a, b or c."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _close(value: Any, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(value, names, 1) if isinstance(value, str) else []
    return f"; did you mean {close[0]}?" if close else ""


def known_at(kind: Any, value: Any, path: Sequence[str | int]) -> set[str]:
    """The names that a mapping may have, below `path` in a value that should be a `kind`."""
    if get_origin(kind) is Annotated:
        chosen = next((item for item in kind.__metadata__ if hasattr(item, "choose")), None)
        if chosen is None:
            return known_at(get_args(kind)[0], value, path)
        try:
            return known_at(chosen.choose(value), value, path)
        except ValueError:
            return set()
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        if not path:
            return set(fields)
        if path[0] not in fields:
            return set()
        field = fields[str(path[0])]
        return known_at(_annotation(field), _inside(value, path[0]), path[1:])
    arguments = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return set().union(*(known_at(argument, value, path) for argument in arguments))
    if not path or not arguments:
        return set()
    return known_at(arguments[-1 if get_origin(kind) is dict else 0], _inside(value, path[0]), path[1:])


def _annotation(field: Any) -> Any:
    """A field's whole annotation; pydantic keeps the outer metadata apart."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
