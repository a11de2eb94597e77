"""Tokenizer: what the stages that turn a text into tokens have in common, and how tokens become text again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from pydantic import Field, PrivateAttr

from features.draws import Draws
from features.errors import FeatureError
from features.example import Example, Tokens
from features.resources import Resources
from features.stage import PREDICT, FittedStage, Outcome, Rejected, Shape, Shapes, TokenShape

BLANK, UNKNOWN = "<blank>", "<unk>"
"""Id 0 is the blank of CTC, and what batches are padded with; id 1 is any symbol that train does not have."""


class Tokenizer(FittedStage):
    """A stage that reads the text and writes tokens. Its vocabulary is fitted on the texts of train.

    Subclasses implement `symbols`. A recording whose text is to be found (`predict`) is passed on without.
    """

    as_: str | None = Field(None, alias="as", description="Name of the result; by default the stage's own.")
    max_vocabulary: int = Field(
        4096, ge=3, le=1 << 20, description="More different symbols than that are a mistake in the texts."
    )
    unknown: Literal["reject", "token"] = Field(
        "reject", description="A symbol that train does not have: the recording is rejected, or it becomes <unk>."
    )

    _vocabulary: list[str] = PrivateAttr(default_factory=list)
    _ids: dict[str, int] = PrivateAttr(default_factory=dict)

    def symbols(self, text: str) -> Sequence[str]:
        """The text in its parts."""
        raise NotImplementedError

    def joined(self, symbols: Sequence[str]) -> str:
        """The text of these parts: the inverse of `symbols`."""
        return "".join(symbols)

    @property
    def target(self) -> str:
        return self.as_ or self.name

    @property
    def vocabulary(self) -> list[str]:
        """The symbols by id, once the stage is bound."""
        return self._vocabulary

    def acts_on(self, split: str, copy: int) -> bool:
        return split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        return {**shapes, self.target: TokenShape(len(self._vocabulary) or self.max_vocabulary)}

    def fit(self, examples: Iterable[Example]) -> str:
        """The vocabulary: <blank>, <unk>, then every symbol of train, sorted; ValueError when there are too many."""
        seen: Counter[str] = Counter()
        for example in examples:
            seen.update(self.symbols(example.text or ""))
            if len(seen) > self.max_vocabulary - 2:
                rare = ", ".join(map(repr, sorted(seen, key=seen.__getitem__)[:5]))
                raise ValueError(f"{self.name}: more than {self.max_vocabulary} symbols in train; rare ones are {rare}")
        if not seen:
            raise ValueError(f"{self.name}: no recording of train has a text")
        return json.dumps([BLANK, UNKNOWN, *sorted(seen)], ensure_ascii=False)

    def bind(self, resources: Resources, label: str) -> Tokenizer:
        if label not in resources.fitted:
            raise FeatureError(f"{label} was not fitted on the texts of train; build the store first")
        bound = self.model_copy()
        bound._take(resources.fitted[label])
        return bound

    def _take(self, fitted: str) -> None:
        self._vocabulary = json.loads(fitted)
        self._ids = {symbol: number for number, symbol in enumerate(self._vocabulary)}

    def apply(self, example: Example, draws: Draws) -> Outcome:
        if not example.text:
            return Rejected("it has no text")
        symbols = self.symbols(example.text)
        new = next((symbol for symbol in symbols if symbol not in self._ids), None)
        if new is not None and self.unknown == "reject":
            return Rejected(f"{new!r} is no symbol of the texts of train; --refit, or `unknown: token`")
        ids = [self._ids.get(symbol, self._ids[UNKNOWN]) for symbol in symbols]
        return example.put(self.target, Tokens(np.array(ids, np.int32)))

    def text(self, ids: Iterable[int]) -> str:
        """The text of tokens; blanks are left out, since they stand for nothing."""
        return self.joined([self._vocabulary[number] for number in ids if number])
