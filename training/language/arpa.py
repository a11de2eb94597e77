"""ARPA files: n-gram models as text, as SRILM, KenLM and other tools read and write them.

    \\data\\
    ngram 1=3                       how many sequences of each order there are

    \\1-grams:
    -0.5<TAB>word<TAB>-0.3          log10 probability, the words, log10 back-off weight if there is one
    ..
    \\end\\

The format is that of SRILM's ngram-format(5). A name that ends in .gz is compressed.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from training.errors import LanguageModelError
from training.language.ngram import NGram, Words

_COUNT = re.compile(r"ngram\s+(\d+)\s*=\s*(\d+)")
_SECTION = re.compile(r"\\(\d+)-grams:")
_END = "\\end\\"


def write_arpa(model: NGram, path: str | Path) -> None:
    """Writes the model, whole or not at all. The same model gives the same bytes, and numbers are written in full."""
    by_order: list[list[Words]] = [[] for _ in range(model.order)]
    for words in model.probabilities:
        if bad := [word for word in words if word.split() != [word]]:
            raise LanguageModelError(f"a word in an ARPA file has no spaces; got {bad[0]!r}")
        by_order[len(words) - 1].append(words)
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _sink(temporary, target.suffix == ".gz") as sink:
            sink.write("\\data\\\n")
            sink.writelines(f"ngram {order}={len(listed)}\n" for order, listed in enumerate(by_order, 1))
            for order, listed in enumerate(by_order, 1):
                sink.write(f"\n\\{order}-grams:\n")
                sink.writelines(_line(model, words) for words in sorted(listed))
            sink.write(f"\n{_END}\n")
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def read_arpa(path: str | Path) -> NGram:
    """The model of a file; LanguageModelError with file and line where it is no ARPA, or ends too soon."""
    path = Path(path)
    reading = _Reading(path)
    try:
        with _source(path) as source:
            for number, line in enumerate(source, 1):
                reading.take(number, line.strip())
    except FileNotFoundError as error:
        raise LanguageModelError(f"{path}: there is no such file") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise LanguageModelError(f"{path}:{reading.number + 1}: cannot be read: {error}") from error
    return reading.model()


class _Reading:
    """What was read of a file so far, line by line."""

    def __init__(self, path: Path) -> None:
        self.path, self.number = path, 0
        self.counts: dict[int, int] = {}
        self.found: dict[int, int] = {}
        self.section = "before"  # then "data", then the order, then "end"
        self.order = 0
        self.probabilities: dict[Words, float] = {}
        self.backoffs: dict[Words, float] = {}

    def take(self, number: int, line: str) -> None:
        self.number = number
        if self.section == "before":  # what stands above the data is free text
            self.section = "data" if line == "\\data\\" else "before"
        elif self.section == "end" or not line:
            return
        elif line == _END:
            self._close()
            if self.order < len(self.counts) or not self.counts:
                raise self.wrong(f"\\data\\ announces sequences of {self.order + 1} words, and there are none")
            self.section = "end"
        elif section := _SECTION.fullmatch(line):
            self._open(int(section[1]))
        elif self.section == "data":
            self._count(line)
        else:
            self._take_sequence(line)

    def model(self) -> NGram:
        if self.section == "before":
            raise self.wrong("there is no \\data\\; it is no ARPA file")
        if self.section != "end":
            raise self.wrong(f"the file stops without {_END}")
        return NGram(self.order, self.probabilities, self.backoffs)

    def wrong(self, what: str) -> LanguageModelError:
        return LanguageModelError(f"{self.path}:{self.number}: {what}")

    def _count(self, line: str) -> None:
        found = _COUNT.fullmatch(line)
        if found is None or int(found[1]) != len(self.counts) + 1:
            raise self.wrong(f"expected `ngram {len(self.counts) + 1}=` and a number; got {line!r}")
        self.counts[int(found[1])] = int(found[2])

    def _open(self, order: int) -> None:
        self._close()
        if order != self.order + 1 or order not in self.counts:
            raise self.wrong(f"\\{order}-grams: cannot stand here; \\data\\ announces orders 1 to {len(self.counts)}")
        self.section, self.order = "sequences", order
        self.found[order] = 0

    def _close(self) -> None:
        """The section is over: it must hold what was announced."""
        if self.order and self.found[self.order] != self.counts[self.order]:
            announced, found = self.counts[self.order], self.found[self.order]
            raise self.wrong(f"\\{self.order}-grams: ends with {found} sequences, and \\data\\ announces {announced}")

    def _take_sequence(self, line: str) -> None:
        parts = line.split()
        words = tuple(parts[1 : self.order + 1])
        if len(words) != self.order or len(parts) > self.order + 2:
            raise self.wrong(f"expected a log10 probability, {self.order} words and perhaps a weight; got {line!r}")
        if words in self.probabilities:
            raise self.wrong(f"{' '.join(words)!r} is there twice")
        self.probabilities[words] = self._number(parts[0])
        if len(parts) == self.order + 2:
            self.backoffs[words] = self._number(parts[-1])
        self.found[self.order] += 1

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if math.isnan(number) or number == math.inf:
            raise self.wrong(f"{text!r} is no log10 of a probability or weight")
        return number


def _line(model: NGram, words: Words) -> str:
    backoff = model.backoffs.get(words)
    weight = "" if backoff is None else f"\t{backoff!r}"
    return f"{model.probabilities[words]!r}\t{' '.join(words)}{weight}\n"


@contextmanager
def _sink(path: Path, compressed: bool) -> Iterator[TextIO]:
    with open(path, "wb") as file:
        # Without a name and a time inside, equal models give equal bytes.
        packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0) if compressed else file
        with io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text:
            yield text


def _source(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return open(path, encoding="utf-8")
