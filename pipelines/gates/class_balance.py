"""class_balance: enough examples of every class in every split, and of none too many."""

from __future__ import annotations

import json
from collections import Counter
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.gates.gate import EXAMPLES, Gate, Look, Problem


class Balance(BaseModel):
    """What one label's classes must keep to, in each split; every class is expected in each of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_ratio: float | None = Field(
        None, ge=1, allow_inf_nan=False, description="The largest class over the smallest one, in recordings."
    )
    min_count: int | None = Field(None, ge=1, description="Fewest recordings of a class.")

    @model_validator(mode="after")
    def _says_something(self) -> Balance:
        if self.max_ratio is None and self.min_count is None:
            raise ValueError("give max_ratio, min_count or both")
        return self


class ClassBalance(Gate):
    """The classes of a label are as evenly spread as `balance` says."""

    name: ClassVar[str] = "class_balance"

    label: str
    balance: Balance

    def check(self, look: Look) -> Problem | None:
        counts: dict[str, Counter[str]] = {split: Counter() for split in look.counts}
        names: set[str] = set()
        for row in look.recordings(["labels"]):
            labels = json.loads(row["labels"] or "{}")
            names.update(labels)
            value = labels.get(self.label, [])
            counts[row["split"]].update(map(str, value if isinstance(value, list) else [value]))
        classes = sorted(set().union(*counts.values()))
        if not classes:
            there = f"; there are {', '.join(sorted(names))}" if names else ""
            return Problem(self.name, f"no recording has the label {self.label!r}{there}")
        rows, wrong = [], []
        for split, found in sorted(counts.items()):
            ordered = sorted(classes, key=lambda name: (found[name], name))
            least, most = ordered[0], ordered[-1]
            ratio = found[most] / found[least] if found[least] else float("inf")
            few = [name for name in ordered if found[name] < (self.balance.min_count or 0)]
            wrong += [f"{split}: {name} {found[name]}" for name in few]
            if self.balance.max_ratio is not None and ratio > self.balance.max_ratio:
                wrong.append(f"{split}: {most} {found[most]}, {least} {found[least]}, {ratio:.1f} times")
            rows.append((split, f"{least} {found[least]}", f"{most} {found[most]}", f"{ratio:.1f}", str(len(few))))
        if not wrong:
            return None
        asked = ", ".join(f"{name} {limit:g}" for name, limit in self.balance.model_dump(exclude_none=True).items())
        return Problem(
            self.name,
            f"the {len(classes)} classes of {self.label} are not as even as asked ({asked})",
            [("split", "smallest", "largest", "ratio", "too small"), *rows],
            wrong[:EXAMPLES],
            "add recordings of the small classes, or split by something that leaves some of each class in every split",
        )
