"""The members of a large JSON object, one by one, as corpora keep all their clips: {"clip": {..}, "clip": {..}}."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from typing import Any, cast

from manifests.address import join
from manifests.errors import CorpusError
from manifests.files import Files

_CHUNK = 1 << 16
_MAX_MEMBER = 16 << 20
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


def json_members(files: Files, name: str) -> Iterator[tuple[str, Any]]:
    """Name and value of each member of the object that a file below the root holds; only one is in memory."""
    path = join(files.root, name)
    try:
        with files.open(name) as raw, TextIOWrapper(raw, "utf-8-sig") as source:
            yield from _members(iter(partial(source.read, _CHUNK), ""), path)
    except FileNotFoundError as error:
        raise CorpusError("no such file", path) from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"not UTF-8 ({error.reason})", path) from error
    except OSError as error:
        raise CorpusError(f"cannot be read: {error}", path) from error


def _members(chunks: Iterator[str], path: str) -> Iterator[tuple[str, Any]]:
    text, opening, last = "", "{", ""
    while True:
        chunk = next(chunks, "")
        text = (text + chunk).lstrip()
        while (found := _member(text, opening, bool(chunk))) is not None:
            name, value, text = found
            yield name, value
            opening, last = ",", name
        end = text[1:].strip() if opening == "{" and text[:1] == "{" else text.strip() if opening == "," else ""
        if end == "}" and not chunk:
            return
        if not chunk or len(text) > _MAX_MEMBER:
            raise CorpusError(f"not JSON behind {last!r}" if last else "not a JSON object {..}", path)


def _member(text: str, opening: str, more: bool) -> tuple[str, Any, str] | None:
    """The member at the start of a text, behind a brace or a comma, and the rest; None where it is not whole."""
    if text[:1] != opening:
        return None
    try:
        name, end = _DECODER.raw_decode(text, _past(text, 1))
        colon = _past(text, end)
        if text[colon : colon + 1] != ":":
            return None
        value, end = _DECODER.raw_decode(text, _past(text, colon + 1))
    except ValueError:
        return None
    end = _past(text, end)
    if not isinstance(name, str) or (more and end == len(text)):
        return None
    return name, cast(Any, value), text[end:]


def _past(text: str, place: int) -> int:
    """The next place that is no white space."""
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place
