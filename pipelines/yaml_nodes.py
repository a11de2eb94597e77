"""YAML 1.2 text as nodes that know where they stand.

ruamel.yaml finds the tokens; this file makes values of them by the core schema of YAML 1.2 (section 10.3)
and refuses what a configuration has no use for and a hostile one has: tags, anchors and aliases, several
documents, nesting without end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, StringMark
from ruamel.yaml.reader import ReaderError

from pipelines.errors import ConfigError, Place, Problem

MAX_DEPTH = 20

Scalar = str | int | float | bool | None
_NUMBERS: list[tuple[re.Pattern[str], Callable[[str], Scalar]]] = [
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]{1,40}"), int),
    (re.compile(r"0o[0-7]{1,40}"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,40}"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,4})?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda text: float("nan")),
]


@dataclass(slots=True)
class Node:
    """A value, where it stands, and where its key does (for the items of a list, the same).

    `expanded` text came of environment variables; it may yet turn out to be meant as a number.
    """

    value: dict[str, Node] | list[Node] | Scalar
    at: Place
    key_at: Place
    expanded: bool = False

    def children(self) -> list[tuple[str | int, Node]]:
        """The nodes right below, each with its key or its position."""
        if isinstance(self.value, dict):
            return list(self.value.items())
        return list(enumerate(self.value)) if isinstance(self.value, list) else []

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def resolve(text: str) -> Scalar:
    """The value of a scalar without quotes.

    >>> [resolve(text) for text in ("8000", "1e-3", "true", "yes", "2024-01-01", "~")]
    [8000, 0.001, True, 'yes', '2024-01-01', None]
    """
    return next((convert(text) for pattern, convert in _NUMBERS if pattern.fullmatch(text)), text)


def parse(text: str, path: str, place: Place | None = None) -> tuple[Node, list[Problem]]:
    """The one document in `text`, and its duplicate keys; ConfigError where it is no YAML that we take.

    With `place`, everything stands there, whatever its line.
    """
    parser = _Parser(text, path, place)
    try:
        return parser.document(), parser.problems
    except MarkedYAMLError as error:
        message, mark = explain(error, text)
        raise ConfigError([Problem(parser.place(mark), "", message)]) from None
    except OverflowError:
        raise ConfigError([Problem(place or Place(path), "", "an escape \\U that stands for no character")]) from None
    except ReaderError as error:
        line, column = position(text, error.position)
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        raise ConfigError([Problem(place or Place(path, line, column), "", message)]) from None


class _Parser:
    """Recursive descent over ruamel's events; `problems` collects the duplicate keys."""

    def __init__(self, text: str, path: str, place: Place | None) -> None:
        self._events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
        self._path, self._place = path, place
        self.problems: list[Problem] = []

    def place(self, mark: StringMark) -> Place:
        return self._place or Place(self._path, mark.line + 1, mark.column + 1)

    def document(self) -> Node:
        next(self._events)  # the stream's start
        start = next(self._events)
        if isinstance(start, events.StreamEndEvent):
            raise ConfigError([Problem(self._place or Place(self._path, 1, 1), "", "nothing is in it")])
        if start.version not in (None, (1, 2)) or start.tags:
            self._refuse(start, "directives (%YAML, %TAG) are not allowed")
        root = self._node(next(self._events), None, 0)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, events.StreamEndEvent):
            self._refuse(after, "a second document starts here; one file holds one")
        return root

    def _refuse(self, event: Any, message: str) -> None:
        raise ConfigError([Problem(self.place(event.start_mark), "", message)])

    def _node(self, event: Any, key_at: Place | None, depth: int) -> Node:
        if isinstance(event, events.AliasEvent) or event.anchor is not None:
            self._refuse(event, "anchors and aliases (&name, *name) are not allowed; write the value out")
        if event.tag is not None:
            self._refuse(event, f"tags ({event.tag}) are not allowed; write the plain value")
        if depth > MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} deep")
        at = self.place(event.start_mark)
        key_at = key_at or at
        if isinstance(event, events.ScalarEvent):
            quoted = event.style is not None
            if not is_unicode(event.value):
                self._refuse(event, "an escape \\u that stands for half a character")
            nothing = not quoted and not event.value  # it has no place of its own
            value = event.value if quoted else resolve(event.value)
            return Node(value, key_at if nothing else at, key_at)
        if isinstance(event, events.SequenceStartEvent):
            return Node(self._items(depth + 1), at, key_at)
        return Node(self._entries(depth + 1), at, key_at)

    def _items(self, depth: int) -> list[Node]:
        items = []
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            items.append(self._node(event, None, depth))
        return items

    def _entries(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            if not isinstance(event, events.ScalarEvent):
                self._refuse(event, "a key must be plain text")
            at = self.place(event.start_mark)
            self._node(event, None, depth)  # refuses anchors and tags
            value = self._node(next(self._events), at, depth)
            first = entries.setdefault(event.value, value)
            if first is not value:
                message = f"a second {event.value!r}; the first is in line {first.key_at.line}"
                self.problems.append(Problem(at, "", message))
        return entries


def explain(error: MarkedYAMLError, text: str) -> tuple[str, StringMark]:
    """A syntax error of ruamel's in plain words, and where it stands."""
    mark: StringMark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context)
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or text[mark.index : mark.index + 1] == "\t":
        column = indent.index("\t") if "\t" in indent else mark.column
        at = StringMark(mark.name, mark.index, mark.line, column, mark.buffer, mark.pointer)
        return "a tab; indent and separate with spaces", at
    if text[mark.index - 1 : mark.index + 1] == "${":
        return 'text with ${ inside { } or [ ] needs quotes: "${NAME}/.."', mark
    if "stream end" in problem or "end of stream" in problem:
        opened: StringMark = error.context_mark or mark
        bracket = text[opened.index : opened.index + 1]
        return f"this {bracket} is never closed" if bracket else "the text ends too early", opened
    return next((message for part, message in _SYNTAX if part in problem), f"not YAML: {problem}"), mark


_SYNTAX = [
    ("mapping values are not allowed", "a ':' that fits nothing: check the indentation, or quote text that holds ': '"),
    ("sequence entries are not allowed", "a list starts on a line of its own, below its key"),
    ("expected <block end>", "this fits no line above: check its indentation, and the quotes before it"),
    ("expected the node content", "a value is missing before this"),
    ("expected '<document start>'", "this stands after the end of the document"),
    ("indentation indicator", "text that starts with | or > needs quotes"),
    ("expected URI", "text that starts with ! needs quotes"),
    ("expected alphabetic", "text that starts with & or * needs quotes"),
    ("expected ',' or", "a comma or a closing bracket is missing before this"),
    ("could not find expected ':'", "a key without its ':'"),
    ("cannot start any token", "text that starts with this character needs quotes"),
    ("unknown escape character", 'a \\ inside " " starts an escape; use single quotes'),
]


def is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8: it holds no surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at `index`."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
