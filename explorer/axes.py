"""Axes: what the bins of a picture stand for, and the unit of its values."""

from __future__ import annotations

from typing import Any, Literal

from features.chain import Chain
from features.showing.frequencies import frequencies
from features.stage import Stage, Transform

Kind = Literal["hz", "mel", "octaves", "named", "index"]

_KINDS: dict[str, Kind] = {"stft": "hz", "cqt": "octaves", "chroma": "named", "chroma_cqt": "named"}
_PITCHES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_UNITS = {"stft": {"decibel": "dB", "phase": "radians", "complex": "real, imaginary"}, "cqt": {"decibel": "dB"}}


def axis(chain: Chain, name: str, frame_rate: float, bins: int) -> dict[str, Any]:
    """The axis of the features `name` behind a chain that begins with decode, as JSON: `kind`, and with it `hz` or
    `names` of each bin where they are known, and the `unit` of the values.
    """
    found: dict[str, Any] = {"kind": "index", "hz": None, "names": None, "unit": None}
    made = maker(chain, name)
    if made is None:
        return found
    hz = frequencies(chain, name, frame_rate)
    if hz is not None and len(hz) == bins:
        found |= {"kind": _KINDS.get(_origin(chain, name), "mel"), "hz": hz.tolist()}
    elif made.name in ("chroma", "chroma_cqt") and bins == len(_PITCHES):
        found |= {"kind": "named", "names": list(_PITCHES)}
    elif made.name == "pitch":
        found |= {"kind": "named", "names": ["Hz", "voiced"][:bins]}
    return {**found, "unit": _unit(made)}


def maker(chain: Chain, name: str) -> Stage | None:
    """The last stage of a chain that wrote an array."""
    made = [stage for stage in chain.stages if isinstance(stage, Transform) and stage.target == name]
    return made[-1] if made else None


def _origin(chain: Chain, name: str) -> str:
    """The stage that made the features which later stages made `name` of, each bin of one."""
    for stage in reversed(chain.stages):
        if isinstance(stage, Transform) and stage.target == name:
            if stage.name in _KINDS or stage.of == name:
                return stage.name
            name = stage.of
    return ""


def _unit(stage: Stage) -> str | None:
    by_output = _UNITS.get(stage.name, {}).get(str(getattr(stage, "output", "")))
    by_log = {"natural": "ln", "db": "dB"}.get(str(getattr(stage, "log", "")))
    return by_output or by_log
