"""textgrid: annotations of Praat, in layers that are called tiers.

https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html. Praat reads a stream of numbers, "texts" (with
quotation marks doubled) and <flags>, and passes over the words between them; so the long and the short form are one.
Intervals become marks, with the tier's name; points have no length. A trap: Praat also writes UTF-16; save those as
UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from manifests.marks.mark import BrokenMark, Mark, ordered, seconds

_TOKEN = re.compile(r'"(?:[^"]|"")*"|<[a-z]+>|(?<![^\s=:])-?\d[\d.eE+-]*(?![^\s])|![^\n]*|\[[^\]]*\]')

Token = tuple[int, str]


def parse(lines: Iterable[tuple[int, str]]) -> Iterator[Mark]:
    """The intervals and points of each tier, in order."""
    tokens = _tokens(lines)
    if not _text(tokens).startswith("ooTextFile") or _text(tokens) != "TextGrid":
        raise BrokenMark('should begin with File type = "ooTextFile" and Object class = "TextGrid"', 1)
    _number(tokens), _number(tokens)
    line, flag = _next(tokens)
    if flag != "<exists>":
        raise BrokenMark("has no tiers", line)
    for _ in range(_count(tokens)):
        line, kind = _quoted(tokens)
        name = _text(tokens)
        _number(tokens), _number(tokens)
        if kind not in ("IntervalTier", "TextTier"):
            raise BrokenMark(f"a tier is {kind!r}; there are IntervalTier and TextTier", line)
        for _ in range(_count(tokens)):
            line, start = _number(tokens)
            end = _number(tokens)[1] if kind == "IntervalTier" else start
            ordered(start, end, line)
            yield Mark(start, end, line, text=_text(tokens).strip(), tier=name)


def _tokens(lines: Iterable[tuple[int, str]]) -> Iterator[Token]:
    """Texts in their quotation marks, numbers and flags; a text may go over several lines."""
    open_text, begun = "", 0
    for line, text in lines:
        if open_text:
            text = open_text + text
        begun = begun if open_text else line
        open_text = ""
        if _without_comment(text).count('"') % 2:
            open_text = text
            continue
        yield from ((begun, token) for token in _TOKEN.findall(text) if token[0] not in "![")
    if open_text:
        raise BrokenMark("a quotation mark is not closed", begun)


def _without_comment(text: str) -> str:
    """The line without what stands behind an exclamation mark outside of quotation marks."""
    inside = False
    for place, letter in enumerate(text):
        if letter == '"':
            inside = not inside
        elif letter == "!" and not inside:
            return text[:place]
    return text


def _next(tokens: Iterator[Token]) -> Token:
    found = next(tokens, None)
    if found is None:
        raise BrokenMark("ends in the middle of a tier", 0)
    return found


def _quoted(tokens: Iterator[Token]) -> Token:
    line, token = _next(tokens)
    if not token.startswith('"'):
        raise BrokenMark(f"there should be a text in quotation marks, and not {token}", line)
    return line, token[1:-1].replace('""', '"')


def _text(tokens: Iterator[Token]) -> str:
    return _quoted(tokens)[1]


def _number(tokens: Iterator[Token]) -> tuple[int, Decimal]:
    line, token = _next(tokens)
    return line, seconds(token, line)


def _count(tokens: Iterator[Token]) -> int:
    line, number = _number(tokens)
    if number != int(number):
        raise BrokenMark(f"{number} is no count", line)
    return int(number)
