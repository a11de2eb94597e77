"""BPE: a text in pieces of words, the frequent ones long: fewer targets than characters, and hardly a word is unknown.

Byte pair encoding as Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword
units", section 3.2: start from characters, and merge the most frequent pair of neighbours inside words, again and
again. Where two pairs are as frequent, the one that sorts first is merged; so equal texts give equal models.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import ClassVar

from pydantic import Field, PrivateAttr

from features.example import Example
from features.text.tokenizer import BLANK, UNKNOWN, Tokenizer

WORD = "▁"
"""Begins the first piece of every word, so that pieces know where the spaces were."""

Pair = tuple[str, str]


class Bpe(Tokenizer):
    """Tokens, one for each piece of a word; the pieces are learned from the texts of train.

    Spaces are the borders of words, and several are one. Where train has few words, there are fewer pieces than
    `vocabulary_size`.
    """

    name: ClassVar[str] = "bpe"
    version: ClassVar[int] = 1
    shown = ({"normalize_text": {}}, {"bpe": {"vocabulary_size": 30}})

    vocabulary_size: int = Field(
        500, ge=4, le=1 << 20, description="Pieces, with <blank>, <unk> and the single characters."
    )

    _ranks: dict[Pair, int] = PrivateAttr(default_factory=dict)
    _known: dict[str, list[str]] = PrivateAttr(default_factory=dict)

    def fit(self, examples: Iterable[Example]) -> str:
        words: Counter[str] = Counter()
        for example in examples:
            words.update((example.text or "").split())
        if not words:
            raise ValueError(f"{self.name}: no recording of train has a text")
        characters = sorted({WORD, *(character for word in words for character in word)})
        room = self.vocabulary_size - 2 - len(characters)
        if room < 0:
            needed = len(characters) + 2
            raise ValueError(f"bpe.vocabulary_size {self.vocabulary_size} is too small: characters alone need {needed}")
        merges = learn_merges(words, room)
        pieces = sorted({*characters, *(left + right for left, right in merges)})
        return json.dumps({"pieces": [BLANK, UNKNOWN, *pieces], "merges": merges}, ensure_ascii=False)

    def symbols(self, text: str) -> Sequence[str]:
        return [piece for word in text.split() for piece in self._pieces(word)]

    def joined(self, symbols: Sequence[str]) -> str:
        return "".join(symbols).replace(WORD, " ").strip()

    def _take(self, fitted: str) -> None:
        model = json.loads(fitted)
        super()._take(json.dumps(model["pieces"]))
        self._ranks = {(left, right): rank for rank, (left, right) in enumerate(model["merges"])}
        self._known = {}

    def _pieces(self, word: str) -> list[str]:
        if word not in self._known:
            self._known[word] = apply_merges([WORD, *word], self._ranks)
        return self._known[word]


def apply_merges(symbols: list[str], ranks: dict[Pair, int]) -> list[str]:
    """The symbols with every known pair merged, those learned first before the others.

    >>> apply_merges(["l", "o", "w", "l", "o"], {("l", "o"): 0, ("lo", "w"): 1})
    ['low', 'lo']
    """
    while len(symbols) > 1:
        rank, pair = min((ranks.get(pair, len(ranks)), pair) for pair in pairwise(symbols))
        if rank == len(ranks):
            break
        symbols = _merged(symbols, pair)
    return symbols


def learn_merges(words: Counter[str], count: int) -> list[Pair]:
    """Up to `count` pairs to merge, in order, from words and how often each is there.

    >>> learn_merges(Counter({"low": 5, "lower": 2, "newest": 6}), 3)
    [('w', 'e'), ('l', 'o'), ('▁', 'lo')]
    """
    spelled = {word: [WORD, *word] for word in words}
    counts: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[str]] = defaultdict(set)
    for word, often in words.items():
        for pair in _pairs(spelled[word]):
            counts[pair] += often
            places[pair].add(word)
    heap = [(-often, pair) for pair, often in counts.items()]
    heapq.heapify(heap)
    merges: list[Pair] = []
    while heap and len(merges) < count:
        often, pair = heapq.heappop(heap)
        if counts[pair] != -often or often == 0:
            continue  # the count has changed since: a newer entry of the heap says how
        merges.append(pair)
        changed: set[Pair] = set()
        for word in places.pop(pair):
            changed.update(_pairs(spelled[word]))
            for gone in _pairs(spelled[word]):
                counts[gone] -= words[word]
            spelled[word] = _merged(spelled[word], pair)
            changed.update(_pairs(spelled[word]))
            for made in _pairs(spelled[word]):
                counts[made] += words[word]
                places[made].add(word)
        counts[pair] = 0
        for other in changed:
            heapq.heappush(heap, (-counts[other], other))
    return merges


def _pairs(symbols: Sequence[str]) -> Iterable[Pair]:
    return pairwise(symbols)


def _merged(symbols: Sequence[str], pair: Pair) -> list[str]:
    """The symbols with every such pair, from the left, made one."""
    found: list[str] = []
    position = 0
    while position < len(symbols):
        if tuple(symbols[position : position + 2]) == pair:
            found.append("".join(pair))
            position += 2
        else:
            found.append(symbols[position])
            position += 1
    return found
