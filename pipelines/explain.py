"""Why something is built: the first thing that differs between two chains, in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manifests.generation import Generation
from pipelines.task import Job

Chain = Sequence[Mapping[str, Any]]


def chain_change(old: Chain, new: Chain) -> str:
    """What differs, as `log_mel.n_mels 64 -> 80`.

    >>> chain_change([{"log_mel": {"n_mels": 64}}], [{"log_mel": {"n_mels": 80}}])
    'log_mel.n_mels 64 -> 80'
    """
    names, wanted = [next(iter(stage)) for stage in old], [next(iter(stage)) for stage in new]
    if names != wanted:
        added, removed = [n for n in wanted if n not in names], [n for n in names if n not in wanted]
        words = [f"{', '.join(added)} added"] if added else []
        words += [f"{', '.join(removed)} removed"] if removed else []
        return "; ".join(words) or "the order of the stages"
    for name, before, after in zip(names, old, new, strict=True):
        for parameter in sorted({*before[name], *after[name]}):
            was, now = before[name].get(parameter), after[name].get(parameter)
            if was != now:
                return f"{name}.{parameter} {_short(was)} -> {_short(now)}"
    return "a stage's version, or the seed"


def job_change(job: Job, previous: Generation) -> str | None:
    """What about the recipe asks for building everything again; None when nothing does."""
    if job.fingerprint != previous.fingerprint:
        return chain_change(previous.chain, job.stages)
    if job.identity() == previous.identity:
        return None
    if job.format != previous.format:
        return f"store.format {previous.format} -> {job.format}"
    if job.arrays != previous.arrays:
        return "store.keep changed"
    changed = sorted(name for name in job.resources if job.resources[name] != previous.resources.get(name))
    if changed:
        return f"the corpus {changed[0]}, which stages draw from, changed"
    refitted = sorted(label for label in job.fitted if job.fitted[label] != previous.fitted.get(label))
    if refitted:
        return f"{refitted[0]} was fitted again"
    return "copies or labels changed" if job.probe == previous.probe else "the libraries give other bits than before"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "recording"), counted(2, "recording")
    ('1 recording', '2 recordings')
    """
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _short(value: Any) -> str:
    return "none" if value is None else str(value)
