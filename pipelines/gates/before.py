"""max_dropped and --max-rebuild: what a plan must not exceed, before anything is built."""

from __future__ import annotations

from pipelines.errors import GateError
from pipelines.explain import counted
from pipelines.plan import Plan


def check_plan(made: Plan, max_dropped: float | None, max_rebuild: float | None) -> None:
    """GateError where too much is gone from the sources, or would be decoded again."""
    before, gone, again = made.previous_recordings, made.dropped_recordings, made.again
    if max_dropped is not None and before and gone / before > max_dropped:
        raise GateError(
            f"gates.max_dropped: {counted(gone, 'recording')} of {before} are gone from the sources "
            f"({gone / before:.2%}, {max_dropped:.2%} allowed); nothing was changed"
        )
    if max_rebuild is not None and before and again / before > max_rebuild:
        reasons = "; ".join(sorted({planned.reason for planned in made.build})[:3])
        raise GateError(
            f"--max-rebuild: {again} of {counted(before, 'recording')} would be decoded again "
            f"({again / before:.2%}, {max_rebuild:.2%} allowed), because: {reasons}; nothing was changed"
        )
