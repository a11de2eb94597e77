"""Sentences: lines of text as the words, characters or pieces that a language model is estimated from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from features.text.bpe import WORD


def words(lines: Iterable[str]) -> Iterator[list[str]]:
    """The words of each line; lines without any are left out.

    >>> list(words(["ein haus\\n", "", " am  see "]))
    [['ein', 'haus'], ['am', 'see']]
    """
    for line in lines:
        if found := line.split():
            yield found


def characters(lines: Iterable[str]) -> Iterator[list[str]]:
    """The characters of each line, with a mark between words, since files of models separate symbols by spaces.

    >>> list(characters(["ab  c"]))
    [['a', 'b', '▁', 'c']]
    """
    for found in words(lines):
        yield list(WORD.join(found))


def symbols(lines: Iterable[str], split: Callable[[str], Sequence[str]]) -> Iterator[list[str]]:
    """The symbols of each line by a tokenizer's `symbols`, such as the pieces of `bpe`, with the same mark for a space.

    >>> list(symbols(["ab c"], lambda text: list(text)))
    [['a', 'b', '▁', 'c']]
    """
    for found in words(lines):
        yield [WORD if symbol == " " else symbol for symbol in split(" ".join(found))]
