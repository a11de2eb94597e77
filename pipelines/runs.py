"""Runs: the note that every build leaves in its store, runs/<UTC time>-<id>.json.

What it did and why, how long each phase took, how it ended, and how to do it again. The note is there from the
start, with the outcome `running`, and is replaced when the build ends: so a build that was killed is known too.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import xxhash

from manifests.errors import DamagedError, ManifestError
from manifests.storage import Storage
from pipelines.environment import variables
from pipelines.interrupts import Interrupted
from pipelines.job import environment
from pipelines.notify import notify

if TYPE_CHECKING:
    from pipelines.build import Summary
    from pipelines.plan import Plan
    from pipelines.recipe import Recipe
    from pipelines.task import Result

FOLDER = "runs"
MOST_POINTS = 60
"""Of a build's progress; of more, every other one goes."""
RUNNING, SUCCEEDED, FAILED, INTERRUPTED, KILLED = "running", "succeeded", "failed", "interrupted", "killed"
TIME = "%Y-%m-%dT%H:%M:%SZ"
_NAME = re.compile(rf"{FOLDER}/\d{{8}}T\d{{6}}\.\d{{3}}Z-[0-9a-f]{{6}}\.json")
_log = logging.getLogger(__name__)


@dataclass
class Note:
    """What is written. `why` counts the planned shards by reason; `seconds` are those of each phase.

    `builders` adds up the builders' own seconds, the audio that went into examples, and how often a recording brought
    one down; `storage` counts what the store was asked for. `variables` are names: what they hold may be secret.
    `progress` says where the build stood when shards were done: seconds since it began to build, examples, and seconds
    of audio.
    """

    outcome: str
    recipe: str
    recipe_digest: str
    started: str
    ended: str | None = None
    generation_before: int | None = None
    generation_after: int | None = None
    why: dict[str, int] = field(default_factory=dict)
    planned: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    decoded: int = 0
    copied: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    progress: list[tuple[float, int, float]] = field(default_factory=list)
    builders: dict[str, float] = field(default_factory=dict)
    storage: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=environment)
    exit_code: int | None = None
    error: str | None = None
    argv: list[str] = field(default_factory=lambda: list(sys.orig_argv))
    cwd: str = field(default_factory=os.getcwd)
    variables: list[str] = field(default_factory=list)
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)


class Run:
    """One build as it goes. A context: when it is left, the note is completed and `notify` hears of it.

    Nothing is written before `begin`: who never had the store's lock leaves no note.
    """

    def __init__(self, storage: Storage, recipe: Recipe) -> None:
        self.storage, self.recipe = storage, recipe
        self.name = ""
        self._planned, self._examples, self._audio_seconds = 0.0, 0, 0.0
        text = recipe.text
        digest = xxhash.xxh3_128_hexdigest(text.encode())
        self.note = Note(
            RUNNING, recipe.name, digest, time.strftime(TIME, time.gmtime()), variables=list(variables(text))
        )

    def begin(self, generation: int | None) -> None:
        """The store is ours; `generation` is its current one."""
        now = datetime.now(UTC)  # to the millisecond: names are in the order of the builds
        stamp = f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z"
        self.name = f"{FOLDER}/{stamp}-{secrets.token_hex(3)}.json"
        self.note.generation_before = self.note.generation_after = generation
        self._write()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Takes the time of a phase: scan, plan, build, commit, report."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.note.seconds[name] = round(time.monotonic() - began, 3)

    def planned(self, made: Plan) -> None:
        self._planned = time.monotonic()
        self.note.why = dict(Counter(planned.reason for planned in made.build))
        self.note.planned = {
            "recordings": made.recordings,
            "shards": len(made.build),
            "kept": len(made.kept),
            "found": len(made.found),
            "dropped_shards": made.dropped_shards,
            "dropped_recordings": made.dropped_recordings,
        }

    def built(self, result: Result) -> None:
        """A shard is done. A build that fails later has decoded it all the same."""
        note = self.note
        note.decoded += result.decoded
        note.copied += result.copied
        _add(note.builders, "seconds", result.seconds)
        _add(note.builders, "audio_seconds", result.entry.seconds)
        _add(note.builders, "restarts", result.restarts)
        _add(note.storage, "shard_bytes", result.entry.shard_bytes)
        self._examples += result.entry.examples
        self._audio_seconds += result.entry.seconds
        elapsed = round(time.monotonic() - self._planned, 3)
        note.progress.append((elapsed, self._examples, round(self._audio_seconds, 3)))
        if len(note.progress) > MOST_POINTS:
            del note.progress[1::2]
        for name, count in result.requests.items():
            _add(note.storage, name, count)

    def as_it_stands(self) -> dict[str, Any]:
        """The note so far."""
        return {"name": self.name, **asdict(self.note)}

    def committed(self, made: Summary) -> None:
        self.note.generation_after, self.note.counts = made.generation, made.to_json()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not self.name:
            return
        note = self.note
        note.outcome, note.exit_code, note.error = _ending(error)
        note.ended = time.strftime(TIME, time.gmtime())
        sources = (corpus.reader.files.requests for corpus in self.recipe.corpora.values())
        for name, count in sum(sources, self.storage.requests).to_json().items():
            _add(note.storage, name, count)
        if note.builders.get("seconds"):
            speed = note.builders["audio_seconds"] / note.builders["seconds"]
            note.builders["audio_seconds_per_second"] = round(speed, 1)
        self._write()
        if self.recipe.notify is not None:
            notify(self.recipe.notify, note.outcome == SUCCEEDED, self._encode())

    def _encode(self) -> bytes:
        return json.dumps(self.as_it_stands(), indent=1, ensure_ascii=False).encode()

    def _write(self) -> None:
        """A build does not fail for want of its note: a full disk has its own error, and its own."""
        try:
            self.storage.replace(self.name, self._encode())
        except (OSError, ManifestError) as error:
            _log.warning("%s: the note of this run cannot be written: %s", self.name, error)


def read_notes(storage: Storage) -> Iterator[dict[str, Any]]:
    """The notes of a store, the newest first. The outcome of a build that ended without a word is `killed`."""
    newest = True
    for name in sorted(storage.names(FOLDER), reverse=True):
        if not _NAME.fullmatch(name):
            continue
        try:
            note: dict[str, Any] = json.loads(storage.read(name))
            if note["outcome"] == RUNNING and not (newest and _may_run(note)):
                note["outcome"] = KILLED
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{storage.root}/{name}: not the note of a run; remove it") from error
        newest = False
        yield note


def _may_run(note: dict[str, Any]) -> bool:
    """Whether a process that has not said how it ended may be at work; of other machines nothing is known."""
    if note["host"] != socket.gethostname():
        return True
    try:
        os.kill(note["process"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        return True
    return True


def _ending(error: BaseException | None) -> tuple[str, int, str | None]:
    """Outcome, exit code and words."""
    if error is None:
        return SUCCEEDED, 0, None
    if isinstance(error, Interrupted):
        return INTERRUPTED, 128 + error.number, f"stopped by {error.number.name}"
    if isinstance(error, KeyboardInterrupt):  # a build that was called from Python
        return INTERRUPTED, 128 + signal.SIGINT, "stopped by SIGINT"
    code = getattr(error, "exit_code", None)
    words = str(error) if code is not None else f"{type(error).__name__}: {error}"
    return FAILED, 1 if code is None else code, words


def _add(counts: dict[str, Any], name: str, number: float) -> None:
    counts[name] = round(counts.get(name, 0) + number, 3)
