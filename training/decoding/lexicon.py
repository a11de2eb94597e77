"""Lexicon: the words that may be said, as a tree of their letters."""

from __future__ import annotations

from collections.abc import Iterable

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
