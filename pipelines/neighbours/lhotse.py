"""lhotse: cuts for each split, OUT/cuts_train.jsonl.gz, which `CutSet.from_file` opens.

Each recording is a cut with its recording and one supervision in it; labels are in the supervision's `custom`, by
name. Rates, channels and lengths are read from the header of each file. A recording with all of several channels is a
MultiCut.
"""

from __future__ import annotations

import gzip
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from manifests.corpora.layouts import cuts, own
from manifests.corpora.paths import split_of
from pipelines.errors import LeavingError
from pipelines.neighbours.nemo import named
from pipelines.neighbours.outgoing import Facts, Item, Outgoing, file_of, folder


def write(outgoing: Outgoing, out: Path) -> int:
    """Writes a folder of manifests."""
    sinks: dict[str, Any] = {}
    count = 0
    with folder(out) as made, ExitStack() as stack:
        for item in outgoing:
            split = item.recording.split or "all"
            if split not in sinks:
                plain = stack.enter_context(open(made / f"cuts_{split}.jsonl.gz", "wb"))
                sinks[split] = stack.enter_context(gzip.GzipFile("", "wb", fileobj=plain, mtime=0))
            row = _cut(item, file_of(item, "lhotse"), outgoing.facts(item))
            sinks[split].write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")
            count += 1
    return count


def _cut(item: Item, path: str, facts: Facts) -> dict[str, Any]:
    recording, span = item.recording, item.recording.span
    there = list(range(facts.channels))
    channel: int | list[int] = there if recording.channel is None else recording.channel
    channel = channel[0] if isinstance(channel, list) and len(channel) == 1 else channel
    if recording.channel is not None and recording.channel not in there:
        raise LeavingError(f"{item.key}: there is no channel {recording.channel}, but {facts.channels} from 0 on")
    seconds = facts.seconds - span.start if span.seconds is None else span.seconds
    supervision: dict[str, Any] = {"id": item.key, "recording_id": item.key, "start": 0.0, "duration": seconds}
    supervision["channel"] = channel
    for name in ("text", "speaker"):
        if (value := getattr(recording, name)) is not None:
            supervision[name] = value
    custom = named(item, {}, cuts.MORE)
    row = {
        "id": item.key,
        "start": span.start,
        "duration": seconds,
        "channel": channel,
        "supervisions": [supervision | ({"custom": custom} if custom else {})],
        "recording": _recording(item.key, path, facts),
        "type": "MultiCut" if isinstance(channel, list) else "MonoCut",
    }
    (found,) = cuts.recordings(row, item.root, "cut", [])
    found = found._replace(split=split_of(recording.split or "all"))
    if kept := own.kept(found, recording):
        supervision["custom"] = custom | {own.NAME: custom.get(own.NAME, {}) | kept}
        row["supervisions"] = [supervision]
    return row


def _recording(name: str, path: str, facts: Facts) -> dict[str, Any]:
    channels = list(range(facts.channels))
    return {
        "id": name,
        "sources": [{"type": "url" if "://" in path else "file", "channels": channels, "source": path}],
        "sampling_rate": facts.sample_rate,
        "num_samples": facts.frames,
        "duration": facts.seconds,
        "channel_ids": channels,
    }
