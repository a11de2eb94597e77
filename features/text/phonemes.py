"""Phonemes: how a text is spoken, as tokens of the International Phonetic Alphabet, by espeak-ng (see espeak.py):
text-to-speech learns sooner from sounds than from letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from pydantic import Field

from features.text.espeak import phonemes
from features.text.tokenizer import Tokenizer

SPACE = " "


class Phonemes(Tokenizer):
    """Tokens, one for each phoneme, with its stress mark if it has one; a space between words.

    Needs the extra `speech`. The language is that of the texts, and is not guessed.
    """

    name: ClassVar[str] = "phonemes"
    version: ClassVar[int] = 1

    language: str = Field("en-us", description="A language of espeak-ng: en-us, en-gb, de, fr-fr, ..")

    def symbols(self, text: str) -> Sequence[str]:
        return _spoken(text, self.language)


@lru_cache(1 << 12)
def _spoken(text: str, language: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in phonemes(text, language):
        found += [SPACE, *word] if found else word
    return tuple(found)
