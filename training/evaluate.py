"""Evaluate: how good a trained model is on a split, how sure one can be of that, and where it errs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manifests.store import Store
from training import checkpoint
from training.answers import assess
from training.card import write_card
from training.collate import Batch
from training.errors import DataError
from training.fitted import Fitted, load_fitted
from training.loader import load
from training.metrics.bootstrap import interval
from training.run_folder import RunFolder
from training.tasks.task import Answer, Task

BATCH_SIZE = 64
WORST = 20
"""Examples of the highest loss that a report lists."""
DRAWS = 1000
"""Of the bootstrap."""


def evaluate(
    run: str | Path, store: str | Path, split: str, *, where: str | None = None, by: str | None = None
) -> dict[str, Any]:
    """What the run's best weights make of a split, as JSON: figures with their intervals, figures by group, every
    error, and the examples of the highest loss.

    `by` is `speaker`, a label, or a note of the build such as `add_noise.snr_db`. Intervals hold 95 % of the figures
    of 1,000 splits that are drawn from this one, speaker by speaker where they are known. CheckpointError, naming the
    parameter, when the store's features are others than those that the weights learnt from.
    """
    fitted = load_fitted(run)
    opened = Store.open(store)
    checkpoint.refuse(opened.generation, fitted.about)
    address = f"{opened.storage.root}@{opened.generation.number}"
    noted = by is not None and "." in by
    batches = load(address, split, where=where, shuffle=False, rank=0, world=1, notes=noted, **how_to_read(fitted))
    groups: list[Any] = []
    speakers: list[str | None] = []

    def seen() -> Iterator[Batch]:
        for batch in batches:
            groups.extend(group_of(batch, by))
            speakers.extend(batch.speakers)
            yield batch

    answers, loss = assess(fitted.task, fitted.model, seen(), examine=True)
    report: dict[str, Any] = {"store": address, "split": split, "where": where}
    report |= {"loss": loss, **figures(fitted.task, answers)}
    report["intervals"] = intervals(fitted.task, answers, speakers)
    if by is not None:
        if all(group is None for group in groups):
            raise DataError(f"--by {by}: no example in {split} has it; there are speaker and the labels of the corpus")
        report["by"] = {by: by_group(fitted.task, answers, groups)}
    report |= fitted.task.report(answers)
    report["errors"] = fitted.task.errors(answers)
    report["worst"] = sorted(answers, key=lambda answer: -answer["loss"])[:WORST]
    return report


def how_to_read(fitted: Fitted) -> dict[str, Any]:
    """How examples are read for a model: which arrays, behind which stages."""
    heard = [spec.name for spec in fitted.about.heard]
    return {"arrays": heard, "stages": fitted.about.stages, "batch_size": BATCH_SIZE}


def keep(report: dict[str, Any], run: str | Path) -> None:
    """Writes the report and its pictures beside the weights, and the card of the run anew."""
    folder = RunFolder(Path(run).parent if Path(run).is_file() else run)
    folder.write_json(f"evaluate-{report['split']}.json", report)
    load_fitted(run).task.draw(report, folder.path)
    if (folder.path / "run.json").exists():
        write_card(folder)


def figures(task: Task, answers: Sequence[Answer]) -> dict[str, Any]:
    """How many examples there are, and the task's figures over them."""
    return {"examples": len(answers), **task.metrics(answers)}


def intervals(task: Task, answers: Sequence[Answer], speakers: Sequence[str | None]) -> dict[str, list[float]]:
    """Where each figure lies for 95 % of the splits drawn from this one; empty where the task says no."""
    if not task.quick:
        return {}
    groups = [speaker or answer["key"] for speaker, answer in zip(speakers, answers, strict=True)]
    if len(set(groups)) < 5:  # of so few speakers nothing can be said; their recordings stand for themselves
        groups = [answer["key"] for answer in answers]
    found = {}
    for name in task.metrics(answers):

        def statistic(rows: NDArray[np.intp], name: str = name) -> float:
            return task.metrics([answers[row] for row in rows.tolist()])[name]

        found[name] = list(interval(statistic, groups, draws=DRAWS))
    return found


def by_group(task: Task, answers: Sequence[Answer], groups: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """The figures of each group, by its name."""
    members: dict[str, list[Answer]] = {}
    for answer, group in zip(answers, groups, strict=True):
        members.setdefault(str(group), []).append(answer)
    return {name: figures(task, members[name]) for name in sorted(members)}


def group_of(batch: Batch, by: str | None) -> list[Any]:
    """The group of each example of a batch: its speaker, the value of a label, or what a stage noted."""
    if by is None or by == "speaker":
        return list(batch.speakers)
    if batch.notes:
        stage, _, name = by.rpartition(".")
        return [notes.get(stage, {}).get(name) for notes in batch.notes]
    return [labels.get(by) for labels in batch.labels]
