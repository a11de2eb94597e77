"""Own: what of a recording the manifest of a neighbour has no place for, kept in it under the name `wavemill`.

Who exports a recording reads what it wrote as its reader does, and adds what that does not say: so that reading it
again gives the very recording, and a neighbour, which knows nothing of it, passes over it.

Where a neighbour's rows have named fields, labels are fields like others, for all to use: `labels` then lists which
fields are labels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from manifests.corpora.columns import label_in
from manifests.corpora.paths import BrokenRow
from manifests.recording import Label, Recording
from manifests.rows import mistyped

NAME = "wavemill"

_NUMBER = int | float
_TYPES: dict[str, Any] = {
    "key": str,
    "start": _NUMBER,
    "seconds": _NUMBER,
    "channel": int,
    "speaker": str,
    "text": str,
    "labels": dict,
    "split": str,
    "extra": dict,
}


def said(recording: Recording) -> dict[str, Any]:
    """What a recording says but for where its bytes lie."""
    row: dict[str, Any] = {name: getattr(recording, name) for name in _TYPES if name not in ("start", "seconds")}
    span = recording.span
    return row | {"start": span.start, "seconds": span.seconds}


def kept(found: Recording, meant: Recording) -> dict[str, Any]:
    """The fields of `meant` that `found`, what a neighbour's row says of it, has otherwise.

    Labels that are kept whole are no longer told from other fields by their names: then extra is kept with them.
    """
    before, after = said(found), said(meant)
    fields = {name: value for name, value in after.items() if value != before[name]}
    return fields | ({"extra": after["extra"]} if "labels" in fields else {})


def restored(found: Recording, own: Mapping[str, Any]) -> Recording:
    """The recording that was meant; BrokenRow where what is kept is not what `kept` gives."""
    if not isinstance(own, Mapping):
        raise BrokenRow(f"{NAME} is {own!r}, which is no object")
    if wrong := mistyped({name: value for name, value in own.items() if value is not None}, _TYPES):
        raise BrokenRow(f"{NAME}: {wrong}")
    fields = dict(own)
    if fields.get("labels"):
        fields["labels"] = {name: _label(fields["labels"], name) for name in fields["labels"]}
    place = {name: fields.pop(name) for name in ("start", "seconds") if name in fields}
    if not fields.get("key", found.key):
        raise BrokenRow(f"{NAME}: the key is empty")
    for name in ("labels", "extra"):
        fields |= {name: {}} if name in fields and fields[name] is None else {}
    if place.get("start", 0.0) is None or min(value for value in (0.0, *place.values()) if value is not None) < 0:
        raise BrokenRow(f"{NAME}: a span from {place.get('start')}, {place.get('seconds')} long")
    return found._replace(span=found.span._replace(**place), **fields)


def take(row: dict[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
    """Takes what is ours out of a neighbour's row: the names of its fields that are labels, and what to restore."""
    own = row.pop(NAME, None) or {}
    if not isinstance(own, Mapping):
        raise BrokenRow(f"{NAME} is {own!r}, which is no object")
    names = own.get("labels", [])
    if not isinstance(names, list):
        return [], own
    if not all(isinstance(name, str) for name in names):
        raise BrokenRow(f"{NAME}.labels is {names!r}, which is no list of names")
    return names, {name: value for name, value in own.items() if name != "labels"}


def unpacked(row: dict[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
    """As `take`, from a table that holds what is ours as JSON text; a column of that name that holds other is left."""
    text = row.get(NAME)
    if not isinstance(text, str):
        return [], {}
    try:
        row[NAME] = json.loads(text)
    except ValueError as error:
        raise BrokenRow(f"{NAME} is no JSON: {error}") from error
    return take(row)


def labelled(recording: Recording, names: list[str]) -> Recording:
    """The recording whose fields of these names, found in extra, are labels."""
    extra = dict(recording.extra)
    labels = {name: label for name in names if (label := label_in(extra, name)) is not None}
    for name in names:
        extra.pop(name, None)
    return recording._replace(labels={**recording.labels, **labels}, extra=extra)


def _label(labels: Mapping[str, Any], name: str) -> Label:
    """One of the labels, which may be an empty text."""
    found = label_in(labels, name)
    if found is None and labels[name] != "":
        raise BrokenRow(f"{NAME}: the label {name!r} is {labels[name]!r}")
    return "" if found is None else found
