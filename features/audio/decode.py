"""Decode: from the encoded bytes of a recording to its samples, or to the reason why not.

Our probe of the container speaks first, since decoders are silent about what is missing; then the limits,
before any memory is asked for. Decoding is in blocks up to the limits: no header sizes an allocation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from features.audio.beside import Apart, together
from features.audio.blocks import NotFinite, gather
from features.audio.containers import Probe
from features.audio.decoders import Decoder, DecoderError, open_decoder
from features.audio.joined import CannotJoin, Facts, Joined
from features.audio.probe import probe
from features.draws import Draws
from features.errors import FeatureError
from features.example import Audio, Example, Source
from features.stage import AudioShape, Outcome, Rejected, Shape, Shapes, Stage

Channels = Literal["mono", "all"] | Annotated[int, Field(ge=0, strict=True)]

# A span whose end was rounded to hundredths of a second may end this much behind the last sample.
ROUNDING_SECONDS = 0.01


class _Unusable(Exception):
    """Why a recording is rejected; never leaves this file."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Frames to decode: from `first`, at most `frames` (None: to the end), and never more than `most`."""

    first: int
    frames: int | None
    most: int

    @property
    def whole(self) -> bool:
        return self.first == 0 and self.frames is None


class Decode(Stage):
    """The waveform of a recording, as the array `audio`; every recording's own channel and span are kept to.

    `also` names files of the same moment that a corpus has beside its recordings, such as `clean` beside noisy speech:
    each becomes an array of that name, with as many samples. Without it, they are left alone.

    Rejected: what is no audio, ends early, changes its rate or channels half-way, holds numbers that are
    not finite, holds nothing, or is beyond a limit. The limits hold for the span, not for the file. Of a recording
    composed of several, the notes tell where each begins and ends; one that is rejected rejects the whole. So does a
    file of `also` that is not there or cannot be used, has another rate, or ends over 20 ms sooner or later.
    """

    name: ClassVar[str] = "decode"
    version: ClassVar[int] = 1

    channels: Channels = Field(
        "mono", description="mono: the mean of all; all: as they are; a number: that one, from 0."
    )
    max_seconds: float = Field(3600.0, gt=0, description="Longest span that is decoded, in seconds.")
    max_sample_rate: int = Field(384_000, ge=1, description="Highest sample rate in Hz.")
    max_channels: int = Field(64, ge=1, description="Most channels of a recording.")
    max_bytes: int = Field(1 << 31, ge=1, description="Most bytes, both as encoded and as decoded (float32).")
    truncated: Literal["reject", "keep"] = Field(
        "reject", description="What becomes of recordings that end early or have gaps; keep: what can be decoded."
    )
    also: tuple[str, ...] = Field((), description="What is decoded besides, by the names that the corpus has for it.")

    @field_validator("also", mode="before")
    @classmethod
    def _one_by_itself(cls, also: Any) -> Any:
        return (also,) if isinstance(also, str) else tuple(also) if isinstance(also, list) else also

    @field_validator("also")
    @classmethod
    def _names_of_their_own(cls, also: tuple[str, ...]) -> tuple[str, ...]:
        if len({"audio", "", *also}) < len(also) + 2:
            raise ValueError("each file beside the recording is named once, and none is called audio, which that is")
        return also

    @model_serializer(mode="wrap")
    def _described(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Where nothing is decoded besides, the stage is what it was before it could be: stores stay as they are."""
        found: dict[str, Any] = handler(self)
        return found if self.also else {name: value for name, value in found.items() if name != "also"}

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        shape = AudioShape(None, None if self.channels == "all" else 1)
        return {**shapes, "audio": shape, **dict.fromkeys(self.also, shape)}

    def apply(self, example: Example, draws: Draws) -> Outcome:
        source = example.source
        if source is None:
            raise FeatureError(f"{example.key}: there are no encoded bytes to decode")
        beside: dict[str, Facts] = {name: {"path": one.name, **_part(one)} for name, one in source.beside.items()}
        try:
            audio, facts = self._join(source) if source.pieces else self._decode(source)
            example = example.put("audio", audio)
            for name in self.also:
                value, found = self._beside(name, source, audio)
                example = example.put(name, value)
                beside.setdefault(name, {}).update({k: v for k, v in found.items() if facts.get(k) != v})
        except (_Unusable, DecoderError, NotFinite) as error:
            return Rejected(str(error))
        for name, fact in {**facts, **({"beside": beside} if source.beside else {})}.items():
            draws.remember(name, fact)
        return example

    def _beside(self, name: str, source: Source, audio: Audio) -> tuple[Audio, Facts]:
        """What the corpus calls `name` beside a recording, with as many samples as that has."""
        if name not in source.beside:
            if source.alone:
                return audio, {}
            raise _Unusable(f"there is no {name!r} beside it{_there(source.beside)}")
        one = source.beside[name]
        try:
            decoded, facts = self._decode(one)
            return together(decoded, audio), facts
        except (_Unusable, DecoderError, NotFinite, Apart) as error:
            raise _Unusable(f"{name} beside it, {one.name}: {error}") from error

    def _join(self, source: Source) -> tuple[Audio, Facts]:
        """The pieces one behind the other, and what is known of them; the limits hold for each and for the whole."""
        joined = Joined()
        for number, piece in enumerate(source.pieces, 1):
            try:
                joined.add(piece, *self._decode(piece.source))
                by_bytes = self.max_bytes // (4 * joined.channels)
                by_seconds = int(self.max_seconds * joined.sample_rate)
                if joined.frames > min(by_bytes, by_seconds):
                    so_far = f"{joined.frames / joined.sample_rate:.2f} s so far"
                    raise _Unusable(self._too_long(by_bytes, by_seconds, so_far))
            except (_Unusable, DecoderError, NotFinite, CannotJoin) as error:
                raise _Unusable(f"piece {number}, {piece.source.name}: {error}") from error
        return joined.audio(), joined.facts()

    def _decode(self, source: Source) -> tuple[Audio, Facts]:
        if len(source.data) > self.max_bytes:
            raise _Unusable(f"{len(source.data)} bytes; max_bytes is {self.max_bytes}")
        found = source.known.probe or probe(source.data)
        source.known.probe = found
        if found.fault:
            raise _Unusable(f"{found.container}: {found.fault}" if found.container else found.fault)
        incomplete = found.reason if found.verdict in ("truncated", "damaged") else ""
        if incomplete and self.truncated == "reject":
            raise _Unusable(f"{found.verdict}: {incomplete}")
        if found.sample_rate is not None and found.channels is not None:
            self._within(found.sample_rate, found.channels, source, found)
        span_is_whole = source.start == 0 and source.seconds is None
        decoder = open_decoder(source.data[found.start :] if found.start else source.data, found, span_is_whole)
        try:
            if decoder.sample_rate == 0:
                raise _Unusable("it holds no samples")
            span = self._within(decoder.sample_rate, decoder.channels, source, found)
            unlike = disagreement(found, decoder)
            if unlike:
                raise _Unusable(unlike)
            samples, short = self._read(decoder, span, source, found)
        finally:
            decoder.close()
        incomplete = incomplete or short
        if short and self.truncated == "reject":
            raise _Unusable(short)
        audio = Audio(samples, decoder.sample_rate)
        return audio, {**_facts(found, decoder, audio, incomplete), **_part(source)}

    def _within(self, rate: int, channels: int, source: Source, found: Probe) -> _Span:
        """The span in frames; _Unusable where the limits, or the recording as it declares itself, say no."""
        if not 1 <= rate <= self.max_sample_rate:
            raise _Unusable(f"sample rate {rate} Hz; max_sample_rate is {self.max_sample_rate}")
        if not 1 <= channels <= self.max_channels:
            raise _Unusable(f"{channels} channels; max_channels is {self.max_channels}")
        pick = self._pick(source)
        if isinstance(pick, int) and pick >= channels:
            raise _Unusable(f"channel {pick} of a recording that has {channels} (the first is 0)")
        first, frames = _frames_of(source, rate)
        by_bytes = self.max_bytes // (4 * (channels if pick == "all" else 1))
        by_seconds = int(self.max_seconds * rate)
        declared = None
        if found.frames is not None and found.sample_rate:
            declared = max(found.frames * rate // found.sample_rate - first, 0)
        known = [length for length in (frames, declared) if length is not None]
        if known and min(known) > min(by_bytes, by_seconds):
            raise _Unusable(self._too_long(by_bytes, by_seconds, f"{min(known) / rate:.2f} s"))
        return _Span(first, frames, min(by_bytes, by_seconds))

    def _too_long(self, by_bytes: int, by_seconds: int, what: str) -> str:
        if by_seconds <= by_bytes:
            return f"{what}; max_seconds is {self.max_seconds:g}"
        return f"{what}, decoded; max_bytes is {self.max_bytes}"

    def _pick(self, source: Source) -> Channels:
        return self.channels if source.channel is None else source.channel

    def _read(self, decoder: Decoder, span: _Span, source: Source, found: Probe) -> tuple[NDArray[np.float32], str]:
        """The samples, and in words what is missing of those that should be there; empty when nothing is."""
        if span.first and decoder.exact_seek:
            decoder.seek(span.first)
        skip = 0 if decoder.exact_seek else span.first
        wanted = span.most + 1 if span.frames is None else span.frames
        if found.codec == "flac" and found.frames is not None and not span.whole:
            wanted = min(wanted, max(found.frames - span.first, 0))  # libsndfile takes tags behind the end for errors
        declared = None if found.frames is None or not span.whole else found.frames
        samples = gather(decoder, self._pick(source), wanted, skip, declared)
        there, rate = samples.shape[1], decoder.sample_rate
        if there > span.most:
            by_seconds = int(self.max_seconds * rate)
            raise _Unusable(self._too_long(span.most, by_seconds, f"more than {span.most / rate:.2f} s"))
        short = shortfall(found, decoder, there) if span.whole else ""
        if there == 0:
            raise _Unusable(f"it ends before {source.start:g} s" if span.first else short or "it holds no samples")
        if span.frames is not None and there < span.frames - ROUNDING_SECONDS * rate:
            end = (source.start + (source.seconds or 0.0), (span.first + there) / rate)
            return samples, f"the span ends at {end[0]:.3f} s, the recording at {end[1]:.3f} s"
        return samples, short


def _there(beside: Mapping[str, Source]) -> str:
    return f"; there are {', '.join(sorted(beside))}" if beside else ""


def _frames_of(source: Source, rate: int) -> tuple[int, int | None]:
    """(first frame, frames) of a span; both ends rounded, so that spans that touch neither overlap nor gap."""
    first = round(source.start * rate)
    if source.start < 0 or (source.seconds is not None and source.seconds <= 0):
        raise _Unusable(f"the span from {source.start:g} s, {source.seconds} s long, is none")
    if source.seconds is None:
        return first, None
    return first, max(round((source.start + source.seconds) * rate) - first, 0)


def disagreement(found: Probe, decoder: Decoder) -> str:
    """Where header and decoder speak of other audio, in words; Opus may be decoded at its encoder's input rate."""
    for what, ours, theirs in (
        ("Hz", found.sample_rate if found.codec != "opus" else None, decoder.sample_rate),
        ("channels", found.channels, decoder.channels),
    ):
        if found.container in ("wav", "flac", "ogg", "mp1", "mp2", "mp3") and ours is not None and ours != theirs:
            return f"{found.container}: the header says {ours} {what}, {decoder.name} says {theirs}"
    return ""


def shortfall(found: Probe, decoder: Decoder, there: int) -> str:
    """By how much what was decoded differs from what is declared; empty when it does not."""
    declared = found.frames
    if found.container == "ogg":
        # positions count from wherever the stream began, which only its packets tell: the decoder has seen them
        declared = decoder.frames
    if declared is None or declared == there:
        return ""
    kind = "truncated or damaged" if there < declared else "damaged"
    return f"{kind}: it declares {declared} samples, {there} can be decoded"


def _facts(found: Probe, decoder: Decoder, audio: Audio, incomplete: str) -> Facts:
    facts: Facts = {
        "decoder": decoder.name,
        "container": found.container,
        "codec": found.codec,
        "sample_rate": audio.sample_rate,
        "channels": decoder.channels,
        "seconds": audio.seconds,
    }
    if incomplete:
        facts["incomplete"] = incomplete
    elif found.verdict == "unknown" and found.frames is None:
        facts["length"] = "unknown"
    return facts


def _part(source: Source) -> dict[str, float]:
    """Which part of the file it is, where it is not the whole."""
    start = {} if source.start == 0 and source.seconds is None else {"start": source.start}
    return start if source.channel is None else {**start, "channel": source.channel}
