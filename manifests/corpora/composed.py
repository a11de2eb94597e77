"""composed: connected speech of the recordings of another corpus, one voice at a time, with silence between them.

    {reader: composed, root: DATA/fsdd, of: {reader: fsdd}, text: word, min: 1, max: 7, count: {train: 600, test: 50}}

Of each speaker and split, `count` strings of `min` to `max` recordings are drawn, each length as likely. A string never
mixes speakers or splits: divide the recordings here, with `split` below `of`, and let the recipe say `from: corpus`.
Texts are joined by spaces. Labels stay that all recordings of the speaker in the split share; a corpus that names no
speakers is taken for one voice. `extra.licence` has the licences that recordings bring themselves, if they do. All its
rows are held in memory.

Draws are hashes of (seed, split, speaker, the string's number), so that a string depends on no other. A recording is
found as in consistent hashing (Karger et al. 1997, section 4): each lies at some places of a circle, and a draw takes
the next one. So as the corpus grows, a new recording comes into as many strings as its share, and the others stay what
they were. No string has a recording twice, unless there are too few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from manifests.corpora.nested import Nested
from manifests.corpora.reader import Reader
from manifests.corpora.written_licences import own_licences
from manifests.credit import Credit
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.recording import Label, Piece, Recording
from manifests.splits import Assigner, position, standard_split

PLACES = 32
"""Of each recording on the circle: the more, the more evenly they are drawn, to a sixth at this number."""

Count = Annotated[int, Field(ge=1)]


class Composed(Reader):
    """Strings of recordings of one speaker each, `{split}/{speaker}/{seed}-{number}`."""

    name: ClassVar[str] = "composed"

    of: Nested = Field(description="The corpus, as recipes write one, without root: {reader: fsdd, split: {..}}.")
    count: Count | dict[str, Count] = Field(description="Strings of each speaker and split, or by split: {test: 50}.")
    min: Count = Field(default=1, description="Least recordings of a string.")
    max: Annotated[int, Field(ge=1, le=1000)] = Field(default=7, description="Most recordings of a string.")
    gap_seconds: tuple[float, float] = Field(
        default=(0.05, 0.3), description="Least and most silence between two recordings, in seconds, even in between."
    )
    text: str | None = Field(default=None, description="Label that says what is said; by default the text does.")
    seed: int = Field(default=0, ge=0, lt=1 << 63, description="Another seed draws other strings.")

    @model_validator(mode="after")
    def _fits_together(self) -> Composed:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and max {self.max}")
        low, high = self.gap_seconds
        if not 0 <= low <= high <= 3600:
            raise ValueError(f"gap_seconds runs from low to high, 0 or more, got [{low:g}, {high:g}]")
        return self

    @cached_property
    def files(self) -> Files:
        return self.of.reader.files

    def read(self) -> Iterator[Recording]:
        groups = self._groups()
        for split in self.count if isinstance(self.count, dict) else ():
            if split not in (there := sorted({split for split, _ in groups})):
                raise CorpusError(f"count names {split!r}, and there are recordings of {', '.join(there)}", self.root)
        for (split, speaker), rows in sorted(groups.items()):
            circle, labels = _Circle(rows, self.seed), _shared(rows)
            for number in range(self._count(split)):
                key = "/".join(filter(None, (split, speaker, f"{self.seed}-{number:05d}")))
                drawn = list(self._drawn(circle, key))
                pieces = [piece for row, gap in drawn for piece in _pieces(row, gap)]
                text = " ".join(str(row.text) for row, _ in drawn)
                about = {"speaker": speaker or None, "text": text, "labels": labels, "split": split or None}
                licences = sorted({licence for row, _ in drawn for licence in own_licences(row.extra)})
                about |= {"extra": {"licence": licences}} if licences else {}
                yield Recording.composed(key, pieces, **about)

    def credits(self) -> list[Credit]:
        return self.of.reader.credits()

    def _groups(self) -> dict[tuple[str, str], list[Recording]]:
        """The recordings of each split and speaker, "" where they have none, with their texts."""
        groups: dict[tuple[str, str], list[Recording]] = {}
        assigner = Assigner(self.of.split) if self.of.split else None
        for row in self.of.reader.rows():
            split = assigner.assign(row) if assigner else standard_split(row.split or "")
            groups.setdefault((split, row.speaker or ""), []).append(row._replace(text=self._said(row)))
        if assigner:
            assigner.finish()
        return groups

    def _count(self, split: str) -> int:
        return self.count if isinstance(self.count, int) else self.count.get(split, 0)

    def _said(self, row: Recording) -> str:
        said = row.text if self.text is None else row.labels.get(self.text)
        if said is None or isinstance(said, list):
            what = "text" if self.text is None else f"label {self.text!r} that is text"
            raise CorpusError(f"{row.key}: has no {what}; name a label that says what is said: text: ..", row.origin)
        return str(said)

    def _drawn(self, circle: _Circle, key: str) -> Iterator[tuple[Recording, float]]:
        """The recordings of a string, each with the silence before it."""

        def drawn(what: str) -> float:
            return position(self.seed, f"{key} {what}")

        (low, high), taken = self.gap_seconds, set[str]()
        for place in range(self.min + int(drawn("length") * (self.max - self.min + 1))):
            row = circle.next(drawn(f"recording {place}"), taken)
            taken.add(row.key)
            yield row, round(low + drawn(f"gap {place}") * (high - low), 3) if place else 0.0


class _Circle:
    """Recordings at places in [0, 1), hashes of their keys."""

    def __init__(self, rows: Sequence[Recording], seed: int) -> None:
        self._rows = {row.key: row for row in rows}
        self._places = sorted((position(seed, f"{key} {n}"), key) for key in self._rows for n in range(PLACES))

    def next(self, place: float, taken: Collection[str]) -> Recording:
        """The recording at the place or the next behind it, without those that are taken, if others are left."""
        at = bisect_left(self._places, (place,))
        while True:
            key = self._places[at % len(self._places)][1]
            if key not in taken or len(taken) >= len(self._rows):
                return self._rows[key]
            at += 1


def _pieces(row: Recording, gap: float) -> list[Piece]:
    """What a recording consists of, `gap` seconds behind what is before it."""
    first, *rest = row.pieces or (Piece(row.span, 0.0, row.channel, row.speaker, row.text),)
    return [first._replace(gap=gap + first.gap), *rest]


def _shared(rows: Sequence[Recording]) -> dict[str, Label]:
    """The labels that all recordings have alike."""
    first, *others = rows
    return {name: label for name, label in first.labels.items() if all(row.labels.get(name) == label for row in others)}
