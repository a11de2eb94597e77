"""flashlight-text finds what our beam search finds: the same texts, with the same scores."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.training.decoding.test_beam import CHARACTERS, LETTERS, LEXICON, PIECES, PLAIN, WORDS, random_frames
from training.decoding import flashlight
from training.decoding.beam import beam_search
from training.decoding.flashlight import Flashlight
from training.decoding.symbols import Symbols
from training.errors import TrainingError
from training.language.kneser_ney import estimate
from training.language.sentences import characters, words

pytest.importorskip("flashlight.lib.text.decoder")

TEXTS = ["ein haus am see", "der see ist tief", "das haus und der see", "am see ist ein haus", "haus und hof", "see"]
ALPHABET = Symbols(["<blank>", "<unk>", *sorted(set("".join(TEXTS)))])


def same(found, expected, lost=2e-4):
    assert [each.tokens for each in found] == [each.tokens for each in expected]
    assert [each.text for each in found] == [each.text for each in expected]
    for name in ("score", "acoustic", "language"):
        ours = [getattr(each, name) for each in expected]
        assert [getattr(each, name) for each in found] == pytest.approx(ours, abs=lost, rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lexicon", [None, LEXICON])
@pytest.mark.parametrize(("model", "unit"), [(None, "word"), (WORDS, "word"), (LETTERS, "symbol")])
@pytest.mark.parametrize("symbols", [CHARACTERS, PIECES, PLAIN], ids=["characters", "pieces", "plain"])
def test_every_text_has_the_same_score(seed, lexicon, model, unit, symbols):
    rng = np.random.default_rng(seed)
    log_probs = random_frames(rng, 6, len(symbols))
    options = {"beam": 3000, "language_model": model, "weight": rng.uniform(0.3, 2), "bonus": rng.uniform(-1, 1)}
    options |= {"lexicon": lexicon, "unit": unit, "pruning": math.inf}
    expected = beam_search(log_probs, symbols, **options, n_best=3000)
    search = Flashlight(symbols, **options)
    assert search.by_kenlm == (lexicon is not None and symbols is CHARACTERS and unit == "word")
    found = search.search(log_probs, n_best=3000)
    assert len(found) >= 4
    same(found, expected)


def spoken(text: str, seed: int) -> np.ndarray:
    """Fifty frames of a model that heard the text, not too well."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(50, len(ALPHABET)))
    path = np.zeros(50, int)
    places = np.sort(rng.choice(np.arange(0, 50, 2), len(text), replace=False))
    path[places] = [ALPHABET.vocabulary.index(character) for character in text]
    logits[np.arange(50), path] += rng.uniform(4, 9, 50)
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("unit", "lexicon"), [("word", True), ("word", False), ("symbol", False), ("symbol", True)])
def test_sentences_with_models_from_text(seed, unit, lexicon):
    model = estimate(words(TEXTS), 3) if unit == "word" else estimate(characters(TEXTS), 4)
    options = {"beam": 100, "language_model": model, "weight": 0.8, "bonus": 0.5, "unit": unit, "pruning": 6.0}
    options["lexicon"] = sorted({word for text in TEXTS for word in text.split()}) if lexicon else None
    log_probs = spoken(TEXTS[seed], seed)
    found, expected = Flashlight(ALPHABET, **options).search(log_probs)[:1], beam_search(log_probs, ALPHABET, **options)
    same(found, expected, lost=0.05)  # each search loses other paths, which leave the beam


def test_unknown_words_and_orders_that_kenlm_does_not_read():
    frames = random_frames(np.random.default_rng(5), 6, len(CHARACTERS))
    for model, unknown in ((WORDS, -3.0), (estimate([["a", "b"], ["b"]], 1), 0.0)):
        options = {"beam": 3000, "language_model": model, "unknown": unknown, "lexicon": [*LEXICON, "bb"]}
        search = Flashlight(CHARACTERS, **options)
        assert not search.by_kenlm
        same(search.search(frames, n_best=50), beam_search(frames, CHARACTERS, **options, n_best=50))


@pytest.mark.parametrize("lexicon", [None, LEXICON])
def test_no_frame_and_one_frame(lexicon):
    search = Flashlight(CHARACTERS, language_model=WORDS, lexicon=lexicon, pruning=math.inf)
    for frames in (np.zeros((0, 4)), random_frames(np.random.default_rng(0), 1, 4)):
        same(
            search.search(frames, n_best=9),
            beam_search(frames, CHARACTERS, language_model=WORDS, lexicon=lexicon, pruning=math.inf, n_best=9),
        )


def test_what_to_do_without_flashlight():
    with pytest.raises(TrainingError, match=r"pip install 'wavemill\[decoding\]'"):
        flashlight.installed("flashlight_that_is_not_there")
