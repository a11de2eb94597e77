"""lhotse: manifests of lhotse, JSON Lines: cuts, or recordings with their supervisions; shar archives too.

https://lhotse.readthedocs.io: `cuts*.jsonl[.gz]` hold cuts, each a span of a recording with the supervisions that lie
in it (who says what); `recordings*` and `supervisions*` hold both apart, joined by `recording_id`. A folder of shar
has cuts beside `recording.000000.tar`, whose members are read in place. Names say the split: `cuts_train.jsonl.gz`,
`libri_supervisions_dev-clean.jsonl.gz`. Keys are the ids of cuts or supervisions; `custom`, language and gender of the
supervision become extra, or labels where `labels` names them.

What a cut is decides `each`: by default each cut is a recording with the text of its one supervision; with
`supervision`, each supervision of it is one. Cuts that are appended to each other are composed recordings. Traps: cuts
may be mixtures, padding, or recordings with transforms not yet applied, and sources may be commands, which are never
run: lhotse's `save_audios` makes files of all of them. Recordings that no supervision names are not read.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.layouts import cuts, mixed, shar
from manifests.corpora.layouts.lookup import Entry, Lookup
from manifests.corpora.paths import BrokenRow, split_of
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.tables import json_rows

_NAME = re.compile(
    r"(?:(?P<before>.+)[-_])?(?P<kind>cuts|recordings|supervisions)(?:[-_.](?P<part>.+))?\.jsonl(?:\.gz)?"
)


class Lhotse(Reader):
    name: ClassVar[str] = "lhotse"

    path: str = Field(default="", description="A manifest of cuts or recordings, relative to root, or a folder.")
    each: Literal["cut", "supervision"] = Field(default="cut", description="What of a cut is a recording.")
    labels: list[str] = Field(default=[], description="Fields of `custom`, language or gender that are labels.")

    def read(self) -> Iterator[Recording]:
        found = self._manifests()
        for name in [name for kind, _, name in found if kind == "cuts"]:
            yield from self._cuts(name)
        if any(kind == "cuts" for kind, _, _ in found):
            return
        supervisions = {part: name for kind, part, name in found if kind == "supervisions"}
        for part, name in [(part, name) for kind, part, name in found if kind == "recordings"]:
            beside = supervisions.pop(part, None)
            yield from self._supervised(name, beside) if beside else self._plain(name)
        for name in supervisions.values():
            raise CorpusError("there are no recordings of the same name beside it", join(self.root, name))

    def _manifests(self) -> list[tuple[str, str, str]]:
        """Of each manifest: its kind, the rest of its name, and where it lies."""
        folder, single = self.path, ""
        if self.path.endswith((".jsonl", ".jsonl.gz")):
            folder, single = posixpath.split(self.path)
        where = join(self.root, self.path) if self.path else self.root
        if single and not self.files.has(self.path):
            raise CorpusError("no such file", where)
        found = []
        for name in self.files.paths(folder):
            match = _NAME.fullmatch(posixpath.basename(name))
            if match:
                part = "|".join((posixpath.dirname(name), match["before"] or "", match["part"] or ""))
                found.append((match["kind"], part, posixpath.join(folder, name)))
        if single:
            kind, part = next(((kind, part) for kind, part, name in found if name == self.path), ("cuts", ""))
            mates = [one for one in found if kind == "recordings" and one[:2] == ("supervisions", part)]
            return [(kind, part, self.path), *mates]
        if not found:
            raise CorpusError("holds no cuts*.jsonl, and no recordings*.jsonl (nor .jsonl.gz)", where)
        return found

    def _cuts(self, name: str) -> Iterator[Recording]:
        table, split = join(self.root, name), _split(name)
        audio = shar.beside(name, self.files)
        for line, row in json_rows(table, partial(self.files.open, name)):
            with _named(table, line):
                place = None if audio is None else shar.check(row, next(audio, None))
                for recording in self._of(row, place):
                    yield recording._replace(split=recording.split or split, origin=f"{table}:{line}")

    def _of(self, cut: dict[str, Any], place: Span | None) -> Iterator[Recording]:
        """The recordings of a cut; a mixed one of which the tracks follow each other is one recording."""
        if cut.get("type") == "MixedCut" and place is None and self.each == "cut":
            yield mixed.joined(cut, self.root, self.labels)
        else:
            yield from cuts.recordings(cut, self.root, self.each, self.labels, place)

    def _plain(self, name: str) -> Iterator[Recording]:
        table, split = join(self.root, name), _split(name)
        for line, row in json_rows(table, partial(self.files.open, name)):
            with _named(table, line):
                yield cuts.whole(row, self.root)._replace(split=split, origin=f"{table}:{line}")

    def _supervised(self, name: str, supervisions: str) -> Iterator[Recording]:
        known = Lookup(join(self.root, name), self._by_id(name))
        table, split = join(self.root, supervisions), _split(supervisions)
        for line, row in json_rows(table, partial(self.files.open, supervisions)):
            with _named(table, line):
                found = known.get(cuts.text(row, "recording_id"))
                if found is None:
                    raise BrokenRow(f"there is no recording {row['recording_id']!r} in {posixpath.basename(name)}")
                recording = cuts.supervised(row, json.loads(found), self.root, self.labels)
                yield recording._replace(split=recording.split or split, origin=f"{table}:{line}")

    def _by_id(self, name: str) -> Iterator[Entry]:
        table = join(self.root, name)
        for line, row in json_rows(table, partial(self.files.open, name)):
            with _named(table, line):
                yield line, cuts.text(row, "id"), json.dumps(row)


class _named:
    """Gives what is wrong with a row the place of the row."""

    def __init__(self, table: str, line: int) -> None:
        self._table, self._line = table, line

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        if isinstance(problem, BrokenRow):
            raise CorpusError(str(problem), self._table, self._line) from problem


def _split(name: str) -> str | None:
    """The split that a manifest's name stands for, or else the name of its folder."""
    folder, base = posixpath.split(name)
    match = _NAME.fullmatch(base)
    return split_of((match["part"] if match else None) or "") or split_of(posixpath.basename(folder))
