"""kaldi: data directories of Kaldi, one for each split, sorted as Kaldi wants them.

    train/{wav.scp, segments, text, utt2spk, spk2utt, utt2wavemill, utt2digit ..}

An utterance's id is its key with its speaker before it, as Kaldi asks for; white space and % in it are percent-encoded.
Texts have single spaces between their words. What that changes, and labels and extra, stands in utt2wavemill as JSON;
labels that are text have a file of their own besides. Without spans there is no `segments`. Rows are sorted on disk.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from manifests.corpora.layouts import kaldi, own
from manifests.corpora.paths import BrokenRow, split_of
from manifests.recording import Recording
from pipelines.errors import LeavingError
from pipelines.neighbours.outgoing import Item, Outgoing, file_of, folder

_ESCAPED = re.compile(r"[\s%\x00-\x1f\x7f]")
_TAKEN = {"spk", "dur", "num_frames", "num_samples", "uniq", own.NAME}
_Row = tuple[str, str, str]


def write(outgoing: Outgoing, out: Path, more: tuple[str, ...] = kaldi.MORE) -> int:
    """Writes a folder of directories; `more` are the files that the reader reads unasked."""
    table, count = _Sorted(), 0
    with folder(out) as made:
        for item in outgoing:
            split = item.recording.split or "all"
            for file, name, value in _lines(item, more):
                table.add(split, file, name, value, item.key)
            count += 1
        for split, partly in table.splits():
            (made / split).mkdir()
            for file in table.files(split):
                if file != "segments" or partly:
                    _write(
                        made / split / file, (f"{name} {value}".rstrip(" ") for name, value in table.rows(split, file))
                    )
            if not partly:
                _write(made / split / kaldi.SCRIPT, (f"{name} {path}" for name, path in table.whole(split)))
            _write(made / split / "spk2utt", table.by_speaker(split))
    return count


def _lines(item: Item, more: tuple[str, ...]) -> Iterator[_Row]:
    """File, id and value of each line that says something of a recording."""
    recording, path = item.recording, file_of(item, "Kaldi")
    if re.search(r"[\x00-\x1f]", path) or path != path.strip():
        raise LeavingError(f"{item.key}: wav.scp cannot name {path!r}; rename the file")
    try:
        kaldi.audio_file(path)
    except BrokenRow as problem:
        raise LeavingError(f"{item.key}: Kaldi takes the name of its file for something else: {problem}") from problem
    speaker = _escaped(recording.speaker) if recording.speaker else ""
    name = _escaped(recording.key)
    name = f"{speaker}-{name}" if speaker and not name.startswith(speaker) else name
    span, file = recording.span, _escaped(f"{item.corpus}/{recording.span.path}")
    start, end = kaldi.times(span.start, span.seconds)
    channel = "" if recording.channel is None else f" {recording.channel}"
    yield kaldi.SCRIPT, file, path
    yield "segments", name, f"{file} {start} {end}{channel}"
    yield "utt2spk", name, speaker or name
    text = None if recording.text is None else " ".join(recording.text.split())
    if text is not None:
        yield "text", name, text
    known = None if speaker == name else speaker or None
    found = Recording(name, span, recording.channel, known, text, split=split_of(recording.split or "all"))
    extra: dict[str, str] = {}
    for label, value in recording.labels.items():
        plain = isinstance(value, str) and re.fullmatch(r"\w+", label, re.ASCII) and label not in _TAKEN
        if plain and (words := " ".join(str(value).split())):
            yield f"utt2{label}", name, words
            extra |= {label: words} if f"utt2{label}" in more else {}
    if kept := own.kept(found._replace(extra=extra), recording):
        yield kaldi.OWN, name, json.dumps(kept, ensure_ascii=False, allow_nan=False)


def _escaped(text: str) -> str:
    """White space, control letters and % as %XX of their UTF-8."""
    return _ESCAPED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _write(path: Path, lines: Iterable[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as sink:
        sink.writelines(f"{line}\n" for line in lines)


class _Sorted:
    """The lines of all files, in a temporary database; they come out in the order of their bytes."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA cache_size=-16384")
        columns = "split TEXT, file TEXT, id TEXT, value TEXT, PRIMARY KEY (split, file, id)"
        self._rows.execute(f"CREATE TABLE line ({columns}) WITHOUT ROWID")
        self._rows.execute("BEGIN")
        self._partly: dict[str, bool] = {}

    def add(self, split: str, file: str, name: str, value: str, key: str) -> None:
        """One line; LeavingError where another recording has the same id."""
        if file == "segments":
            whole = re.fullmatch(r"\S+ 0 -1", value) is not None
            self._partly[split] = self._partly.get(split, False) or not whole
        elif file == kaldi.SCRIPT:
            self._rows.execute("INSERT OR IGNORE INTO line VALUES (?, ?, ?, ?)", (split, file, name, value))
            return
        try:
            self._rows.execute("INSERT INTO line VALUES (?, ?, ?, ?)", (split, file, name, value))
        except sqlite3.IntegrityError as error:
            raise LeavingError(f"{key}: two recordings would have the id {name!r}; give them other keys") from error

    def splits(self) -> Iterator[tuple[str, bool]]:
        """Each split, and whether it has spans."""
        yield from sorted(self._partly.items())

    def files(self, split: str) -> list[str]:
        return [file for (file,) in self._rows.execute("SELECT DISTINCT file FROM line WHERE split = ?", (split,))]

    def rows(self, split: str, file: str) -> Iterator[tuple[str, str]]:
        """The lines of a file, in order."""
        yield from self._rows.execute(
            "SELECT id, value FROM line WHERE split = ? AND file = ? ORDER BY id", (split, file)
        )

    def whole(self, split: str) -> Iterator[tuple[str, str]]:
        """The file of each utterance, where all are whole files."""
        for name, value in self.rows(split, "segments"):
            script = (split, kaldi.SCRIPT, value.split(" ")[0])
            (path,) = self._rows.execute(
                "SELECT value FROM line WHERE split = ? AND file = ? AND id = ?", script
            ).fetchone()
            yield name, path

    def by_speaker(self, split: str) -> Iterator[str]:
        """The utterances of each speaker: spk2utt."""
        query = "SELECT value, id FROM line WHERE split = ? AND file = 'utt2spk' ORDER BY value, id"
        last, names = None, list[str]()
        for speaker, name in self._rows.execute(query, (split,)):
            if speaker != last and names:
                yield f"{last} {' '.join(names)}"
                names = []
            last = speaker
            names.append(name)
        if names:
            yield f"{last} {' '.join(names)}"
