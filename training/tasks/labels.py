"""Labels of examples: of a batch, and of an index row. `speaker` is one by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from features.example import Label
from manifests.generation import labels_of
from training.errors import DataError

if TYPE_CHECKING:
    from training.collate import Batch
    from training.tasks.task import Material


def label_of(batch: Batch, label: str) -> list[Any]:
    """The value of a label, or the speaker, of each example of a batch; None where it has none."""
    if label == "speaker":
        return list(batch.speakers)
    return [labels.get(label) for labels in batch.labels]


def row_label(row: Mapping[str, Any], label: str) -> Any:
    """The same of an index row with the column `speaker` or `labels`."""
    return row["speaker"] if label == "speaker" else labels_of(row).get(label)


def classes_in(material: Material, label: str) -> list[Label]:
    """The values of a label in train, in order; DataError as `classes_of` raises it."""
    rows = material.rows(["speaker" if label == "speaker" else "labels"])
    return classes_of(label, (row_label(row, label) for row in rows))


def classes_of(label: str, values: Iterable[Any]) -> list[Label]:
    """The values of a label that occur, in order; DataError when a recording has none, or when all have the same."""
    found: dict[tuple[type, Any], Label] = {}
    for value in values:
        if value is None or isinstance(value, list):
            raise DataError(f"label {label!r} is {value!r} for a recording in train; it must be one value")
        found[identity(value)] = value
    if len(found) < 2:
        raise DataError(f"label {label!r} has {len(found)} values in train; two are needed to tell apart")
    return sorted(found.values(), key=lambda value: (isinstance(value, str), value, type(value).__name__))


def identity(value: Any) -> tuple[type, Any]:
    """What tells label values apart: 1, True and 1.0 are equal in Python, and three labels."""
    return type(value), value
