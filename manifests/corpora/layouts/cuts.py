"""Cuts: rows of lhotse's manifests as recordings; BrokenRow for what is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from manifests.corpora.layouts import own
from manifests.corpora.paths import BrokenRow, path_below
from manifests.marks.mark import MOST
from manifests.recording import Recording, Span

Row = Mapping[str, Any]

SAVE = "make files of it with lhotse's save_audios"
MORE = ("language", "gender", "alignment")
"""Fields of a supervision that are kept beside its `custom`."""


def recordings(
    cut: Row, root: str, each: Literal["cut", "supervision"], labels: list[str], place: Span | None = None
) -> Iterator[Recording]:
    """The recordings of a cut: itself, or each of its supervisions. `place` is its audio where that lies in a shar."""
    _check_kind(cut)
    supervisions = several(cut, "supervisions")
    if each == "supervision":
        for supervision in supervisions:
            yield _of_supervision(cut, supervision, root, labels, place)
        return
    if len(supervisions) > 1:
        raise BrokenRow(f"cut {cut.get('id')!r} has {len(supervisions)} supervisions; say `each: supervision`")
    span, channel = _place(cut, cut, root, place)
    found = Recording(text(cut, "id"), span, channel)
    yield _described(found, supervisions[0] if supervisions else {}, one(cut, "custom"), labels)


def whole(recording: Row, root: str) -> Recording:
    """A recording of which nothing more is known."""
    return Recording(text(recording, "id"), Span(_path(recording, None, root)[0]))


def supervised(supervision: Row, recording: Row, root: str, labels: list[str]) -> Recording:
    """A supervision with the recording that it lies in."""
    place = {**supervision, "recording": recording}
    span, channel = _place(place, supervision, root, None)
    return _described(Recording(text(supervision, "id"), span, channel), supervision, {}, labels)


def text(row: Row, name: str) -> str:
    """A field that must be there."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise BrokenRow(f"{name} is {value!r}, which is no text")
    return value


def _check_kind(cut: Row) -> None:
    kind = cut.get("type")
    if kind in ("MonoCut", "MultiCut"):
        return
    if kind in ("MixedCut", "PaddingCut"):
        raise BrokenRow(f"cut {cut.get('id')!r} is a {kind}, a mixture or padding; {SAVE}")
    raise BrokenRow(f"is no cut: its type is {kind!r}; there are MonoCut and MultiCut")


def _of_supervision(cut: Row, supervision: Row, root: str, labels: list[str], place: Span | None) -> Recording:
    """A supervision of a cut, whose times count from where the cut begins."""
    start = exact(cut.get("start", 0)) + exact(supervision.get("start", 0))
    if start < 0:
        raise BrokenRow(f"supervision {supervision.get('id')!r} begins before its recording; trim the cuts")
    inside = {**supervision, "start": start, "recording": cut.get("recording")}
    span, channel = _place(inside, supervision, root, place)
    return _described(Recording(text(supervision, "id"), span, channel), supervision, {}, labels)


def _place(row: Row, named: Row, root: str, place: Span | None) -> tuple[Span, int | None]:
    """Where the audio of a cut or supervision lies: file, span and channel."""
    recording = row.get("recording")
    if not isinstance(recording, Mapping):
        raise BrokenRow(f"{named.get('id')!r} has no recording, features at most; {SAVE}")
    channel = _channel(row.get("channel"), recording)
    if place is None:
        path, channel = _path(recording, channel, root)
        place = Span(path)
    start, seconds = exact(row.get("start", 0)), exact(row.get("duration"))
    if seconds <= 0 or start < 0:
        raise BrokenRow(f"{named.get('id')!r} begins at {start} and lasts {seconds} seconds")
    if start == 0 and float(seconds) == recording.get("duration"):
        return place, channel
    return place._replace(start=float(start), seconds=float(seconds)), channel


def _channel(wanted: Any, recording: Row) -> int | None:
    """The channel, None for all that there are."""
    there = recording.get("channel_ids") or [0]
    asked = [wanted] if isinstance(wanted, int) else there if wanted is None else wanted
    if not (_channels(asked) and _channels(there)):
        raise BrokenRow(f"channels {asked!r} of {there!r}, which are no lists of numbers")
    if sorted(asked) == sorted(there):
        return None
    if len(asked) == 1 and asked[0] in there:
        return int(asked[0])
    raise BrokenRow(f"channels {asked} of {there}, which is neither one nor all; {SAVE}")


def _path(recording: Row, channel: int | None, root: str) -> tuple[str, int | None]:
    """The file of a recording, and which channel of it; where each channel has its file, that of the one asked for."""
    name = recording.get("id")
    if recording.get("transforms"):
        raise BrokenRow(f"recording {name!r} has transforms that are not yet applied; {SAVE}")
    sources = several(recording, "sources")
    if channel is not None and len(sources) > 1:
        sources = [source for source in sources if channel in (source.get("channels") or [])]
    if len(sources) != 1:
        raise BrokenRow(f"recording {name!r} has {len(sources)} sources; {SAVE}")
    (source,) = sources
    if source.get("type") not in ("file", "url"):
        what = "a command, which is never run" if source.get("type") == "command" else source.get("type")
        raise BrokenRow(f"the source of recording {name!r} is {what}; {SAVE}")
    alone = channel is not None and source.get("channels") == [channel] and len(recording["sources"]) > 1
    return path_below(root, text(source, "source")), None if alone else channel


def _described(found: Recording, supervision: Row, custom: Row, labels: list[str]) -> Recording:
    """With what the supervision and the cut say of it."""
    fields = {**custom, **one(supervision, "custom")}
    fields |= {name: supervision[name] for name in MORE if supervision.get(name) is not None}
    names, kept = own.take(fields)
    extra = {name: value for name, value in fields.items() if value is not None}
    for name in ("speaker", "text"):
        if not isinstance(supervision.get(name), str | None):
            raise BrokenRow(f"{name} is {supervision[name]!r}, which is no text")
    found = found._replace(speaker=supervision.get("speaker"), text=supervision.get("text"), extra=extra)
    return own.restored(own.labelled(found, [*labels, *names]), kept)


def exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BrokenRow(f"{value!r} is no time in seconds")
    found = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not abs(found) < MOST:
        raise BrokenRow(f"{value!r} is no time in seconds")
    return found


def several(row: Row, name: str) -> list[Row]:
    """A field that is a list of objects, or is not there."""
    found = row.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise BrokenRow(f"{name} is {found!r}, which is no list of objects")
    return found


def one(row: Row, name: str) -> Row:
    """A field that is an object, or is not there."""
    found = row.get(name) or {}
    if not isinstance(found, Mapping):
        raise BrokenRow(f"{name} is {found!r}, which is no object")
    return found


def _channels(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, int) and item >= 0 for item in value)
