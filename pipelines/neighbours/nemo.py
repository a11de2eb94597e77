"""nemo: a manifest of NVIDIA NeMo for each split, OUT/train.json, JSON Lines.

Each line has audio_filepath, duration, text and speaker, `offset` where it is a span, and labels as fields of their
names. The duration is read from the header of each file.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from manifests.corpora.columns import Columns
from manifests.corpora.layouts import nemo, own
from pipelines.errors import LeavingError
from pipelines.neighbours.outgoing import Item, Outgoing, file_of, folder


def write(outgoing: Outgoing, out: Path) -> int:
    """Writes a folder of manifests."""
    sinks: dict[str, IO[str]] = {}
    columns: dict[str, Columns] = {}
    count = 0
    with folder(out) as made, ExitStack() as stack:
        for item in outgoing:
            name = f"{item.recording.split or 'all'}.json"
            if name not in sinks:
                sinks[name] = stack.enter_context(open(made / name, "w", encoding="utf-8", newline="\n"))
            columns.setdefault(item.root, nemo.columns_of(item.root, str(out / name)))
            row = _row(item, outgoing, columns[item.root], name)
            sinks[name].write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            count += 1
    return count


def _row(item: Item, outgoing: Outgoing, columns: Columns, name: str) -> dict[str, Any]:
    recording, path, facts = item.recording, file_of(item, "NeMo"), outgoing.facts(item)
    if recording.channel is not None and facts.channels > 1:
        which = f"channel {recording.channel} of {facts.channels}"
        raise LeavingError(f"{item.key}: is {which}, which a line of NeMo cannot say; --to lhotse can")
    span = recording.span
    partly = span.start != 0 or span.seconds is not None
    row: dict[str, Any] = {"audio_filepath": path}
    row |= {"offset": span.start} if partly else {}
    row["duration"] = span.seconds if span.seconds is not None else facts.seconds - span.start
    row |= {field: getattr(recording, field) for field in ("text", "speaker") if getattr(recording, field) is not None}
    row |= named(item, row, (*nemo.FIELDS, *RESERVED))
    found = nemo.from_row(columns, row, str(name), 1, nemo.split_named(name))
    if kept := own.kept(found, recording):
        row[own.NAME] = row.get(own.NAME, {}) | kept
    return row


RESERVED = ("channel", "path", "key", "split")


def named(item: Item, row: dict[str, Any], taken: tuple[str, ...]) -> dict[str, Any]:
    """Labels as fields of their own, and which fields are labels; LeavingError for a name that is taken."""
    labels = item.recording.labels
    for name in labels:
        if name in taken or name == own.NAME or name in row or "." in name:
            raise LeavingError(f"{item.key}: the label {name!r} has the name of another field; call it otherwise")
    return {**labels, own.NAME: {"labels": list(labels)}} if labels else {}
