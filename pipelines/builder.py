"""Builder: a task becomes one shard, its index and its receipt.

    task > row > source > Example > stage > stage > .. > stored arrays > shard

One process, one shard at a time. The loop in `build` is the only place where recordings are counted, and
where each is given its fate.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable

from features.chain import Chain, Stopped
from features.drift import probe
from features.example import Example, Source
from features.resources import Resources
from features.stage import Rejected
from manifests import failpoints, index
from manifests.recording import Recording
from manifests.requests import Requests
from manifests.shard import row_checksum
from manifests.storage import open_storage, room
from pipelines.errors import UnfitError
from pipelines.finished import Finished, Made
from pipelines.job import environment
from pipelines.new_shard import IndexRow, Layout, NewShard
from pipelines.plugins import load_plugin
from pipelines.reuse import OldRows
from pipelines.sources import Sources, content_of, open_clips, settled
from pipelines.stores.storing import store
from pipelines.stores.writer import Stored
from pipelines.task import Job, Result, Row, Task

Announce = Callable[[int, int], None]
"""Called with the row's number, then with each stage's, before it is touched: (row, stage).

The stage behind the last one is the encoding of what is kept.
"""


class Builder:
    """Builds the tasks of one job, one after the other."""

    def __init__(self, job: Job, announce: Announce, finished: Finished) -> None:
        self.job = job
        self.requests = Requests()
        self.storage, self.layout = open_storage(job.store, self.requests), Layout.of(job)
        self.sources = Sources(job.roots, self.requests)
        for plugin in job.plugins:
            load_plugin(plugin)
        chain = Chain.parse(job.stages, job.seed)
        self.bits, self.fingerprint = probe(chain), chain.fingerprint()
        self.chain = chain.bind(Resources(open_clips(job.roots, job.clips, self.requests), job.fitted))
        self.announce = announce
        self.finished = finished
        self.decoded = self.copied = 0

    def build(self, task: Task) -> Result:
        """Builds a task: its shard, its index, its receipt, in this order, each whole or not at all.

        StageCrash when a stage fails with an exception that is no verdict; OSError, naming the file, when
        a source cannot be read or the store cannot be written; FullError where there is no room; UnfitError
        where the chain is not the same as on the machine that planned, or gives other bits.
        """
        if (self.bits, self.fingerprint) != (self.job.probe, self.job.fingerprint):
            what = "other bits" if self.fingerprint == self.job.fingerprint else "other stages"
            here = ", ".join(f"{name} {version}" for name, version in environment().items())
            raise UnfitError(f"{platform.node()} gives {what} than the machine that planned; it has {here}")
        began = time.monotonic()
        self.decoded = self.copied = 0
        old = OldRows(self.storage, task.reuse, self.job.arrays)
        with room(self.job.store), NewShard(self.storage, self.layout, task.split) as made:
            self.finished.begin(task.id, made.temporary)
            for number, row in enumerate(task.rows):
                failpoints.reach("builder.row")
                self.announce(number, -1)
                for index_row, stored in self._made(row, number, task, old):
                    made.add(index_row, stored)
            self.announce(-1, -1)
            quarantined = {row.key: task.quarantine[row.key] for row in task.rows if row.key in task.quarantine}
            entry = made.finish(task.id, quarantined)
        if entry.recordings != len(task.rows):
            raise AssertionError(f"{len(task.rows)} recordings, and the fates of {entry.recordings}")
        seconds = round(time.monotonic() - began, 3)
        return Result(entry, self.decoded, self.copied, seconds, self.requests.take().to_json())

    def _made(self, row: Row, number: int, task: Task, old: OldRows) -> list[Made]:
        """The index rows of a recording, each with its arrays; without, where it gave no example."""
        recording = row.recording
        facts = _facts(row, recording)
        if row.key in task.quarantine:
            stage, reason = task.quarantine[row.key]
            return [(facts | {"fate": index.REJECTED, "stage": stage, "reason": reason}, None)]
        if not task.checksum and (kept := old.unchanged(row)) is not None:
            self.copied += 1
            return kept
        if (before := self.finished.take(number)) is not None:
            self.decoded += 1
            return before
        source: Source | None = None
        if (limit := self._too_large(row, recording)) is None:
            source = self.sources.source(row.corpus, recording)
            facts["content"] = content_of(source)
            facts["identity"] = settled(row.identity)
            if (kept := old.same_content(row, facts["content"])) is not None:
                self.copied += 1
                return kept
        self.decoded += 1
        outcome = self._run(row, recording, source, number) if source else Stopped("decode", Rejected(str(limit)))
        made = self._stopped(facts, outcome) if isinstance(outcome, Stopped) else self._stored(facts, outcome, number)
        self.finished.keep(number, made)
        return made

    def _stopped(self, facts: IndexRow, outcome: Stopped) -> list[Made]:
        fate = index.REJECTED if isinstance(outcome.verdict, Rejected) else index.FILTERED
        return [(facts | {"fate": fate, "stage": outcome.stage, "reason": outcome.verdict.reason}, None)]

    def _stored(self, facts: IndexRow, examples: list[Example], number: int) -> list[Made]:
        self.announce(number, len(self.chain.stages))
        made: list[Made] = []
        for example in examples:
            stored: dict[str, Stored] = {}
            for spec in self.job.arrays:
                array = store(example, spec)
                if isinstance(array, Rejected):  # a value that the encoding does not hold, in whichever copy
                    return self._stopped(facts, Stopped("store", array))
                stored[spec.name] = array
            made.append((self._produced(facts, example, stored), stored))
        return made

    def _run(self, row: Row, recording: Recording, source: Source, number: int) -> list[Example] | Stopped:
        """The examples of all copies of a recording. It counts as stopped when copy 0 is."""
        examples: list[Example] = []
        for copy in range(self.job.copies.get(row.split, 1)):
            example = Example(
                key=row.key,
                source=source,
                text=recording.text,
                speaker=recording.speaker,
                labels=recording.labels,
                split=row.split,
                copy=copy,
            )
            outcome = self.chain.run(example, lambda stage: self.announce(number, stage))
            if not isinstance(outcome, Stopped):
                examples.extend(outcome)
            elif copy == 0:
                return outcome
        return examples

    def _too_large(self, row: Row, recording: Recording) -> str | None:
        """Why a file, or several together, are beyond the decode stage's limit of bytes, before they are read."""
        limit: int | None = getattr(self.chain.stages[0], "max_bytes", None)
        several = recording.pieces or recording.beside
        size = row.size if several else recording.span.size or row.size
        return f"{size:,} bytes are more than max_bytes allows ({limit:,})" if limit and size > limit else None

    def _produced(self, facts: IndexRow, example: Example, stored: dict[str, Stored]) -> IndexRow:
        labels = json.dumps(dict(example.labels), ensure_ascii=False, sort_keys=True)
        raws = [stored[spec.name].raw for spec in self.job.arrays]
        notes = dict(example.notes)
        seconds = notes.get("decode", {}).get("seconds")
        return facts | {
            "copy": example.copy,
            "part": example.part,
            "fate": index.PRODUCED,
            "speaker": example.speaker,
            "text": example.text,
            "labels": labels,
            "notes": json.dumps(notes, ensure_ascii=False, sort_keys=True),
            "seconds": seconds,
            "checksum": row_checksum(
                example.key, example.copy, example.part, example.speaker, example.text, labels, raws
            ),
        }


def _facts(row: Row, recording: Recording) -> IndexRow:
    """What an index row says of any recording, whatever becomes of it."""
    return {
        "key": row.key,
        "copy": 0,
        "part": 0,
        "split": row.split,
        "stage": None,
        "reason": None,
        "seconds": None,
        "speaker": recording.speaker,
        "text": recording.text,
        "labels": json.dumps(dict(recording.labels), ensure_ascii=False, sort_keys=True),
        "extra": json.dumps(dict(recording.extra), ensure_ascii=False, sort_keys=True),
        "corpus": row.corpus,
        "path": ", ".join(dict.fromkeys(span.path for span in recording.spans)),
        "row": row.digest,
        "size": row.size,
        "identity": row.identity,
    }
