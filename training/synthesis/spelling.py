"""From a text to the tokens that an acoustic model reads: through the very stages that made those of its store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from features.draws import Draws
from features.errors import FeatureError
from features.example import Example
from features.stage import TextStage
from features.text.tokenizer import Tokenizer
from training.checkpoint import parse_chain
from training.errors import PredictError
from training.recognition.vocabulary import find_tokenizer

_END = re.compile(r"(?<=[.!?…])(?<!\d\.)[\"'»“”’)]*\s+|\n+")
"""Behind the end of a sentence; "am 3. Mai" is none."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, without the space around them.

    >>> sentences("Guten Tag! Heute ist der 3. Mai.  Und morgen?")
    ['Guten Tag!', 'Heute ist der 3. Mai.', 'Und morgen?']
    """
    return [part.strip() for part in _END.split(text) if part.strip()]


class Speller:
    """The text stages of a store's chain and its tokenizer, which writes the array `tokens`."""

    def __init__(self, chain: Sequence[Mapping[str, Any]], seed: int, fitted: Mapping[str, str], tokens: str) -> None:
        self.tokenizer = find_tokenizer(chain, fitted, tokens)
        stages = parse_chain([dict(stage) for stage in chain]).stages
        position = max(at for at, s in enumerate(stages) if isinstance(s, Tokenizer) and s.target == tokens)
        self._stages = [stage for stage in stages[:position] if isinstance(stage, TextStage)]
        self._seed = seed

    def normal(self, text: str) -> str:
        """The text as the stages leave it; PredictError, with the reason, where one of them stops it."""
        example = Example("text", text=text)
        for stage in self._stages:
            after = stage.apply(example, Draws(self._seed, stage.name, 0, example.key, 0))
            if not isinstance(after, Example):
                raise PredictError(f"{text!r}: {stage.name}: {getattr(after, 'reason', 'it made several of it')}")
            example = after
        return example.text or ""

    def ids(self, text: str) -> list[int]:
        """The tokens of a text; PredictError, naming them, for symbols that no text of train had."""
        normal = self.normal(text)
        try:
            symbols = self.tokenizer.symbols(normal)
        except FeatureError as error:
            raise PredictError(f"{text!r}: {error}") from error
        known = {symbol: number for number, symbol in enumerate(self.tokenizer.vocabulary)}
        new = sorted({symbol for symbol in symbols if symbol not in known})
        if new:
            there = " ".join(symbol for symbol in self.tokenizer.vocabulary[2:] if symbol.strip())
            raise PredictError(
                f"{text!r}: {', '.join(map(repr, new))} of {normal!r} was in no text of train, so how it sounds is not "
                f"known; there are {there}"
            )
        if not symbols:
            raise PredictError(f"{text!r}: there is nothing to speak")
        return [known[symbol] for symbol in symbols]
