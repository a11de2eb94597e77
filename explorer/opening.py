"""Opening: from what a page names (a signal, a recording of a corpus or a store, a file of one's own) to an example.

Everything is named by keys that are looked up, never by a path. Whatever is opened comes as encoded bytes, so that
every chain begins with `decode`, as in a recipe; of a long recording a span is opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from explorer.errors import ExplorerError
from explorer.signals import Signal, signal
from explorer.waves import LONGEST_SECONDS, float_wav
from features.audio.decoders import DecoderError, open_decoder
from features.audio.probe import probe
from features.example import Example, Source
from features.resources import Clips
from features.showcase import corpora

if TYPE_CHECKING:
    from explorer.world import World

SPAN_SECONDS = 30.0
"""Of a longer recording than LONGEST_SECONDS, unless a span is asked for."""
BLOCK = 1 << 16


@dataclass(frozen=True)
class Opened:
    """What was opened: an example before `decode`, a name for the cache, and what stages may need besides.

    `seconds` is the length of the whole recording, None where it is not known; `part` the one of several examples.
    """

    identity: str
    example: Example
    seconds: float | None = None
    part: int = 0
    fitted: Mapping[str, str] = field(default_factory=dict)
    clips: Callable[[], Mapping[str, Clips]] = corpora


def open_source(world: World, asked: Mapping[str, Any]) -> Opened:
    """What a request names; ExplorerError where it is not there or cannot be read."""
    kinds = [kind for kind in _OPEN if kind in asked]
    if len(kinds) != 1:
        raise ExplorerError(f"a source is one of {', '.join(_OPEN)}", "source")
    opened = _OPEN[kinds[0]](world, asked)
    if "signal" in asked:  # no span of one: `seconds` is how long it is made
        return opened
    start, seconds = _number(asked, "start", 0.0), _number(asked, "seconds", None)
    identity = hashlib.blake2b(json.dumps([opened.identity, start, seconds]).encode(), digest_size=16).hexdigest()
    return replace(_span(opened, start or 0.0, seconds), identity=identity)


def _signal(world: World, asked: Mapping[str, Any]) -> Opened:
    parameters = {name: value for name, value in asked.items() if name != "signal"}
    try:
        made = signal(asked["signal"], parameters)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][:1])
        raise ExplorerError(first["msg"].removeprefix("Value error, "), f"source.{name}") from error
    text = getattr(made, "text", None)
    source = Source(_wav_of(made), made.title, alone=True)
    example = Example(made.name, source, text=text, split="train")
    return Opened(f"signal {made.name} {made.model_dump_json()}", example, length_of(source.data, LONGEST_SECONDS))


@lru_cache(maxsize=16)
def _wav_of(made: Signal) -> bytes:
    return float_wav(made.audio())


def _upload(world: World, asked: Mapping[str, Any]) -> Opened:
    digest = str(asked["upload"])
    found = world.uploads.get(digest)
    if found is None:
        raise ExplorerError("this file is not here any more; choose it again", "source.upload", 404)
    return Opened(f"upload {digest}", Example(found.name, Source(found.data, found.name, alone=True), split="train"))


def _corpus(world: World, asked: Mapping[str, Any]) -> Opened:
    recipe = world.recipe(str(asked["corpus"]))
    return recipe.opened(str(asked.get("key", "")))


def _store(world: World, asked: Mapping[str, Any]) -> Opened:
    from explorer.kept import open_kept

    return open_kept(world, asked)


_OPEN: dict[str, Callable[[Any, Mapping[str, Any]], Opened]] = {
    "signal": _signal,
    "upload": _upload,
    "corpus": _corpus,
    "store": _store,
}


def _span(opened: Opened, start: float, seconds: float | None) -> Opened:
    """What is opened of a recording: the whole of a short one, where no span is asked for; else the span."""
    source = opened.example.source
    if source is None or source.pieces:
        return opened
    known = source.seconds if source.seconds is not None else length_of(source.data, start + LONGEST_SECONDS + 1)
    if known is None or (start == 0 and seconds is None and known <= LONGEST_SECONDS):
        return replace(opened, seconds=known)
    if start >= known:
        raise ExplorerError(f"it ends at {known:.2f} s, before {start:g} s", "source.start")
    length = min(seconds or SPAN_SECONDS, LONGEST_SECONDS, known - start)
    beside = {name: replace(one, start=one.start + start, seconds=length) for name, one in source.beside.items()}
    cut = replace(source, start=source.start + start, seconds=length, beside=beside)
    return replace(opened, example=replace(opened.example, source=cut), seconds=known)


def length_of(data: bytes, enough: float) -> float | None:
    """The seconds of encoded bytes: as their container declares them, else counted up to `enough`; None where they
    cannot be decoded, which the stage `decode` says best.
    """
    found = probe(data)
    if found.fault:
        return None
    if found.frames is not None and found.sample_rate:
        return found.frames / found.sample_rate
    try:
        decoder = open_decoder(data[found.start :] if found.start else data, found, False)
    except DecoderError:
        return None
    try:
        block, frames = np.empty((BLOCK // max(decoder.channels, 1), decoder.channels), np.float32), 0
        while frames < enough * decoder.sample_rate and (done := decoder.read(block)):
            frames += done
        return frames / decoder.sample_rate if decoder.sample_rate else None
    except DecoderError:
        return None
    finally:
        decoder.close()


def _number(asked: Mapping[str, Any], name: str, default: float | None) -> float | None:
    value = asked.get(name, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e7:
        raise ExplorerError(f"{name} is a number of seconds, 0 or more", f"source.{name}")
    return float(value)
