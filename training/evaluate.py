"""Evaluate: how good a trained model is on a split, and where it errs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from manifests.store import Store
from training import checkpoint
from training.answers import assess
from training.collate import Batch
from training.errors import DataError
from training.fitted import load_fitted
from training.loader import load
from training.pictures import draw_confusion
from training.run_folder import RunFolder
from training.tasks.classification import Classification
from training.tasks.task import Answer

BATCH_SIZE = 64


def evaluate(
    run: str | Path, store: str | Path, split: str, *, where: str | None = None, by: str | None = None
) -> dict[str, Any]:
    """What the run's best weights make of a split, as JSON: figures, confusion, figures by group, and every error.

    `by` is `speaker` or a label. CheckpointError, naming the parameter, when the store's features are others
    than those that the weights learnt from.
    """
    fitted = load_fitted(run)
    opened = Store.open(store)
    checkpoint.refuse(opened.generation, fitted.about)
    address = f"{opened.storage.root}@{opened.generation.number}"
    batches = load(
        address, split, where=where, batch_size=BATCH_SIZE, arrays=[fitted.spec.name], shuffle=False, rank=0, world=1
    )
    groups: list[Any] = []

    def seen() -> Iterator[Batch]:
        for batch in batches:
            groups.extend(group_of(batch, by))
            yield batch

    answers, loss = assess(fitted.task, fitted.model, seen())
    report: dict[str, Any] = {"store": address, "split": split, "where": where}
    report |= {"loss": loss, **figures(fitted.task, answers)}
    if by is not None:
        if all(group is None for group in groups):
            raise DataError(f"--by {by}: no example in {split} has it; there are speaker and the labels of the corpus")
        report["by"] = {by: by_group(fitted.task, answers, groups)}
    report |= {"classes": fitted.task.classes, "confusion": fitted.task.confusion(answers).tolist()}
    report["errors"] = [answer for answer in answers if answer["answer"] != answer["truth"]]
    return report


def keep(report: dict[str, Any], run: str | Path) -> None:
    """Writes the report and a picture of its confusion beside the weights."""
    folder = RunFolder(Path(run).parent if Path(run).is_file() else run)
    name = report["split"]
    folder.write_json(f"evaluate-{name}.json", report)
    title = f"{name}: accuracy {report['accuracy']:.4f} of {report['examples']}"
    draw_confusion(report["confusion"], report["classes"], folder.path / f"confusion-{name}.png", title)


def figures(task: Classification, answers: Sequence[Answer]) -> dict[str, Any]:
    """How many examples there are, and the task's figures over them."""
    return {"examples": len(answers), **task.metrics(answers)}


def by_group(task: Classification, answers: Sequence[Answer], groups: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """The figures of each group, by its name."""
    members: dict[str, list[Answer]] = {}
    for answer, group in zip(answers, groups, strict=True):
        members.setdefault(str(group), []).append(answer)
    return {name: figures(task, members[name]) for name in sorted(members)}


def group_of(batch: Batch, by: str | None) -> list[Any]:
    """The group of each example of a batch: its speaker, or the value of a label."""
    if by is None or by == "speaker":
        return list(batch.speakers)
    return [labels.get(by) for labels in batch.labels]
