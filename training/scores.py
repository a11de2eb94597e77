"""Scores: what evaluate found of every example, one row each, beside the report that lists only some of them.

evaluate-<split>.parquet has the columns key, copy, part, loss, wrong, said (the answer in words), and every number of
the task's answers; its metadata name the store, the split and the expression. A store's rows are sorted by them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.run_folder import plain
from training.tasks.task import Answer, Task

METADATA = b"wavemill"
ROWS = 1 << 14
"""Rows that are put into Arrow at a time."""
FIXED = {
    "key": pa.string(),
    "copy": pa.int16(),
    "part": pa.int16(),
    "loss": pa.float32(),
    "wrong": pa.bool_(),
    "said": pa.string(),
}


def scores_file(run: str | Path, split: str) -> Path:
    """Where the scores of a split lie in the folder of a run, or beside a checkpoint."""
    folder = Path(run).parent if Path(run).is_file() else Path(run)
    return folder / f"evaluate-{split}.parquet"


def write_scores(path: Path, task: Task, answers: Sequence[Answer], facts: Mapping[str, Any]) -> None:
    """Writes the scores of these answers, whole or not at all. `facts` are JSON: store, split, where."""
    wrong = {id(answer) for answer in task.errors(answers)}
    numbers = {name: pa.float32() for answer in answers for name, value in answer.items() if _is_number(name, value)}
    kept = json.dumps(dict(facts), ensure_ascii=False).encode()
    schema = pa.schema(list({**FIXED, **numbers}.items()), metadata={METADATA: kept})
    temporary = path.with_name(f".{path.name}.tmp")
    with pq.ParquetWriter(temporary, schema, compression="zstd") as sink:
        for start in range(0, len(answers), ROWS):
            rows = [_row(task, answer, id(answer) in wrong, numbers) for answer in answers[start : start + ROWS]]
            sink.write_table(pa.Table.from_pylist(rows, schema))
    os.replace(temporary, path)


def read_facts(path: Path) -> dict[str, Any]:
    """What the scores are of: store, split, where; empty for a file that does not say."""
    found: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {}).get(METADATA, b"{}"))
    return found


def measures(path: Path) -> list[str]:
    """The names of the numbers that there are of each example: loss, wrong, and those of the task."""
    fields = pq.read_schema(path)
    return [field.name for field in fields if pa.types.is_floating(field.type) or pa.types.is_boolean(field.type)]


def _row(task: Task, answer: Answer, wrong: bool, numbers: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: answer.get(name) for name in ("key", "copy", "part", "loss", *numbers)}
    return found | {"wrong": wrong, "said": task.explain(plain(task.shown(answer)))}


def _is_number(name: str, value: Any) -> bool:
    return name not in FIXED and isinstance(value, int | float)
