"""tedlium: TED-LIUM, English TED talks with their transcripts aligned, of a quarter of an hour each.

Francois Hernandez et al., "TED-LIUM 3: twice as much data and corpus repartition for experiments on speaker
adaptation", SPECOM 2018; https://www.openslr.org/51, 452 hours, CC BY-NC-ND 3.0. `root` is the folder that holds
train, dev and test: TEDLIUM_release-3/legacy, TEDLIUM_release2 or TEDLIUM_release1. 16 kHz mono SPHERE,
<part>/sph/<talk>.sph, and <part>/stm/<talk>.stm, whose lines are `talk channel speaker start end <label> text`. Each
line is a span here: no file is cut.

Traps: lines of ignore_time_segment_in_scoring are what no transcript was made for, and no recordings. Suffixes stand
apart ("it 's", "don 't") and are joined to their words; `<unk>`, `<sil>`, `{NOISE}` and the numbers of pronunciations,
"a(2)", are no words, and left out of the text, which is then kept in extra as it was written, unless `tags: keep`. A
segment of nothing else has no text. A speaker is a talk: someone who gave two is two speakers. Licence: nothing that
is derived from the talks may be passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Literal, get_args

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.corpora.speech.listing import by_stem, parts_there, span_of
from manifests.errors import CorpusError
from manifests.recording import Recording
from manifests.splits import standard_split

Part = Literal["train", "dev", "test"]
IGNORED = "ignore_time_segment_in_scoring"
NO_LABELS = ("unk", "sil")

_AFTER = re.compile("[,_]")
_LABEL = re.compile(r"<([^<> ]*)>\s*(.*)")
_SUFFIX = re.compile(r" '(s|m|d|t|ll|ve|re)\b")
_TAG = re.compile(r"<[^<>]*>|\{[^{}]*\}|\(\d+\)")


class Tedlium(Reader):
    """Labels: `language`, and `gender` where it is told."""

    name: ClassVar[str] = "tedlium"
    about = About(
        title="TED-LIUM 3",
        what="English TED talks with aligned transcripts",
        tasks=("recognition", "speakers"),
        licence="cc-by-nc-nd-3.0",
        attribution="Francois Hernandez et al., LIUM and Ubiqus, TED-LIUM 3",
        url="https://www.openslr.org/51",
        hours=452,
    )

    parts: tuple[Part, ...] | None = Field(
        default=None, description="The parts that are read, [train, dev]; null: all that are there."
    )
    tags: Literal["drop", "keep"] = Field(
        default="drop", description="Whether <unk>, {NOISE} and their like stay in the text."
    )

    def read(self) -> Iterator[Recording]:
        for part in parts_there(self.files, get_args(Part), self.parts):
            talks = by_stem(self.files, f"{part}/sph", list(self.files.paths(f"{part}/sph")))
            for name in self.files.paths(f"{part}/stm"):
                if name.endswith(".stm"):
                    yield from self._talk(part, f"{part}/stm/{name}", talks)

    def _talk(self, part: str, table: str, talks: dict[str, str]) -> Iterator[Recording]:
        for line, row in lines(self.files, table):
            if row.startswith(";;"):
                continue
            fields = row.split(None, 5)
            if len(fields) < 6:
                problem = f"{len(fields)} fields; there should be talk, channel, speaker, start, end, <label> and text"
                raise CorpusError(problem, join(self.root, table), line)
            talk, _, speaker, start, end, said = fields
            found = _LABEL.fullmatch(said)
            label, said = found.groups() if found and found[1] not in NO_LABELS else ("", said)
            if said == IGNORED:
                continue
            if talk not in talks:
                raise CorpusError(f"no audio {part}/sph/{talk}.sph", join(self.root, table), line)
            text = self._text(said)
            yield Recording(
                key=f"{talk}@{start}",
                span=span_of(f"{part}/sph/{talks[talk]}", start, end, join(self.root, table), line),
                speaker=speaker,
                text=text or None,
                labels={"language": "en", **gender_label(_AFTER.split(label)[-1])},
                split=standard_split(part),
                extra={"original_text": said} if text != said else {},
                origin=f"{join(self.root, table)}:{line}",
            )

    def _text(self, said: str) -> str:
        if self.tags == "drop":
            said = " ".join(_TAG.sub("", said).split())
        return _SUFFIX.sub(r"'\1", said)
