"""Evaluate: how good a trained model is on a split, how sure one can be of that, and where it errs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.stage import Augmentation
from manifests.store import Store
from training import checkpoint
from training.answers import assess
from training.card import write_card
from training.checkpoint import About
from training.collate import Batch
from training.errors import DataError
from training.fitted import Fitted, load_fitted
from training.grouping import group_of, named
from training.loader import load
from training.metrics.bootstrap import intervals
from training.run_folder import RunFolder, plain
from training.scores import write_scores
from training.tasks.task import Answer, Task
from training.words import by_loss

BATCH_SIZE = 64
WORST = 20
"""Examples of the highest loss that a report lists."""
DRAWS = 1000
"""Of the bootstrap."""
FEW = 5
"""Speakers; of fewer nothing can be said, and their recordings stand for themselves."""


def evaluate(
    run: str | Path | Fitted,
    store: str | Path,
    split: str,
    *,
    where: str | None = None,
    by: str | None = None,
    scores: Path | None = None,
) -> dict[str, Any]:
    """What the best weights of a run, or a model that is loaded, make of a split, as JSON: figures with their
    intervals, figures by group, every error, and the examples of the highest loss, whose labels may be wrong.

    `by` is `speaker`, a label, or a note of the build or of a stage at load, such as `add_noise.snr_db`; many different
    numbers are put into intervals. Recordings of train are heard as they are stored: what acts on train alone when it
    is read is left out. Intervals hold 95 % of the figures of 1,000 splits that are drawn from this one, speaker by
    speaker where they are known. `scores` is a file that the loss of every example is written to, with the other
    numbers of its answer: see training.scores. CheckpointError, naming the parameter, when the store's features are
    others than those that the weights learnt from.
    """
    fitted = run if isinstance(run, Fitted) else load_fitted(run)
    opened = Store.open(store)
    checkpoint.refuse(opened.generation, fitted.about)
    address = f"{opened.storage.root}@{opened.generation.number}"
    batches = load(address, split, where=where, shuffle=False, rank=0, world=1, **how_to_read(fitted.about, by))
    groups: list[Any] = []
    speakers: list[str | None] = []

    def seen() -> Iterator[Batch]:
        for batch in batches:
            groups.extend(group_of(batch, by) if by else [])
            speakers.extend(batch.speakers)
            yield batch

    answers, loss = assess(fitted.task, fitted.model, seen(), examine=True)
    report: dict[str, Any] = {"store": address, "split": split, "where": where, "weights": fitted.path.name}
    report |= {"loss": loss, **figures(fitted.task, answers)}
    report["intervals"] = intervals_of(fitted.task, answers, speakers)
    if by is not None:
        if all(group is None for group in groups):
            raise DataError(f"--by {by}: no example in {split} has it; there are speaker, labels, and notes of stages")
        report["by"] = {by: by_group(fitted.task, answers, groups)}
    report |= fitted.task.report(answers)
    report |= listed(fitted.task, answers)
    if scores is not None:
        write_scores(scores, fitted.task, answers, {"store": address, "split": split, "where": where})
    found: dict[str, Any] = plain(report)
    return found


def how_to_read(about: About, by: str | None = None) -> dict[str, Any]:
    """How examples are read for a model: which arrays, behind which stages, and whether with notes.

    Augmentations that act on train alone stay, since they may hand on arrays by another name, and never act.
    """
    quiet = [
        {stage.name: {**parameters[stage.name], "probability": 0}}
        if isinstance(stage, Augmentation) and stage.act_on != "all"
        else parameters
        for stage, parameters in zip(checkpoint.parse_chain(about.stages).stages, about.stages, strict=True)
    ]
    return {
        "arrays": [spec.name for spec in about.heard],
        "stages": quiet,
        "corpora": about.corpora,
        "fitted": about.fitted,
        "notes": by is not None and "." in by,
        "batch_size": BATCH_SIZE,
    }


def keep(report: Mapping[str, Any], run: str | Path, task: Task) -> None:
    """Writes the report and its pictures beside the weights, and the card of the run anew."""
    folder = RunFolder(Path(run).parent if Path(run).is_file() else run)
    folder.write_json(f"evaluate-{report['split']}.json", report)
    task.draw(report, folder.path)
    if (folder.path / "run.json").exists():
        write_card(folder)


def figures(task: Task, answers: Sequence[Answer]) -> dict[str, Any]:
    """How many examples there are, and the task's figures over them."""
    return {"examples": len(answers), **task.metrics(answers)}


def intervals_of(
    task: Task, answers: Sequence[Answer], speakers: Sequence[str | None]
) -> dict[str, tuple[float, float]]:
    """Where each figure lies for 95 % of the splits drawn from this one; empty where the task says no."""
    if not task.quick:
        return {}
    groups = [speaker or answer["key"] for speaker, answer in zip(speakers, answers, strict=True)]
    if len(set(groups)) < FEW:
        groups = [answer["key"] for answer in answers]

    def statistics(rows: NDArray[np.intp]) -> dict[str, float]:
        return task.metrics([answers[row] for row in rows.tolist()])

    return intervals(statistics, groups, draws=DRAWS)


def by_group(task: Task, answers: Sequence[Answer], groups: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """The figures of each group, by its name."""
    return {name: figures(task, [answers[place] for place in places]) for name, places in named(groups).items()}


def listed(task: Task, answers: Sequence[Answer]) -> dict[str, list[Answer]]:
    """Every error, and the examples of the highest loss, both from the highest on."""
    errors, worst = sorted(task.errors(answers), key=by_loss), sorted(answers, key=by_loss)[:WORST]
    return {name: [task.shown(answer) for answer in some] for name, some in (("errors", errors), ("worst", worst))}
