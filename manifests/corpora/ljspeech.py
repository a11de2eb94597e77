"""ljspeech: the layout of the LJ Speech dataset, which most single-speaker voices are shared in.

Keith Ito and Linda Johnson, https://keithito.com/LJ-Speech-Dataset, public domain; the layout is used for
voices under other licences. `metadata.csv` has `id|text` or `id|text|normalised text` in each line, without
a header and without quoting; the audio is wavs/<id>.wav, or another format. The text is the normalised
one where there is one, and extra keeps the other. Keys are the ids, so they outlive a change of format.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from manifests.address import join
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.tables import delimited_rows


class LjSpeech(Reader):
    name: ClassVar[str] = "ljspeech"

    def read(self) -> Iterator[Recording]:
        table, opened = join(self.root, "metadata.csv"), partial(self.files.open, "metadata.csv")
        files = self._files()
        for line, fields in delimited_rows(table, "|", quotes=False, opened=opened):
            if len(fields) not in (2, 3):
                raise CorpusError(f"{len(fields)} fields; there should be id|text or id|text|text", table, line)
            name, original, *normalised = (field.strip() for field in fields)
            if name not in files:
                raise CorpusError(f"no wavs/{name}.wav, nor in another format", table, line)
            text = (normalised[0] if normalised else "") or original
            if not text:
                raise CorpusError(f"{name} has no text", table, line)
            yield Recording(
                key=name,
                span=Span(f"wavs/{files[name]}"),
                text=text,
                extra={"original_text": original} if text != original else {},
                origin=f"{table}:{line}",
            )

    def _files(self) -> dict[str, str]:
        """The audio files by id. A voice is some ten thousand sentences: they may be held."""
        folder = join(self.root, "wavs")
        if not self.files.is_there("wavs"):
            raise CorpusError("no such folder", folder)
        files: dict[str, str] = {}
        for path in audio_files(self.files, folder="wavs"):
            name, _, _ = path.rpartition(".")
            if name in files:
                raise CorpusError(f"both {files[name]} and {path} are there; keep one", folder)
            files[name] = path
        return files
