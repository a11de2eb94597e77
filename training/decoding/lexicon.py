"""Lexicon: the words that may be said, as a tree of their letters."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable
from pathlib import Path

from training.decoding.symbols import Symbols
from training.errors import LanguageModelError

END = ""
"""The branch that says that a word may end here; letters are never empty."""

Spot = dict[str, "Spot"]
"""A place in the tree: the letters that go on from here, and where they lead."""


class Lexicon:
    """Words by their letters.

    >>> lexicon = Lexicon(["in", "ink"])
    >>> spot = lexicon.walk(lexicon.root, "in")
    >>> sorted(spot), lexicon.walk(spot, "n")
    (['', 'k'], None)
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.root: Spot = {}
        self.words = frozenset(words)
        for word in self.words:
            if not word or word.split() != [word]:
                raise ValueError(f"a word of a lexicon has letters, and no spaces; got {word!r}")
            spot = self.root
            for letter in word:
                spot = spot.setdefault(letter, {})
            spot[END] = {}

    def walk(self, spot: Spot, letters: str) -> Spot | None:
        """Where these letters lead from a place; None where no word goes on so."""
        for letter in letters:
            if letter not in spot:
                return None
            spot = spot[letter]
        return spot


def read_lexicon(path: Path, symbols: Symbols) -> Lexicon:
    """The words of a file in UTF-8, one a line; blank lines are left out.

    LanguageModelError, with the line, where it cannot be read, or holds what is no word or cannot be spelled with the
    symbols; and where it has no word.
    """
    try:
        lines = path.read_bytes().removeprefix(BOM_UTF8).split(b"\n")
    except FileNotFoundError as error:
        raise LanguageModelError(f"{path}: there is no such file") from error
    except OSError as error:
        raise LanguageModelError(f"{path}: cannot be read: {error.strerror}") from error
    words = []
    for number, line in enumerate(lines, 1):
        try:
            word = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise LanguageModelError(f"{path}:{number}: this line is no UTF-8: {error.reason}") from error
        if word:
            _require_spelled(word, symbols, f"{path}:{number}")
            words.append(word)
    if not words:
        raise LanguageModelError(f"{path}: there is no word in it; a lexicon has one a line")
    return Lexicon(words)


def _require_spelled(word: str, symbols: Symbols, place: str) -> None:
    if word.split() != [word]:
        raise LanguageModelError(f"{place}: a lexicon has one word a line, without spaces; got {word!r}")
    if not symbols.spell(word):
        missing = sorted(set(word).difference(*symbols.first))
        why = f", which have no {', '.join(map(repr, missing))}" if missing else ""
        raise LanguageModelError(f"{place}: {word!r} cannot be spelled with the symbols of the model{why}")
