"""Mixed: a MixedCut of lhotse whose tracks lie one behind the other, as a composed recording.

lhotse makes such of cuts that are appended, with padding between them. Tracks that sound together, at a ratio of
levels, are a mixture, and no recording; neither is one that ends in padding, since a recording ends with its last
piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from manifests.corpora.layouts import cuts
from manifests.corpora.paths import BrokenRow
from manifests.recording import Piece, Recording

_CLOSE = Decimal("1e-6")
"""Times of lhotse are rounded; what overlaps by less does not."""


def joined(cut: Mapping[str, Any], root: str, labels: list[str]) -> Recording:
    """The tracks as pieces. Labels stay that all have; what else is known of each is kept as `pieces` in extra."""
    name = cuts.text(cut, "id")
    end = last = Decimal(0)
    pieces: list[Piece] = []
    found: list[Recording] = []
    for track in sorted(cuts.several(cut, "tracks"), key=lambda track: cuts.exact(track.get("offset", 0))):
        inner, offset = cuts.one(track, "cut"), cuts.exact(track.get("offset", 0))
        last = max(last, offset + cuts.exact(inner.get("duration")))
        if inner.get("type") == "PaddingCut":
            continue
        if track.get("snr") is not None or offset < end - _CLOSE or inner.get("type") == "MixedCut":
            raise BrokenRow(f"cut {name!r} is a mixture of tracks that sound together; {cuts.SAVE}")
        (recording,) = cuts.recordings(inner, root, "cut", labels)
        gap = max(float(offset - end), 0.0)
        pieces.append(Piece(recording.span, gap, recording.channel, recording.speaker, recording.text))
        found.append(recording)
        end = offset + cuts.exact(inner.get("duration"))
    if not pieces or cut.get("transforms"):
        raise BrokenRow(f"cut {name!r} is padding only, or has transforms that are not yet applied; {cuts.SAVE}")
    if last > end + _CLOSE:
        raise BrokenRow(f"cut {name!r} ends in padding; take it off, or {cuts.SAVE}")
    return Recording.composed(name, pieces, **_shared(found))


def _shared(found: list[Recording]) -> dict[str, Any]:
    """What is known of the whole."""
    first, texts = found[0], [one.text for one in found if one.text]
    labels = {
        name: value for name, value in first.labels.items() if all(one.labels.get(name) == value for one in found)
    }
    more = [{**one.labels, **one.extra} for one in found]
    return {
        "speaker": first.speaker if len({one.speaker for one in found}) == 1 else None,
        "text": " ".join(texts) if texts else None,
        "labels": labels,
        "extra": {"pieces": more} if any(one != labels for one in more) else {},
    }
