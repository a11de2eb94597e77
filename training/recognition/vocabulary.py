"""Which symbols a recogniser writes: those that the tokenizer of the store was fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from features.chain import Chain
from features.resources import Resources
from features.stage import TextStage
from features.text.tokenizer import Tokenizer
from training.checkpoint import parse_chain
from training.errors import DataError

BLANK = 0
"""The class that stands for no symbol: the first one, which tokenizers keep for it (`<blank>`)."""


def find_tokenizer(chain: Sequence[Mapping[str, Any]], fitted: Mapping[str, str], tokens: str) -> Tokenizer:
    """The tokenizer of a chain that writes the array `tokens`, with its vocabulary; DataError where there is none."""
    parsed = parse_chain([dict(stage) for stage in chain])
    position = _position(parsed, tokens)
    if position is None:
        raise DataError(
            f"no stage writes tokens of a text called {tokens!r}; let task.tokens name the result of characters, bpe "
            "or phonemes in the recipe"
        )
    stage, label = parsed.stages[position], parsed.labels()[position]
    assert isinstance(stage, Tokenizer)
    if label not in fitted:
        raise DataError(f"{label} was not fitted on the texts of train; build the store with it")
    return stage.bind(Resources({}, fitted), label)


def text_stages(chain: Sequence[Mapping[str, Any]], tokens: str) -> list[dict[str, Any]]:
    """What happened to texts before they became tokens, as JSON: the stages, with their versions and parameters."""
    parsed = parse_chain([dict(stage) for stage in chain])
    return [stage.identity() for stage in parsed.stages[: _position(parsed, tokens)] if isinstance(stage, TextStage)]


def _position(chain: Chain, tokens: str) -> int | None:
    found = [at for at, stage in enumerate(chain.stages) if isinstance(stage, Tokenizer) and stage.target == tokens]
    return found[-1] if found else None
