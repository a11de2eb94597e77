"""Figures and reports as a person reads them, on a terminal and on the card of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.tasks.task import Answer, Task

FACTS = ("epoch", "step", "examples", "where")
"""Numbers, or nothing, that are no figures of merit."""
MOST_LISTED = 50
"""Examples that a terminal shows; the report has all errors."""


def number(value: float | None) -> str:
    """A figure; "-" where it could not be taken.

    >>> number(0.98765), number(3), number(None), number(float("nan"))
    ('0.9877', '3', '-', '-')
    """
    if value is None or math.isnan(value):
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def figures(found: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The figures among these values, by name, of those that begin with a prefix.

    >>> figures({"epoch": 3, "valid_loss": 0.25, "valid_error_rate": None, "train_loss": 0.5}, "valid_")
    {'loss': '0.2500', 'error_rate': '-'}
    """
    return {
        name.removeprefix(prefix): number(value)
        for name, value in found.items()
        if name.startswith(prefix) and name not in FACTS
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    }


def epoch(line: Mapping[str, Any]) -> str:
    """A line of metrics.jsonl."""
    shown = {f"{name}_{key}": text for name in ("train", "valid") for key, text in figures(line, f"{name}_").items()}
    return f"epoch {line['epoch']}  {_pairs(shown, '  ')}  {line['seconds']:.1f} s"


def evaluation(report: Mapping[str, Any], task: Task) -> Iterator[str]:
    """What evaluate found, line by line: figures, those of groups, then errors and the highest losses."""
    yield f"{report['split']}: {report['examples']} examples  {_pairs(figures(report), ' ')}"
    for by, groups in report.get("by", {}).items():
        for name, found in groups.items():
            yield f"  {by} {name}: {found['examples']} examples  {_pairs(figures(found), ' ')}"
    listed = {_identity(answer): answer for answer in [*report["errors"], *report["worst"]]}
    ranked = sorted(listed.values(), key=by_loss)
    yield f"{len(report['errors'])} wrong; by loss:" if report["errors"] else "the highest losses:"
    for answer in ranked[:MOST_LISTED]:
        yield f"  {who(answer)}: {task.explain(answer)}, loss {number(answer['loss'])}"
    if len(ranked) > MOST_LISTED:
        yield f"  and {len(ranked) - MOST_LISTED} more in evaluate-{report['split']}.json"


def by_loss(answer: Answer) -> float:
    """What sorts answers by their loss, the highest first; one that is no number is above all."""
    loss = answer["loss"]
    return -math.inf if loss is None or math.isnan(loss) else -float(loss)


def who(answer: Answer) -> str:
    """The key of an example, with its copy and its part where it has others.

    >>> who({"key": "a.wav", "copy": 0, "part": 0}), who({"key": "a.wav", "copy": 2, "part": 1})
    ('a.wav', 'a.wav (copy 2, part 1)')
    """
    more = ", ".join(f"{name} {answer[name]}" for name in ("copy", "part") if answer[name])
    return f"{answer['key']} ({more})" if more else str(answer["key"])


def _identity(answer: Answer) -> tuple[Any, ...]:
    return answer["key"], answer["copy"], answer["part"]


def _pairs(shown: Mapping[str, str], between: str) -> str:
    return between.join(f"{name} {text}" for name, text in shown.items())
