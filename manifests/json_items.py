"""JSON items: the members of the object in a large JSON file, or the elements of an array in it, one at a time.

Some corpora keep all they know in one JSON document of many gigabytes, {"version": .., "audios": [{..}, {..}]} or
{"clip": {..}, "clip": {..}}. What is in memory is the item at hand and the piece of the file that holds it.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any

from manifests.errors import CorpusError

PIECE = 1 << 20
MAX_ELEMENT = 1 << 28

_DECODER = json.JSONDecoder()
_GOES_ON = ("", ".", "e", "E")
"""What stands behind the part of a number that a piece of the file ends with."""


def array_items(source: IO[bytes], path: str, member: str) -> Iterator[tuple[int, Any]]:
    """The elements of the array that is a member of the object in a file, each with the line that it begins in.

    CorpusError, with the line, where the file is no such object.
    """
    text = _Text(source, path)
    text.expect("{")
    while True:
        key = text.value()
        text.expect(":")
        if key == member:
            break
        text.value()
        if text.expect(",}") == "}":
            raise CorpusError(f"has no member {member!r}", path)
    text.expect("[")
    if text.peek() == "]":
        return
    while True:
        text.peek()
        yield text.line(), text.value()
        if text.expect(",]") == "]":
            return


def object_items(source: IO[bytes], path: str) -> Iterator[tuple[int, str, Any]]:
    """The members of the object in a file, each with the line that it begins in, its name and its value.

    CorpusError, with the line, where the file is no such object.
    """
    text = _Text(source, path)
    text.expect("{")
    more = text.peek() != "}" or text.expect("}") == ""
    while more:
        text.peek()
        line, name = text.line(), text.value()
        if not isinstance(name, str):
            raise CorpusError(f"not JSON: {name!r} where there should be a name", path, line)
        text.expect(":")
        yield line, name, text.value()
        more = text.expect(",}") == ","
    if rest := text.peek():
        raise CorpusError(f"not JSON: {rest!r} behind its end", path, text.line())


class _Text:
    """A file as text, of which a piece is held from where reading stands on."""

    def __init__(self, source: IO[bytes], path: str) -> None:
        self._source, self._path = source, path
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._held, self._at, self._ended = "", 0, False
        self._line, self._counted = 1, 0

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            while self._held[self._at : self._at + 1].isspace():
                self._at += 1
            if self._at < len(self._held) or self._ended:
                return self._held[self._at : self._at + 1]
            self._more(PIECE)

    def line(self) -> int:
        """The line that reading stands in."""
        self._line += self._held.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def expect(self, wanted: str) -> str:
        """The next character, which is one of those; it is passed over."""
        found = self.peek()
        if not found or found not in wanted:
            there = repr(found) if found else "the end"
            raise CorpusError(f"not JSON: {there} where there should be {' or '.join(wanted)}", self._path, self.line())
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value; it is passed over. More of the file is read until it is whole."""
        self.peek()
        size = PIECE
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as error:
                if self._ended or len(self._held) - self._at > MAX_ELEMENT:
                    problem = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
                    raise CorpusError(f"not JSON: {problem}", self._path, self.line()) from error
            else:
                if self._ended or self._held[end : end + 1] not in _GOES_ON:
                    self._at = end
                    return value
            self._more(size)
            size *= 2

    def _more(self, size: int) -> None:
        """Lets go of what was passed over, and reads on."""
        line = self.line()
        try:
            data = self._source.read(size)
            more = self._decoder.decode(data, not data)
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(f"cannot be read: {error}", self._path, line) from error
        self._held, self._at, self._counted, self._ended = self._held[self._at :] + more, 0, 0, not data
