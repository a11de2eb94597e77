"""FilterScript: leaves out texts with letters of another script than the language's.

The script of a letter is the first word of its name in the Unicode Character Database (`LATIN SMALL LETTER A`), after
compatibility composition (NFKC, Unicode Standard Annex #15), which has one letter for its wide and its raised forms.
Digits, punctuation and marks belong to no script. Letters of other scripts are often a text in another language, or
look-alikes, such as a Cyrillic а in a Latin word.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import ClassVar, Literal

from pydantic import Field

from features.stage import Filtered, TextStage

Script = Literal[
    "latin", "cyrillic", "greek", "armenian", "georgian", "hebrew", "arabic", "syriac", "thaana", "ethiopic",
    "devanagari", "bengali", "gurmukhi", "gujarati", "oriya", "tamil", "telugu", "kannada", "malayalam", "sinhala",
    "thai", "lao", "khmer", "myanmar", "tibetan", "mongolian", "hangul", "hiragana", "katakana", "bopomofo", "cjk",
    "cherokee", "tifinagh", "yi",
]  # fmt: skip


class FilterScript(TextStage):
    """The text as it is where at most `max_share` of its letters are of scripts other than these.

    >>> FilterScript().rewrite("Пес is a dog")
    Filtered(reason='3 of 9 letters are cyrillic; scripts are latin')
    """

    name: ClassVar[str] = "filter_script"
    version: ClassVar[int] = 1

    scripts: tuple[Script, ...] = Field(
        ("latin",), min_length=1, description="Scripts that stay, as Unicode names them; Chinese characters are cjk."
    )
    max_share: float = Field(0.0, ge=0, le=1, description="Largest share of letters of other scripts, of 1.")

    def rewrite(self, text: str) -> str | Filtered:
        found = scripts(text)
        foreign = {script: count for script, count in found.items() if script not in self.scripts}
        count, letters = sum(foreign.values()), found.total()
        if not count or count <= self.max_share * letters:
            return text
        named = ", ".join(sorted(foreign))
        return Filtered(f"{count} of {letters} letters are {named}; scripts are {', '.join(self.scripts)}")


def scripts(text: str) -> Counter[str]:
    """How many letters of a text there are of each script.

    >>> sorted(scripts("αβγ µm, 5 字").items())
    [('cjk', 1), ('greek', 4), ('latin', 1)]
    """
    composed = unicodedata.normalize("NFKC", text)
    names = (unicodedata.name(letter, "unnamed") for letter in composed if unicodedata.category(letter) in _LETTERS)
    return Counter(name.partition(" ")[0].lower() for name in names)


_LETTERS = ("Lu", "Ll", "Lt", "Lo")  # a modifier (Lm) is used with the letters of any script
