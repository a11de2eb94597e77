"""What a language model says of a text token by token, against its score of the whole text."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from tests.training.decoding.test_beam import CHARACTERS, LETTERS, PIECES, PLAIN, WORDS, one_space, units_of
from training.decoding.fusion import Fusion
from training.decoding.lexicon import Lexicon


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("model", "unit"), [(None, "word"), (None, "symbol"), (WORDS, "word"), (LETTERS, "symbol")])
@pytest.mark.parametrize("symbols", [CHARACTERS, PIECES, PLAIN], ids=["characters", "pieces", "plain"])
def test_token_by_token_and_all_tokens_at_once(seed, model, unit, symbols):
    rng = random.Random(seed)
    fusion, place = Fusion(symbols, model, weight=0.7, bonus=0.3, unit=unit, unknown=-0.5), None
    place, tokens = fusion.start(), []
    for _ in range(12):
        following = [fusion.advance(place, token) for token in range(1, len(symbols))]
        gains = fusion.gains(place)
        fusion.fill(place, gains, np.arange(1, len(symbols)))
        after = (fusion.score(place) + gains[1:]).tolist()
        assert after == pytest.approx([fusion.score(each) for each in following])
        tokens.append(rng.randrange(1, len(symbols)))
        place = following[tokens[-1] - 1]
        units = units_of(one_space(tuple(tokens), symbols), symbols, unit)
        unknown = sum(word not in model for word in units) if model else 0
        expected = model.score(units) * math.log(10) - 0.5 * unknown if model else 0.0
        end = fusion.end(place)
        assert (end.language, end.units) == (pytest.approx(expected), len(units))
        assert fusion.score(end) == pytest.approx(0.7 * expected + 0.3 * len(units))


def test_a_lexicon_allows_its_words_and_what_begins_them():
    fusion = Fusion(CHARACTERS, lexicon=Lexicon(["a", "ba"]))
    b = fusion.advance(fusion.start(), 3)
    assert fusion.advance(b, 3) is None
    assert fusion.advance(b, 1) is None
    assert fusion.end(b) is None
    ba = fusion.advance(b, 2)
    assert fusion.advance(ba, 2) is None
    assert fusion.end(ba) == fusion.end(fusion.advance(ba, 1))
    assert fusion.advance(fusion.advance(ba, 1), 3).word == "b"
