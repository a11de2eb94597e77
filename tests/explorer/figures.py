"""The figures of the chapters as the page reads them (explorer/static/figure_state.js), without a browser."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from explorer.chapters import CHAPTERS
from explorer.chapters.rendering import HERE
from explorer.pages import STATIC

LIVE = re.compile(r'<figure data-live="([\w-]+)"')


def text(number: int) -> str:
    """The text of a chapter, as it is written."""
    return (HERE / f"{number}.html").read_text("utf-8")


@cache
def described(number: int) -> dict[str, Any]:
    """The figures of a chapter by name."""
    found: dict[str, Any] = json.loads((STATIC / f"figures_{number}.json").read_text("utf-8"))
    return found


def everywhere() -> list[tuple[int, str]]:
    """All figures: the chapter, and the name."""
    return [(one.number, name) for one in CHAPTERS for name in described(one.number)]


def settings(figure: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The chains of a figure for each option, and with each control at either end: what it is, and the chains."""
    choices = [one for one in figure.get("controls", []) if "options" in one]
    for options in [[0] * len(choices), *_turned(choices)]:
        chosen = {id(one): one["options"][number] for one, number in zip(choices, options, strict=True)}
        label = next((one["options"][number]["label"] for one, number in zip(choices, options, strict=True)), "")
        yield f"{label} as it begins", chains(figure, chosen, {})
        for control in figure.get("controls", []):
            if "options" in control or not control.get("sets") or label not in control.get("only", [label]):
                continue
            ends = control.get("choices") or [control[end] for end in ("from", "to") if end in control]
            for value in ends:
                yield f"{label} {control['label']} {value}", chains(figure, chosen, {id(control): value})


def chains(figure: dict[str, Any], chosen: dict[int, Any], values: dict[int, Any]) -> list[dict[str, Any]]:
    """The chains with what is chosen, and with the values of some controls."""
    found = copy.deepcopy(figure["chains"])
    label = next((one["label"] for one in chosen.values()), "")
    for option in chosen.values():
        for path, value in option.get("set", {}).items():
            put(found, path, copy.deepcopy(value))
    for control in figure.get("controls", []):
        if "options" in control or label not in control.get("only", [label]):
            continue
        value = values.get(id(control), control.get("value"))
        for path in control.get("sets", []):
            if value is not None:
                put(found, path, value)
    return found


def put(found: Any, path: str, value: Any) -> None:
    """Sets what a path leads to, if it leads anywhere."""
    *way, last = path.split(".")
    at = found
    for part in way:
        if isinstance(at, list):
            at = at[int(part)] if int(part) < len(at) else None
        else:
            at = at.get(part) if isinstance(at, dict) else None
        if at is None:
            return
    if isinstance(at, list):
        at[int(last) : int(last) + 1] = [value]
    else:
        at[last] = value


def references(figure: dict[str, Any]) -> list[list[Any]]:
    """The arrays that views and measures show: [chain, step, name]."""
    found = []
    for view in figure["views"]:
        found += [view[name] for name in ("show", "hear", "like") if name in view]
        found += view.get("of", []) + [one["show"] for one in view.get("curves", [])]
        found += [one["show"] for one in view.get("forms", []) if "show" in one]
        found += [view["sound"]] if isinstance(view.get("sound"), list) else []
    for measure in figure.get("measures", []):
        found += measure.get("from", [])
    return found


def wanted(figure: dict[str, Any], chain: dict[str, Any], number: int) -> list[list[Any]]:
    """What a walk of the chain with this number must show."""
    last = len(chain["stages"]) - 1
    shown = [[last if step == "last" else step, name] for of, step, name in references(figure) if of == number]
    return [one for at, one in enumerate(shown) if one not in shown[:at]]


def _turned(choices: list[dict[str, Any]]) -> list[list[int]]:
    return [
        [number if at == place else 0 for place in range(len(choices))]
        for at, choice in enumerate(choices)
        for number in range(1, len(choice["options"]))
    ]
