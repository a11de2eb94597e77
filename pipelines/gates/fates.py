"""max_rejected and max_filtered: how many recordings may be left out."""

from __future__ import annotations

from typing import ClassVar, Literal

from pipelines.explain import counted
from pipelines.gates.gate import EXAMPLES, Gate, Look, Problem, share
from pipelines.reasons import Reasons


class MaxFate(Gate):
    """At most `limit` of the recordings have this fate; counted over the whole store."""

    name: ClassVar[str] = "max_rejected, max_filtered"

    fate: Literal["rejected", "filtered"]
    limit: float

    def check(self, look: Look) -> Problem | None:
        generation = look.store.generation
        count, total = generation.count(self.fate), generation.count("recordings")
        if not total or count / total <= self.limit:
            return None
        reasons = Reasons()
        for row in look.recordings(["stage", "reason"], self.fate):
            reasons.add(self.fate, row["stage"], row["reason"])
        rows = [(str(count), share(count, total), f"{stage}: {reason}") for count, _, stage, reason in reasons]
        return Problem(
            f"max_{self.fate}",
            f"{count} of {counted(total, 'recording')} were {self.fate} "
            f"({share(count, total)}, {self.limit:.2%} allowed)",
            [("recordings", "share", "why"), *rows[: 2 * EXAMPLES]],
        )
