"""nsynth: single notes of 1,006 instruments, every pitch at five velocities: 305,979 notes of 4 seconds, 16 kHz mono.

Jesse Engel et al., "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders", ICML 2017,
https://magenta.tensorflow.org/datasets/nsynth, CC BY 4.0. nsynth-{train,valid,test} have audio/{note_str}.wav and
examples.json, one object of all notes by name, some hundred megabytes in train, which is read as a stream.

Traps: the instruments of train are in neither of the other splits, so `instrument` cannot be learnt for them, and
`instrument_family` (11) and `instrument_source` (3) can; the family synth_lead is in train only. Numbers such as
instrument_family in examples.json are those of classes; labels are the names beside them. A note is held for three of
its four seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.json_items import object_items
from manifests.recording import Recording, Span

Part = Literal["train", "valid", "test"]


class _Note(BaseModel):
    """What examples.json says of a note, as far as it is read."""

    model_config = ConfigDict(strict=True)

    pitch: int
    velocity: int
    instrument_str: str
    instrument_family_str: str
    instrument_source_str: str
    qualities_str: list[str]


class NSynth(Reader):
    """Labels: `pitch` and `velocity` (MIDI, numbers), `instrument`, its family and source, `qualities`."""

    name: ClassVar[str] = "nsynth"
    about = About(
        title="NSynth",
        what="305,979 notes of 1,006 instruments, 4 seconds each, with pitch, velocity, family and qualities",
        tasks=("music classification", "pitch", "synthesis"),
        licence="cc-by-4.0",
        attribution="J. Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, 2017",
        url="https://magenta.tensorflow.org/datasets/nsynth",
        hours=340,
        size="24 GB",
    )

    parts: tuple[Part, ...] = Field(
        default=("train", "valid", "test"), min_length=1, description="Splits to read: train, valid, test."
    )

    def read(self) -> Iterator[Recording]:
        for part in ("train", "valid", "test"):
            if part in self.parts:
                yield from self._part(part)

    def _part(self, part: str) -> Iterator[Recording]:
        name = f"nsynth-{part}/examples.json"
        table = join(self.root, name)
        if not self.files.has(name):
            raise CorpusError("no such file; root is the folder that holds nsynth-train", table)
        with self.files.open(name) as source:
            for line, key, said in object_items(source, table):
                note = _note(key, said, table, line)
                yield Recording(
                    key=key,
                    span=Span(f"nsynth-{part}/audio/{key}.wav"),
                    labels={
                        "pitch": note.pitch,
                        "velocity": note.velocity,
                        "instrument": note.instrument_str,
                        "instrument_family": note.instrument_family_str,
                        "instrument_source": note.instrument_source_str,
                        "qualities": note.qualities_str,
                    },
                    split=part,
                    origin=f"{table}:{line}",
                )


def _note(key: str, said: Any, table: str, line: int) -> _Note:
    try:
        return _Note.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (key, *first["loc"]))
        raise CorpusError(f"{where}: {first['msg']}", table, line) from error
