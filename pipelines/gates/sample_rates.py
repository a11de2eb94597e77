"""sample_rates: at which rates the sources were recorded.

Audio of a low rate has nothing above half of it, however it is resampled, and a model tells corpora by that.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import ClassVar

from pydantic import Field, model_validator

from pipelines.explain import counted
from pipelines.gates.gate import EXAMPLES, Gate, Look, Problem, share


class SampleRates(Gate):
    """The rates of the source files, as decoded, are few and high enough."""

    name: ClassVar[str] = "sample_rates"

    min_hz: int | None = Field(None, ge=1, description="Lowest sample rate of a source, in Hz.")
    max_different: int | None = Field(None, ge=1, description="How many different rates there may be; 1: all alike.")

    @model_validator(mode="after")
    def _says_something(self) -> SampleRates:
        if self.min_hz is None and self.max_different is None:
            raise ValueError("give min_hz, max_different or both")
        return self

    def check(self, look: Look) -> Problem | None:
        counts: Counter[int] = Counter()
        firsts: dict[int, str] = {}
        for row in look.recordings(["notes"]):
            rate = json.loads(row["notes"] or "{}").get("decode", {}).get("sample_rate")
            if rate is not None:
                counts[rate] += 1
                firsts.setdefault(rate, row["key"])
        low = [rate for rate in counts if self.min_hz is not None and rate < self.min_hz]
        many = self.max_different is not None and len(counts) > self.max_different
        if not low and not many:
            return None
        found = [f"{len(counts)} different rates ({self.max_different} allowed)"] * many
        found += [f"rates below {self.min_hz} Hz in {counted(sum(counts[rate] for rate in low), 'recording')}"] * bool(
            low
        )
        rows = [(str(rate), str(n), share(n, counts.total()), firsts[rate]) for rate, n in sorted(counts.items())]
        return Problem(
            self.name,
            f"sources have {' and '.join(found)}",
            [("Hz", "recordings", "share", "such as"), *rows[: 2 * EXAMPLES]],
            (),
            "leave these sources out, or bring all down to the lowest rate (resample) and accept it",
        )
