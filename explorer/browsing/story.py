"""Story: what became of one example, stage by stage, in words: what was decoded, what was drawn, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from features.catalog import STAGES, stage_class
from features.stage import Augmentation

_UNITS = {
    "db": " dB",
    "hz": " Hz",
    "seconds": " s",
    "m": " m",
    "kbps": " kbit/s",
    "percent": " %",
    "samples": " samples",
    "semitones": " semitones",
}
_SILENT = {"signal": "the recording is silent", "noise": "the noise is silent", "voices": "the voices are silent"}
_LONGEST = 12
"""Values of a list that are written out."""


def story(chain: Sequence[Mapping[str, Any]], row: Mapping[str, Any], notes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each stage of a chain its label, `words` on what it did to this example, `drawn` (whether chance had a part
    in it), the notes, and the stage's parameters.
    """
    found, counts = [], dict[str, int]()
    for described in chain:
        ((name, parameters),) = described.items()
        number = counts[name] = counts.get(name, -1) + 1
        label = name if not number else f"{name}.{number}"
        told = dict(notes.get(label, {}))
        words = _words(name, parameters, row, told)
        augments = _augments(name)
        drawn = augments and bool(told) and told.get("applied") is not False
        found.append({"stage": label, "words": words, "drawn": drawn, "notes": told, "parameters": parameters})
    return found


def _words(name: str, parameters: Mapping[str, Any], row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    if name == "decode":
        return _decoded(told, row)
    if told.get("applied") is False:
        chance = parameters.get("probability")
        return "left as it is" + (f": the chance was {_number(100 * chance)} %" if isinstance(chance, float) else "")
    if _augments(name) and parameters.get("act_on") != "all":
        if row["split"] != "train":
            return "left as it is: only train is augmented"
        if parameters.get("act_on") == "copies" and not row["copy"]:
            return "left as it is: copy 0 is never augmented"
    if told.get("silent"):
        return f"nothing was added: {_SILENT.get(str(told['silent']), 'it is silent')}"
    facts = [_fact(key, value) for key, value in told.items() if key != "applied"]
    return ", ".join(facts) or _settings(parameters)


def _decoded(told: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if not told:
        return ""
    parts = [f"{told.get('container') or 'a file'} ({told.get('codec') or 'unknown'}) by {told.get('decoder')}"]
    channels = told.get("channels")
    if "sample_rate" in told:
        parts.append(f"{told['sample_rate']} Hz")
    if channels:
        parts.append("1 channel" if channels == 1 else f"{channels} channels")
    if "seconds" in told:
        parts.append(f"{_number(told['seconds'])} s")
    if "start" in told:
        parts.append(f"from {_number(told['start'])} s of the file")
    if "channel" in told:
        parts.append(f"channel {told['channel']}")
    if told.get("pieces"):
        parts.append(f"composed of {len(told['pieces'])} pieces")
    if told.get("beside"):
        parts.append(f"with {', '.join(told['beside'])} beside it")
    if told.get("incomplete"):
        parts.append(f"incomplete: {told['incomplete']}")
    if told.get("length") == "unknown":
        parts.append("its length is declared nowhere")
    return ", ".join(parts)


def _fact(name: str, value: Any) -> str:
    """A fact with its unit, which its name ends in: snr_db 12.3 becomes "snr 12.3 dB".

    >>> _fact("snr_db", 12.345678), _fact("clip", "noise/tap.flac"), _fact("factor", 0.9)
    ('snr 12.35 dB', 'clip noise/tap.flac', 'factor 0.9')
    """
    stem, _, last = name.rpartition("_")
    unit = _UNITS.get(last, "") if stem else ""
    return f"{stem.replace('_', ' ') if unit else name} {_value(value)}{unit}"


def _value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "none" if value is None else "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list):
        more = " .." if len(value) > _LONGEST else ""
        return ", ".join(_value(one) for one in value[:_LONGEST]) + more or "none"
    return str(value) if len(str(value)) <= 80 else f"{str(value)[:80]} .."


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"


def _settings(parameters: Mapping[str, Any]) -> str:
    left = ("of", "as", "act_on", "probability")
    shown = [(key, value) for key, value in parameters.items() if value is not None and key not in left]
    return ", ".join(_fact(key, value) for key, value in shown[:4] if not isinstance(value, dict))


def _augments(name: str) -> bool:
    return name in STAGES and issubclass(stage_class(name), Augmentation)
