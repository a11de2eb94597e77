"""Backing off, states, unknown words."""

from __future__ import annotations

import pytest

from training.language.ngram import NGram

MODEL = NGram(
    3,
    {
        ("<s>",): -99.0,
        ("<unk>",): -2.0,
        ("</s>",): -0.5,
        ("a",): -0.75,
        ("b",): -1.0,
        ("<s>", "a"): -0.25,
        ("a", "b"): -0.375,
        ("<s>", "a", "b"): -0.125,
    },
    {("<s>",): -0.5, ("a",): -0.25, ("<s>", "a"): -0.0625, ("a", "b"): -0.03125},
)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["a", "b"], [-0.25, -0.125, -0.03125 - 0.5]),  # nothing is known of b alone as a context
        (["b"], [-0.5 - 1.0, -0.5]),
        (["a", "a"], [-0.25, -0.0625 - 0.25 - 0.75, -0.25 - 0.5]),
        (["z", "a"], [-0.5 - 2.0, -0.75, -0.25 - 0.5]),
        ([], [-0.5 - 0.5]),
    ],
)
def test_what_is_not_listed_backs_off(words, parts):
    state = MODEL.start()
    for word, part in zip(words, parts, strict=False):
        state, log10 = MODEL.advance(state, word)
        assert log10 == part
    assert MODEL.end(state) == parts[-1]
    assert MODEL.score(words) == sum(parts)


def test_a_state_holds_what_matters_for_what_comes():
    state, _ = MODEL.advance(MODEL.start(), "a")
    assert state == ("<s>", "a")
    state, _ = MODEL.advance(state, "b")
    assert state == ("a", "b")
    assert MODEL.advance(state, "z")[0] == ()
    assert MODEL.advance(("b", "a"), "a")[0] == ("a",)


def test_words_that_are_known():
    assert "a" in MODEL
    assert "z" not in MODEL
    assert MODEL.vocabulary() == ["</s>", "<unk>", "a", "b"]


def test_a_model_without_unknown_words_gives_them_almost_nothing():
    closed = NGram(1, {("a",): -0.5, ("</s>",): -0.25}, {})
    assert closed.score(["z"]) == -99.25
