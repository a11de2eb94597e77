"""Characters: the letters of a text as tokens, the plainest targets of recognition and input of synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from features.text.tokenizer import Tokenizer


class Characters(Tokenizer):
    """Tokens, one for each character (code point) of the text, spaces included."""

    name: ClassVar[str] = "characters"
    version: ClassVar[int] = 1

    def symbols(self, text: str) -> Sequence[str]:
        return text
