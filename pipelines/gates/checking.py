"""Checking: every gate of a recipe on one generation; all that fail are told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from manifests.generation import CANDIDATE, Generation
from manifests.storage import Storage
from manifests.store import Store
from pipelines.commit import keep_candidate
from pipelines.errors import GateError
from pipelines.gates.gate import Gate, Look, Problem
from pipelines.yaml_nodes import parse


def problems(gates: Sequence[Gate], store: Store) -> list[Problem]:
    """What the gates have against a generation."""
    found = []
    for gate in gates:
        with TemporaryDirectory(prefix="wavemill-gate-") as folder:
            problem = gate.check(Look(store, Path(folder)))
        if problem is not None:
            found.append(problem)
    return found


def check(gates: Sequence[Gate], storage: Storage, proposed: Generation) -> None:
    """GateError where a gate has something against a generation; what was built stays there as a candidate."""
    found = problems(gates, Store(storage, proposed))
    if found:
        name = keep_candidate(storage, replace(proposed, reason="; ".join(problem.line for problem in found)))
        accept = f"wavemill publish {storage.root} {name}"
        told = "\n".join(str(problem) for problem in found)
        remedy = f"the store stays as it was. {accept} accepts what was built, as it is"
        raise GateError(f"{told}\n{remedy}", f"{CANDIDATE}{name}.json")


def same_gates(text: str, before: str) -> bool:
    """Whether two recipes, as typed, ask for the same gates."""
    if not (text and before):  # a recipe that was made in Python
        return text == before
    asked, asked_before = (parse(one, "recipe.yaml")[0].plain().get("gates") for one in (text, before))
    return bool(asked == asked_before)
