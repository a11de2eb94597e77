"""NormalizeText: transcripts as a model should write them, the same way for training and for scoring.

Unicode compatibility composition (NFKC, Unicode Standard Annex #15), then numbers, case, punctuation and spaces.
Numbers in words are num2words' (github.com/savoirfairelinux/num2words), an extra.
"""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from features.errors import FeatureError
from features.stage import Rejected, TextStage

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPACES = re.compile(r"\s+")
_APOSTROPHES = str.maketrans("’‘´`", "''''")


class NormalizeText(TextStage):
    """The text with its letters, numbers, punctuation and spaces in one way of writing.

    >>> NormalizeText().rewrite("  It’s  GREAT — 100 % ")
    "it's great 100"
    """

    name: ClassVar[str] = "normalize_text"
    version: ClassVar[int] = 1

    case: Literal["lower", "upper", "keep"] = Field(
        "lower", description="Letters in lower or upper case, or as written."
    )
    punctuation: Literal["remove", "keep"] = Field(
        "remove", description="remove: what is no letter, digit, mark or apostrophe inside a word becomes a space."
    )
    numbers: Literal["keep", "words", "reject"] = Field(
        "keep", description="words: digits are spelled out in `language`; reject: a text with digits is left out."
    )
    language: str | None = Field(None, description="Language of spelled numbers: en, de, fr, ..", min_length=2)

    @model_validator(mode="after")
    def _fits(self) -> NormalizeText:
        if self.numbers == "words" and self.language is None:
            raise ValueError("`numbers: words` needs the `language` to spell them in: en, de, ..")
        return self

    def rewrite(self, text: str) -> str | Rejected:
        text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
        if self.numbers != "keep" and (found := _NUMBER.search(text)):
            if self.numbers == "reject":
                return Rejected(f"digits in the text: {found[0]}")
            text = _NUMBER.sub(lambda match: f" {self._spelled(match[0])} ", text)
        if self.case != "keep":
            text = text.lower() if self.case == "lower" else text.upper()
        if self.punctuation == "remove":
            text = _without_punctuation(text)
        text = _SPACES.sub(" ", text).strip()
        return text if text else Rejected("nothing is left of the text")

    def _spelled(self, number: str) -> str:
        try:
            from num2words import num2words
        except ImportError as error:
            raise FeatureError("numbers in words need num2words; pip install 'wavemill[text]'") from error
        plain = _plain_number(number, str(self.language))
        try:
            return str(num2words(plain, lang=self.language))
        except NotImplementedError as error:
            raise FeatureError(f"num2words spells no numbers in language {self.language!r}") from error


def _without_punctuation(text: str) -> str:
    """Letters, marks, digits, spaces, and apostrophes between letters."""
    kept = []
    for position, character in enumerate(text):
        inside = 0 < position < len(text) - 1 and text[position - 1].isalpha() and text[position + 1].isalpha()
        letter = unicodedata.category(character)[0] in "LMN"
        kept.append(character if letter or (character == "'" and inside) else " ")
    return "".join(kept)


def _plain_number(written: str, language: str) -> str:
    """A number as Python writes it, from one with groups of thousands and a decimal sign.

    >>> _plain_number("1,234.5", "en"), _plain_number("1.234,5", "de"), _plain_number("3.14", "en")
    ('1234.5', '1234.5', '3.14')
    """
    group, decimal = (",", ".") if language.startswith("en") else (".", ",")
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", written):
        written = written.replace(group, "")
    parts = re.split("[.,]", written)
    return ".".join(parts) if len(parts) <= 2 else "".join(parts)
