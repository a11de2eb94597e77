"""Decided: the gates that a recipe asks for, and what each of them said of a generation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from manifests.generation import Generation
from pipelines.gates.gate import share
from pipelines.yaml_nodes import parse

REFUSED, PASSED, ACCEPTED = "refused", "passed", "refused, and published all the same"
PUBLISHED = "published, though "


@dataclass(frozen=True, slots=True)
class Decision:
    """A gate: what the recipe asks, as typed, what came of it, and in words what was found."""

    gate: str
    asked: str
    outcome: str
    found: str = ""


def decisions(made: Generation, note: Mapping[str, Any] | None = None) -> list[Decision]:
    """One for each gate of the recipe as built. `note` is that of the run, which knows how much was dropped."""
    if not made.recipe_text:
        return []
    gates = parse(made.recipe_text, "recipe.yaml")[0].plain().get("gates") or {}
    against = refusals(made.reason)
    outcome = ACCEPTED if made.reason.startswith(PUBLISHED) else REFUSED
    return [
        Decision(
            name,
            asked if isinstance(asked, str) else json.dumps(asked, ensure_ascii=False),
            outcome if name in against else PASSED,
            against.get(name) or _measured(name, made, note),
        )
        for name, asked in gates.items()
    ]


def refusals(reason: str) -> dict[str, str]:
    """What gates had against a generation, from its reason, by their names.

    >>> refusals("published, though gates.max_rejected: 2 of 9; gates.disjoint: speaker a; speaker b")
    {'max_rejected': '2 of 9', 'disjoint': 'speaker a; speaker b'}
    """
    text = reason.removeprefix(PUBLISHED)
    if not text.startswith("gates."):
        return {}
    found: dict[str, str] = {}
    for part in text.removeprefix("gates.").split("; gates."):
        name, _, words = part.partition(": ")
        found[name] = f"{found[name]}; {words}" if name in found else words
    return found


def _measured(name: str, made: Generation, note: Mapping[str, Any] | None) -> str:
    if name in ("max_rejected", "max_filtered"):
        fate = name.removeprefix("max_")
        return f"{share(made.count(fate), made.count('recordings'))} {fate}"
    if name == "max_dropped" and note:
        return f"{note.get('planned', {}).get('dropped_recordings', 0)} dropped"
    return ""
