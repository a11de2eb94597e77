"""Manifest: a selection of rows as JSON Lines, which the reader `table` takes for a corpus: see manifests/corpora.

Each line is a recording, once, whichever of its copies and parts were selected: its path in the corpus, the span of it
that was decoded, the pieces of a composed one, what is beside it, split, speaker and text, and then each label and each
other column under its own name. Keys have no corpus in front, so that they are the same again when the table is read
under the corpus's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.browsing.columns import Columns
from explorer.browsing.order import Rows
from explorer.errors import ExplorerError
from manifests.corpora.columns import NAMES, PIECE
from manifests.index import PRODUCED

COLUMNS = ["key", "fate", "split", "speaker", "text", "labels", "extra", "notes", "corpus", "path"]
SOME = 100
"""Rows of each split that are asked whether they are composed."""
_INSIDE = (".arrow", ".tar")
_TAKEN = {*NAMES, "pieces", "corpus"}


def manifest(columns: Columns, rows: Sequence[int] | Rows) -> Iterator[str]:
    """The lines, each with its newline, in the order of the store.

    A recording that was left out before it was decoded has no span in the index: its line names the file. ExplorerError
    where recordings lie inside shards of another store, which no table can name.
    """
    numbers = np.sort(np.asarray(rows, np.int64))
    shards = np.searchsorted(columns.starts, numbers, side="right") - 1
    several = len(_corpora(columns)) > 1
    for shard in np.unique(shards).tolist():
        places = numbers[shards == shard] - columns.starts[shard]
        seen: set[str] = set()
        for found in columns.read(shard, COLUMNS).take(places).to_pylist():
            if found["key"] is not None and found["key"] not in seen:
                seen.add(found["key"])
                yield json.dumps(line(found, several), ensure_ascii=False) + "\n"


def reading(columns: Columns) -> dict[str, Any]:
    """What a recipe says to read such a manifest: the parameters of the reader `table`, but for `root`."""
    found: dict[str, Any] = {"reader": "table", "path": "selection.jsonl"}
    labels = sorted(columns.store.generation.labels)
    if _TAKEN.intersection(labels):
        found["labels"] = {name: _own(name) for name in labels}
    elif labels:
        found["labels"] = labels
    firsts = {entry.split: number for number, entry in reversed(list(enumerate(columns.entries)))}.values()
    notes = (one for number in firsts for one in columns.table(number)["notes"].slice(0, SOME).to_pylist() if one)
    decoded = [json.loads(one).get("decode", {}) for one in notes]
    if any("pieces" in note for note in decoded):
        found["columns"] = {"pieces": "pieces"}
    if beside := sorted({name for note in decoded for name in note.get("beside", ())}):
        found["beside"] = {name: f"beside.{name}" for name in beside}
    return found


def line(row: Mapping[str, Any], several: bool = False) -> dict[str, Any]:
    """An index row as a row of a table; `several` names the corpus, where a selection may come from more than one."""
    if (row["path"] or "").endswith(_INSIDE):
        raise ExplorerError(
            "These recordings lie inside the shards of another store, or of a dataset, and no table can name such a "
            "place: use that as the source of a recipe, and `where` for the selection."
        )
    notes = json.loads(row["notes"] or "{}").get("decode", {})
    made = {"key": row["key"].removeprefix(f"{row['corpus']}/"), **_place(row, notes)}
    made |= {name: row[name] for name in ("split", "speaker", "text") if row[name] is not None}
    if several:
        made["corpus"] = row["corpus"]
    others = {**json.loads(row["extra"] or "{}"), **json.loads(row["labels"] or "{}")}
    return made | {_own(name): value for name, value in others.items()}


def _place(row: Mapping[str, Any], notes: Mapping[str, Any]) -> dict[str, Any]:
    """Where the audio lies: a file, a span of one, or pieces; and what is beside it."""
    paths = {name: note["path"] for name, note in notes.get("beside", {}).items()}
    beside = {f"beside.{name}": path for name, path in paths.items()}
    if notes.get("pieces"):
        return {"pieces": list(_pieces(notes["pieces"])), **beside}
    found: dict[str, Any] = {"path": _own_path(row["path"], paths), **beside} if row["path"] else {}
    if row["fate"] == PRODUCED and "start" in notes:
        found |= {"start": notes["start"], "seconds": notes["seconds"]}
    if "channel" in notes:
        found["channel"] = notes["channel"]
    return found


def _pieces(notes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    end = 0.0
    for note in notes:
        piece = {name: note[name] for name in PIECE if name in note and name not in ("end", "gap")}
        if "start" in note:
            piece["seconds"] = note["end"] - note["begin"]
        gap = round(note["begin"] - end, 9)
        yield piece | ({"gap": gap} if gap > 0 else {})
        end = note["end"]


def _own_path(path: str, beside: Mapping[str, str]) -> str:
    """A recording's own path, of an index row that names those beside it as well."""
    others = dict.fromkeys(beside[name] for name in sorted(beside))
    return path.removesuffix("".join(f", {other}" for other in others))


def _own(name: str) -> str:
    """The column of a label or of another value; with `label.` before it where the name means something to a table."""
    return f"label.{name}" if name in _TAKEN else name


def _corpora(columns: Columns) -> set[str]:
    parts = (columns.read(number, ["corpus"])["corpus"] for number in range(len(columns.entries)))
    return {name for part in parts for name in part.unique().to_pylist() if name}
