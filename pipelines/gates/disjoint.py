"""disjoint: no speaker, session or the like in two splits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from pipelines.explain import counted
from pipelines.gates.gate import Look, Problem
from pipelines.gates.twins import NoTwins, Twins, across


class Disjoint(NoTwins):
    """Every value of `by`, the speaker, a label or another column of the corpus, is in one split only."""

    name: ClassVar[str] = "disjoint"

    by: str

    def find(self, look: Look, twins: Twins) -> None:
        for shown, members in across(look.folder, self._rows(look)):
            counts = ", ".join(f"{len(keys)} in {split}" for split, keys in sorted(members.items()))
            twins.add(members, f": {shown}, {counts}")

    def words(self, groups: int) -> tuple[str, str]:
        are = "is" if groups == 1 else "are"
        return (
            f"{counted(groups, 'value')} of {self.by} {are} in more than one split",
            f"split: {{by: {self.by}, ..}} keeps them apart",
        )

    def check(self, look: Look) -> Problem | None:
        names: set[str] = set()
        for row in look.recordings(["speaker", "labels", "extra"]):
            names.update(_groups(row))
            if self.by in names:
                return super().check(look)
        there = f"there are {', '.join(sorted(names))}" if names else "there are no speakers, labels or other columns"
        return Problem(self.name, f"no recording has {self.by!r}; {there}")

    def _rows(self, look: Look) -> Iterator[tuple[str, str, str, str]]:
        for row in look.recordings(["speaker", "labels", "extra"]):
            value = _groups(row).get(self.by)
            if value is not None:
                yield json.dumps(value), f"{self.by} {value}", row["split"], row["key"]


def _groups(row: dict[str, Any]) -> dict[str, Any]:
    """Everything that a recording may be grouped by."""
    speaker = {} if row["speaker"] is None else {"speaker": row["speaker"]}
    return {**json.loads(row["extra"] or "{}"), **json.loads(row["labels"] or "{}"), **speaker}
