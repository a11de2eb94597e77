"""How the classes of a model become words: characters with a space between words, or pieces that begin words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from features.text.bpe import WORD
from features.text.tokenizer import BLANK, UNKNOWN

SPACE = " "


class Symbols:
    """The symbols of a model by their number, as a tokenizer's `vocabulary` lists them.

    Where pieces carry the mark of `bpe`, a piece that begins with it begins a word. Otherwise the symbol that is a
    space stands between words, and `separator` is its number. Where there is neither, a text is one word.

    >>> Symbols(["<blank>", "<unk>", " ", "a", "b"]).text([3, 2, 2, 4, 2])
    'a b'
    >>> Symbols(["<blank>", "<unk>", "▁", "▁a", "b"]).words([3, 4, 2, 4])
    ['ab', 'b']
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = list(vocabulary)
        self.separator: int | None = None
        marked = any(symbol.startswith(WORD) for symbol in vocabulary)
        if not marked and SPACE in vocabulary:
            self.separator = self.vocabulary.index(SPACE)
        self.parts = [
            (symbol[:1] == (WORD if marked else SPACE), symbol.removeprefix(WORD) if marked else symbol.strip(SPACE))
            for symbol in vocabulary
        ]
        """Of each symbol: whether it ends the word before it, and its letters."""
        written = [part for part, symbol in zip(self.parts, vocabulary, strict=True) if symbol not in (BLANK, UNKNOWN)]
        self.first = frozenset(letters for _, letters in written if letters)
        self.later = frozenset(letters for border, letters in written if letters and not border)
        """The letters with which a word may begin, and those that may follow in it."""

    def __len__(self) -> int:
        return len(self.vocabulary)

    def words(self, tokens: Iterable[int]) -> list[str]:
        """The words of tokens, without blanks."""
        return "".join(SPACE * border + letters for border, letters in (self.parts[token] for token in tokens)).split()

    def text(self, tokens: Iterable[int]) -> str:
        """The words with one space between them."""
        return SPACE.join(self.words(tokens))

    def spell(self, word: str) -> bool:
        """Whether some of the symbols, one behind the other, are this word.

        >>> symbols = Symbols(["<blank>", "<unk>", "▁", "▁ab", "b"])
        >>> symbols.spell("abb"), symbols.spell("bab"), symbols.spell("<unk>")
        (True, False, False)
        """
        longest = max(map(len, self.first), default=0)
        reached = {0}
        for start in range(len(word)):
            if start in reached:
                known = self.later if start else self.first
                ends = range(start + 1, min(start + longest, len(word)) + 1)
                reached.update(end for end in ends if word[start:end] in known)
        return len(word) in reached

    def written(self, token: int) -> str:
        """The symbol as a language model over symbols knows it, in whose files a space separates symbols."""
        return WORD if token == self.separator else self.vocabulary[token]
