"""esc50: environmental sounds of 50 classes, from dogs to church bells: 2,000 clips of 5 seconds, 40 a class.

Karol J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015,
https://github.com/karolpiczak/ESC-50. 44.1 kHz mono WAV, audio/{fold}-{Freesound id}-{take}-{target}.wav;
meta/esc50.csv lists them (filename, fold, target, category, esc10, src_file, take).

Licence: the whole is CC BY-NC 3.0, the subset ESC-10 (`esc10: true`, 10 classes) CC BY 3.0; `extra.licence` says which.
The file LICENSE names each clip's author and the licence on Freesound, which `extra` has as `source` and
`source_licence`.

Traps: clips of one recording share a fold, so the folds must stay together: see folds.py. Short sounds are padded with
digital silence to 5 seconds, so many clips hold less than they are long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from manifests.corpora.about import About
from manifests.corpora.lists import Line, listed, plain_lines
from manifests.corpora.sounds.folds import Folded
from manifests.corpora.written_licences import licence_of
from manifests.recording import Recording, Span

_TABLE = "meta/esc50.csv"
_CREDIT = re.compile(r"- \[([\w-]+)\.ogg\]: +clip derived from .* \((https?://\S+)\) by (.+) \[([^\]]+)\]")


class Esc50(Folded):
    """Labels: `category` and `fold`."""

    name: ClassVar[str] = "esc50"
    folds: ClassVar[int] = 5
    about = About(
        title="ESC-50",
        what="environmental sounds of 50 classes, 2,000 clips of 5 seconds in 5 folds",
        tasks=("sound classification",),
        licence="cc-by-nc-3.0",
        attribution="K. J. Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015",
        url="https://github.com/karolpiczak/ESC-50",
        hours=2.8,
        size="600 MB",
    )

    esc10: bool = Field(default=False, description="Only the clips of ESC-10, ten classes under CC BY.")

    def read(self) -> Iterator[Recording]:
        credits = self._credits()
        for line in listed(self.files, _TABLE, ("filename", "fold", "target", "category", "esc10", "src_file", "take")):
            small = line.text("esc10").lower() == "true"
            if self.esc10 and not small:
                continue
            name, fold = line.text("filename"), self.fold_of(line)
            yield Recording(
                key=name.removesuffix(".wav"),
                span=Span(f"audio/{name}"),
                labels={"category": line.text("category"), "fold": fold},
                split=self.split_of(fold),
                extra={
                    "esc10": small,
                    "licence": "cc-by-3.0" if small else "cc-by-nc-3.0",
                    "target": line.whole("target"),
                    **_source(line, credits),
                },
                origin=line.origin,
            )

    def _credits(self) -> dict[str, tuple[str, str]]:
        """Source and licence of the 2,000 clips by fold, Freesound id and take, as far as LICENSE is there."""
        found: dict[str, tuple[str, str]] = {}
        for _, text in plain_lines(self.files, "LICENSE") if self.files.has("LICENSE") else ():
            if credit := _CREDIT.match(text):
                clip, url, author, licence = credit.groups()
                found[clip] = f"{author}, {url}", licence_of(licence)
        return found


def _source(line: Line, credits: dict[str, tuple[str, str]]) -> dict[str, Any]:
    clip, _, _ = line.text("filename").removesuffix(".wav").rpartition("-")
    if clip not in credits:
        return {"source": f"https://freesound.org/s/{line.text('src_file')}/"}
    source, licence = credits[clip]
    return {"source": source, "source_licence": licence}
