"""gigaspeech: GigaSpeech, 10,000 hours of English from audio books, podcasts and YouTube, with aligned transcripts.

Guoguo Chen et al., "GigaSpeech: An Evolving, Multi-domain ASR Corpus with 10,000 Hours of Transcribed Audio",
Interspeech 2021; https://github.com/SpeechColab/GigaSpeech. For research only, under an agreement. `root` holds
GigaSpeech.json and audio/<source>/<folder>/<id>.opus, 16 kHz, of hours each; the JSON is one object whose `audios`
each list their `segments`, with times, speaker and text. It has several gigabytes and is read as a stream. Each
segment is a span here: no file is cut. Opus needs soundfile with libsndfile 1.1 or newer, or the extra `containers`.

Subsets for training are nested, XS (10 hours), S, M, L and XL (10,000); DEV and TEST come along with each. The label
`subset` is the smallest that has a segment. Traps: punctuation stands in the text as <COMMA>, <PERIOD>, <QUESTIONMARK>
and <EXCLAMATIONPOINT>, which are left out, or written as marks with `punctuation: marks`. Segments of <SIL>, <MUSIC>,
<NOISE> or <OTHER> alone have no words, and are skipped, as the authors ask for training and scoring; `garbage: keep`
has them without a text. The speaker is "N/A" almost everywhere: then there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.reader import Reader
from manifests.corpora.speech.listing import span_of
from manifests.errors import CorpusError
from manifests.json_items import array_items
from manifests.recording import Recording
from manifests.splits import TEST, TRAIN, VALID

TABLE = "GigaSpeech.json"
SUBSETS = ("XS", "S", "M", "L", "XL")
HELD_OUT = {"DEV": VALID, "TEST": TEST}
MARKS = {"<COMMA>": ",", "<PERIOD>": ".", "<QUESTIONMARK>": "?", "<EXCLAMATIONPOINT>": "!"}
GARBAGE = frozenset(("<SIL>", "<MUSIC>", "<NOISE>", "<OTHER>"))

_MARK = re.compile(rf"\s*({'|'.join(MARKS)})")


class GigaSpeech(Reader):
    """Labels: `subset`, `language`, and `source`: audiobook, podcast or youtube."""

    name: ClassVar[str] = "gigaspeech"
    about = About(
        title="GigaSpeech",
        what="English from audio books, podcasts and YouTube with aligned transcripts",
        tasks=("recognition",),
        licence="research",
        attribution="Guoguo Chen et al., SpeechColab, GigaSpeech",
        url="https://github.com/SpeechColab/GigaSpeech",
        hours=10_000,
    )

    subset: Literal["XS", "S", "M", "L", "XL"] = Field(default="XL", description="What is trained on.")
    punctuation: Literal["drop", "marks"] = Field(
        default="drop", description="Whether <COMMA> and its like are left out of the text, or become marks."
    )
    garbage: Literal["skip", "keep"] = Field(
        default="skip", description="What becomes of segments without words, <MUSIC> and its like."
    )

    def read(self) -> Iterator[Recording]:
        table = join(self.root, TABLE)
        try:
            source = self.files.open(TABLE)
        except OSError as error:
            raise CorpusError("no such file; root is the folder that holds it", table) from error
        with source:
            for line, audio in array_items(source, table, "audios"):
                try:
                    path, segments, name = str(audio["path"]), list(audio["segments"]), str(audio["aid"])
                except (KeyError, TypeError) as error:
                    raise CorpusError("an audio without path, aid and segments", table, line) from error
                about = {"audio": name, **({"url": audio["url"]} if audio.get("url") else {})}
                for segment in segments:
                    found = self._segment(path, segment, table, line)
                    if found is not None:
                        labels = {**found.labels, **({"source": audio["source"]} if audio.get("source") else {})}
                        yield found._replace(labels=labels, extra=about)

    def _segment(self, path: str, segment: Mapping[str, Any], table: str, line: int) -> Recording | None:
        """A segment, if it is asked for; its line is that of its audio."""
        try:
            key, text, subsets = segment["sid"], segment["text_tn"], segment["subsets"]
            start, end = segment["begin_time"], segment["end_time"]
        except (KeyError, TypeError) as error:
            raise CorpusError(f"a segment of {path} lacks {error}", table, line) from error
        there = [str(name).strip("{}") for name in subsets]
        held_out = next((name for name in there if name in HELD_OUT), None)
        words = text.strip()
        if (held_out is None and self.subset not in there) or (words in GARBAGE and self.garbage == "skip"):
            return None
        speaker = segment.get("speaker")
        return Recording(
            key=key,
            span=span_of(path, start, end, table, line),
            speaker=speaker if speaker not in (None, "", "N/A") else None,
            text=None if words in GARBAGE else self._text(words) or None,
            labels={"subset": held_out or next(name for name in SUBSETS if name in there), "language": "en"},
            split=HELD_OUT[held_out] if held_out else TRAIN,
            origin=f"{table}:{line}",
        )

    def _text(self, words: str) -> str:
        return _MARK.sub(lambda found: MARKS[found[1]] if self.punctuation == "marks" else "", words).strip()
