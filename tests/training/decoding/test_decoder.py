"""Decoders: which search they make, the texts that they tell, and what they say of themselves."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from tests.factories import write_lines
from tests.training.decoding.test_beam import CHARACTERS, LEXICON, WORDS, random_frames
from training.decoding.beam import beam_search
from training.decoding.decoder import BEAM, Decoding, make_decoder
from training.decoding.flashlight import Flashlight
from training.decoding.greedy import greedy
from training.decoding.symbols import Symbols
from training.errors import DataError, TrainingError
from training.language.arpa import write_arpa
from training.language.ngram import NGram


@pytest.fixture
def words(tmp_path):
    return write_lines(tmp_path / "words.txt", *LEXICON)


def model_file(tmp_path, model):
    write_arpa(model, tmp_path / "model.arpa")
    return tmp_path / "model.arpa"


def test_greedy_has_one_text():
    frames = random_frames(np.random.default_rng(0), 8, 4)
    decoder = make_decoder(Decoding(), CHARACTERS, 0)
    assert decoder(frames) == greedy(frames, CHARACTERS)
    assert decoder.n_best(frames) == [greedy(frames, CHARACTERS)]
    assert decoder.describe() == {"name": "greedy"}


@pytest.mark.parametrize("seed", range(5))
def test_a_lexicon_brings_a_beam(words, seed):
    frames = random_frames(np.random.default_rng(seed), 8, 4)
    expected = beam_search(frames, CHARACTERS, beam=BEAM, lexicon=LEXICON, n_best=5)
    decoder = make_decoder(Decoding(lexicon=words, n_best=5), CHARACTERS, 0)
    assert decoder(frames) == expected[0]
    assert decoder.n_best(frames) == expected
    assert make_decoder(Decoding(lexicon=words), CHARACTERS, 0).n_best(frames) == expected[:1]


def test_a_text_that_is_spelled_twice_is_told_once():
    """`ab` is one piece, or two: the two are more probable here than the third text."""
    symbols = Symbols(["<blank>", "▁ab", "▁a", "b", "▁c"])
    frames = np.log([[0.01, 0.45, 0.44, 0.05, 0.05], [0.45, 0.01, 0.01, 0.48, 0.05]])
    everything = beam_search(frames, symbols, beam=50, n_best=50, pruning=math.inf)
    assert [each.text for each in everything[:3]] == ["abb", "ab", "ab"]
    found = make_decoder(Decoding(beam=50, n_best=3), symbols, 0).n_best(frames)
    assert found == [everything[0], everything[1], everything[3]]
    assert found[1].score == max(each.score for each in everything if each.text == "ab")


def test_there_are_no_more_texts_than_words_allow(tmp_path):
    words = write_lines(tmp_path / "words.txt", "a")
    found = make_decoder(Decoding(lexicon=words, n_best=9), CHARACTERS, 0).n_best(np.log([[0.5, 0.1, 0.2, 0.2]]))
    assert [(each.text, each.score) for each in found] == [("", pytest.approx(math.log(0.6))), ("a", math.log(0.2))]


def test_what_is_said_of_a_search(tmp_path, words):
    model = model_file(tmp_path, WORDS)
    decoding = Decoding(language_model=model, lexicon=words, word_bonus=0.25, n_best=3)
    assert make_decoder(decoding, CHARACTERS, 0).describe() == {
        "name": "beam",
        "beam": BEAM,
        "lm_weight": 0.5,
        "word_bonus": 0.25,
        "language_model": str(model),
        "lexicon": str(words),
    }


@pytest.mark.parametrize("seed", range(5))
def test_a_fast_search_is_flashlight_text(tmp_path, words, seed):
    pytest.importorskip("flashlight.lib.text.decoder")
    frames = random_frames(np.random.default_rng(seed), 8, 4)
    decoding = {"language_model": model_file(tmp_path, WORDS), "lm_weight": 0.7, "lexicon": words, "beam": 500}
    ours = make_decoder(Decoding(**decoding, n_best=4), CHARACTERS, 0).n_best(frames)
    fast = make_decoder(Decoding(**decoding, n_best=4, fast=True), CHARACTERS, 0)
    assert [each.text for each in fast.n_best(frames)] == [each.text for each in ours]
    assert [each.score for each in fast.n_best(frames)] == pytest.approx([each.score for each in ours], abs=2e-4)
    assert fast(frames).text == ours[0].text
    assert fast.describe()["name"] == "flashlight-text"


def test_a_fast_search_that_stops_inside_a_word_is_done_anew_by_ours(tmp_path):
    pytest.importorskip("flashlight.lib.text.decoder")
    words = write_lines(tmp_path / "words.txt", "ab", "babab")
    said = [CHARACTERS.vocabulary.index(letter) for letter in "ab baba"]  # the recording ends in the second word
    frames = np.log(np.where(np.arange(4) == np.array(said)[:, np.newaxis], 0.97, 0.01))
    assert Flashlight(CHARACTERS, beam=1, lexicon=["ab", "babab"]).search(frames) == []
    found = [make_decoder(Decoding(lexicon=words, beam=1, fast=fast), CHARACTERS, 0)(frames) for fast in (True, False)]
    assert found[0] == found[1]
    assert found[0].text == "ab"


@pytest.mark.parametrize(
    ("symbols", "model", "listed"),
    [
        (CHARACTERS, WORDS, False),
        (CHARACTERS, NGram(2, {("<unk>",): -0.5, ("</s>",): -0.5, ("a",): -0.5, ("▁",): -0.5}, {}), True),
        (CHARACTERS, NGram(1, {("<unk>",): -0.5, ("</s>",): -0.5}, {}), True),
        (Symbols(["<blank>", "▁", "▁a", "a", "b"]), None, True),
        (Symbols(["<blank>", " ", "a", "b", "ab"]), None, True),
    ],
    ids=["no lexicon", "model of letters", "order 1", "pieces", "sounds"],
)
def test_a_fast_search_that_would_be_slow_is_refused(tmp_path, words, symbols, model, listed):
    pytest.importorskip("flashlight.lib.text.decoder")
    path = model and model_file(tmp_path, model)
    with pytest.raises(DataError, match="flashlight-text is fast only with a lexicon"):
        make_decoder(Decoding(language_model=path, lexicon=words if listed else None, fast=True), symbols, 0)


def test_what_to_do_without_flashlight(words, monkeypatch):
    monkeypatch.setitem(sys.modules, "flashlight.lib.text.decoder", None)
    with pytest.raises(TrainingError, match=r"pip install 'wavemill\[decoding\]'"):
        make_decoder(Decoding(lexicon=words, fast=True), CHARACTERS, 0)
