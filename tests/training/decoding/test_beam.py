"""The beam search against a sum over all paths, by every text that they collapse to."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest
import torch

from training.decoding.beam import Search, beam_search
from training.decoding.fusion import Fusion
from training.decoding.symbols import Symbols
from training.language.ngram import NGram

BLANK = "<blank>"
CHARACTERS = Symbols([BLANK, " ", "a", "b"])
PIECES = Symbols([BLANK, "▁", "▁a", "b"])
PLAIN = Symbols([BLANK, "a", "b"])
LEXICON = ["a", "ab", "ba"]
WORDS = NGram(
    2,
    {
        ("<s>",): -99.0,
        ("<unk>",): -1.2,
        ("</s>",): -0.4,
        ("a",): -0.6,
        ("ab",): -0.9,
        ("<s>", "ab"): -0.3,
        ("a", "ab"): -0.2,
        ("ab", "</s>"): -0.7,
    },
    {("<s>",): -0.25, ("a",): -0.15, ("ab",): -0.35},
)
LETTERS = NGram(
    2,
    {
        ("<s>",): -99.0,
        ("<unk>",): -2.0,
        ("</s>",): -0.7,
        ("▁",): -0.8,
        ("▁a",): -0.5,
        ("a",): -0.6,
        ("b",): -0.9,
        ("<s>", "a"): -0.2,
        ("a", "▁"): -0.4,
        ("▁", "b"): -0.1,
        ("▁a", "b"): -0.3,
    },
    {("<s>",): -0.3, ("a",): -0.2, ("▁",): -0.45, ("▁a",): -0.05},
)


def random_frames(rng: np.random.Generator, frames: int, classes: int) -> np.ndarray:
    logits = rng.normal(size=(frames, classes)) * 1.5
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def one_space(tokens: tuple[int, ...], symbols: Symbols) -> tuple[int, ...]:
    """Several separators as one, and none at the ends."""
    if symbols.separator is None:
        return tokens
    words = [list(run) for space, run in groupby(tokens, lambda token: token == symbols.separator) if not space]
    return tuple(token for word in words for token in [symbols.separator, *word])[1:]


def all_texts(log_probs: np.ndarray, symbols: Symbols) -> dict[tuple[int, ...], float]:
    """Log probability of each sequence of tokens: the sum over the paths that collapse to it, by brute force."""
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(log_probs.shape[1]), repeat=len(log_probs)):
        probability = math.exp(sum(log_probs[frame, token] for frame, token in enumerate(path)))
        tokens = tuple(token for token, _ in groupby(path) if token != 0)
        sums[one_space(tokens, symbols)] += probability
    return {tokens: math.log(probability) for tokens, probability in sums.items()}


def units_of(tokens: tuple[int, ...], symbols: Symbols, unit: str) -> list[str]:
    if unit == "word":
        return symbols.text(tokens).split()
    return [symbols.vocabulary[token].replace(" ", "▁") for token in tokens]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lexicon", [None, LEXICON])
@pytest.mark.parametrize(("model", "unit"), [(None, "word"), (WORDS, "word"), (LETTERS, "symbol")])
@pytest.mark.parametrize("symbols", [CHARACTERS, PIECES, PLAIN], ids=["characters", "pieces", "plain"])
def test_a_large_beam_finds_what_a_search_through_all_texts_finds(seed, lexicon, model, unit, symbols):
    rng = np.random.default_rng(seed)
    weight, bonus = rng.uniform(0.3, 2), rng.uniform(-1, 1)
    log_probs = random_frames(rng, 6, len(symbols))
    expected = []
    for tokens, acoustic in all_texts(log_probs, symbols).items():
        units = units_of(tokens, symbols, unit)
        if lexicon is None or set(symbols.text(tokens).split()) <= set(lexicon):
            language = model.score(units) * math.log(10) if model else 0.0
            score = acoustic + weight * language + bonus * len(units)
            expected.append((score, tokens, acoustic, language))
    expected.sort(reverse=True)
    found = beam_search(
        log_probs,
        symbols,
        blank=0,
        beam=100_000,
        language_model=model,
        weight=weight,
        bonus=bonus,
        lexicon=lexicon,
        unit=unit,
        pruning=math.inf,
        n_best=100_000,
    )
    assert len(found) == len(expected) >= 4
    assert [each.tokens for each in found] == [tokens for _, tokens, _, _ in expected]
    assert [each.score for each in found] == pytest.approx([score for score, _, _, _ in expected])
    assert [each.acoustic for each in found] == pytest.approx([acoustic for _, _, acoustic, _ in expected])
    assert [each.language for each in found] == pytest.approx([language for _, _, _, language in expected])
    assert [each.text for each in found] == [symbols.text(each.tokens) for each in found]
    if not lexicon:
        assert np.logaddexp.reduce([each.acoustic for each in found]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_the_n_best_are_the_first_of_all_in_order(seed):
    log_probs = random_frames(np.random.default_rng(seed), 6, 4)
    options = {"beam": 1000, "language_model": WORDS, "weight": 0.7, "pruning": math.inf}
    everything = beam_search(log_probs, CHARACTERS, **options, n_best=1000)
    assert len({each.tokens for each in everything}) == len(everything) > 100
    assert [each.score for each in everything] == sorted((each.score for each in everything), reverse=True)
    assert beam_search(log_probs, CHARACTERS, **options, n_best=7) == everything[:7]
    assert beam_search(log_probs, CHARACTERS, **options) == everything[:1]


def test_the_sum_over_paths_decides_and_not_the_best_path():
    """The example of Graves et al.: each frame says blank at 0.6, and yet `a` at 1 - 0.36 is more probable."""
    (best, other) = beam_search(np.log([[0.6, 0.4], [0.6, 0.4]]), Symbols([BLANK, "a"]), n_best=2)
    assert (best.text, best.acoustic) == ("a", pytest.approx(math.log(0.64)))
    assert (other.text, other.acoustic) == ("", pytest.approx(math.log(0.36)))


@pytest.mark.parametrize("seed", range(5))
def test_the_sum_over_paths_is_the_loss_of_ctc(seed):
    log_probs = random_frames(np.random.default_rng(seed), 11, 3)
    found = beam_search(log_probs, PLAIN, beam=5000, pruning=math.inf, n_best=20)
    frames = torch.from_numpy(log_probs)[:, None].expand(-1, 20, -1)
    lengths = torch.tensor([len(each.tokens) for each in found])
    targets = torch.tensor([token for each in found for token in each.tokens])
    losses = torch.nn.functional.ctc_loss(frames, targets, torch.full((20,), 11), lengths, reduction="none")
    assert [-each.acoustic for each in found] == pytest.approx(losses.tolist())


def test_one_frame():
    found = beam_search(np.log([[0.2, 0.5, 0.3]]), PLAIN, n_best=5)
    assert [(each.text, round(math.exp(each.acoustic), 9)) for each in found] == [("a", 0.5), ("b", 0.3), ("", 0.2)]


@pytest.mark.parametrize("lexicon", [None, LEXICON])
def test_no_frame_is_the_empty_text(lexicon):
    found = beam_search(np.zeros((0, 4)), CHARACTERS, language_model=WORDS, weight=2, lexicon=lexicon, n_best=3)
    language = WORDS.score([]) * math.log(10)
    assert [(each.tokens, each.text, each.acoustic) for each in found] == [((), "", 0.0)]
    assert found[0].language == pytest.approx(language)
    assert found[0].score == pytest.approx(2 * language)


def test_the_blank_may_be_any_class():
    log_probs = random_frames(np.random.default_rng(3), 6, 4)
    moved = beam_search(log_probs[:, [1, 2, 3, 0]], Symbols([" ", "a", "b", BLANK]), blank=3, n_best=20)
    plain = beam_search(log_probs, CHARACTERS, n_best=20)
    assert [(each.text, each.score) for each in moved] == [(each.text, pytest.approx(each.score)) for each in plain]


def test_what_is_far_less_probable_than_the_best_of_its_frame_is_impossible():
    frames = np.log([[0.5, 0.4999, 0.0001], [0.5, 0.0001, 0.4999]])
    texts = [each.text for each in beam_search(frames, PLAIN, pruning=math.log(1000), n_best=20)]
    assert sorted(texts) == ["", "a", "ab", "b"]
    every = [each.text for each in beam_search(frames, PLAIN, pruning=math.inf, n_best=20)]
    assert sorted(every) == ["", "a", "ab", "b", "ba"]


def test_blanks_are_never_pruned():
    found = beam_search(np.log([[1e-9, 0.9, 0.1]] * 3), PLAIN, pruning=1.0, n_best=20)
    assert "aa" in [each.text for each in found]


@pytest.mark.parametrize("seed", range(20))
def test_a_prefix_that_left_the_beam_and_comes_back_is_there_once(seed):
    search = Search(Fusion(PLAIN), 0, beam=5)
    for frame in random_frames(np.random.default_rng(seed), 60, 3):
        search.step(frame)
        assert len({prefix.tokens(None) for prefix in search.prefixes}) == len(search.prefixes) <= 5


def test_a_text_that_stops_inside_a_word_of_the_lexicon_is_given_without_it():
    frames = np.log([[1e-9, 1e-9, 1.0, 1e-9], [1e-9, 1.0, 1e-9, 1e-9], [1e-9, 1e-9, 1e-9, 1.0]])
    (found,) = beam_search(frames, CHARACTERS, beam=1, lexicon=["a", "ba"])
    assert (found.text, found.tokens) == ("a", (2,))


def test_unknown_words_cost_what_is_said():
    frames = np.log([[0.1, 0.1, 0.1, 0.7]])  # b, which the model does not know
    plain = beam_search(frames, CHARACTERS, language_model=WORDS, n_best=9)
    dear = beam_search(frames, CHARACTERS, language_model=WORDS, unknown=-2.5, n_best=9)
    of = {each.text: each.language for each in plain}
    assert {each.text: each.language for each in dear} == pytest.approx({**of, "b": of["b"] - 2.5})


def test_mistakes_are_named():
    frames = np.zeros((2, 4))
    with pytest.raises(ValueError, match=r"must be \(frames, 3\), one class for each symbol; got \(2, 4\)"):
        beam_search(frames, PLAIN)
    with pytest.raises(ValueError, match="blank is class 4, and there are 4 classes"):
        beam_search(frames, CHARACTERS, blank=4)
    with pytest.raises(ValueError, match="beam and n_best are at least 1; got 0 and 1"):
        beam_search(frames, CHARACTERS, beam=0)
    with pytest.raises(ValueError, match="hold nan"):
        beam_search(np.full((1, 4), np.nan), CHARACTERS)
    with pytest.raises(ValueError, match="leaves no text possible"):
        beam_search(np.full((1, 4), -np.inf), CHARACTERS)
    with pytest.raises(ValueError, match="no spaces; got 'a b'"):
        beam_search(frames, CHARACTERS, lexicon=["a b"])
