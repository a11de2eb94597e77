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
from manifests.corpora.json_members import json_members
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
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
        table = f"nsynth-{part}/examples.json"
        for name, said in json_members(self.files, table):
            note = _note(name, said, join(self.root, table))
            yield Recording(
                key=name,
                span=Span(f"nsynth-{part}/audio/{name}.wav"),
                labels={
                    "pitch": note.pitch,
                    "velocity": note.velocity,
                    "instrument": note.instrument_str,
                    "instrument_family": note.instrument_family_str,
                    "instrument_source": note.instrument_source_str,
                    "qualities": note.qualities_str,
                },
                split=part,
                origin=join(self.root, table),
            )


def _note(name: str, said: Any, table: str) -> _Note:
    try:
        return _Note.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        raise CorpusError(f"{where}: {first['msg']}", table) from error
