"""duplicate_text: the same sentence in two splits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import ClassVar

import xxhash
from pydantic import Field

from pipelines.explain import counted
from pipelines.gates.gate import Look
from pipelines.gates.twins import NoTwins, Twins, across

_SHOWN = 60


class DuplicateText(NoTwins):
    """No text is in more than one split; case, punctuation, spaces and Unicode's ways of writing make no difference."""

    name: ClassVar[str] = "duplicate_text"

    min_words: int = Field(1, ge=1, description="Texts of fewer words are not compared: greetings, digits.")

    def find(self, look: Look, twins: Twins) -> None:
        for shown, members in across(look.folder, self._rows(look)):
            twins.add(members, f": {shown}")

    def words(self, groups: int) -> tuple[str, str]:
        return (
            f"{counted(groups, 'text')} {'is' if groups == 1 else 'are'} in more than one split",
            "keep a text in one split (split: {by: ..} a label that stands for it), or allow a max_share",
        )

    def _rows(self, look: Look) -> Iterator[tuple[str, str, str, str]]:
        for row in look.recordings(["text"]):
            plain = plain_text(row["text"] or "")
            if plain and len(plain.split()) >= self.min_words:
                shown = row["text"] if len(row["text"]) <= _SHOWN else f"{row['text'][: _SHOWN - 2]}.."
                yield xxhash.xxh3_128_hexdigest(plain.encode()), repr(shown), row["split"], row["key"]


def plain_text(text: str) -> str:
    """A text as it is compared: its letters, marks and digits, in lower case, words apart.

    >>> plain_text("  Don’t  STOP — ﬁne! ")
    'don t stop fine'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return re.sub(" +", " ", "".join(kept)).strip()
