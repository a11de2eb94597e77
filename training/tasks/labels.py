"""Labels of examples: of a batch, and of an index row. `speaker` is one by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from manifests.generation import labels_of

if TYPE_CHECKING:
    from training.collate import Batch


def label_of(batch: Batch, label: str) -> list[Any]:
    """The value of a label, or the speaker, of each example of a batch; None where it has none."""
    if label == "speaker":
        return list(batch.speakers)
    return [labels.get(label) for labels in batch.labels]


def row_label(row: Mapping[str, Any], label: str) -> Any:
    """The same of an index row with the column `speaker` or `labels`."""
    return row["speaker"] if label == "speaker" else labels_of(row).get(label)
