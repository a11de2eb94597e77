"""Texts as tokens: through the stages of the store, and what is not known is named."""

from __future__ import annotations

import json

import pytest

from features.chain import Chain
from training.errors import PredictError
from training.synthesis.spelling import Speller, sentences

STAGES = [{"decode": {}}, {"normalize_text": {"numbers": "words", "language": "en"}}, {"characters": {}}]
FITTED = {"characters": json.dumps(["<blank>", "<unk>", *" ehnortuvwx"])}


def speller(stages=STAGES) -> Speller:
    return Speller(Chain.parse(stages).describe(), 0, FITTED, "characters")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("Am 3. Mai um 5.30 Uhr … Gut.", ["Am 3. Mai um 5.30 Uhr …", "Gut."]),
        ('"Nein!" sagte er.\nUnd ging', ['"Nein!', "sagte er.", "Und ging"]),
        (" \n ", []),
    ],
)
def test_sentences(text, wanted):
    assert sentences(text) == wanted


def test_a_text_goes_through_the_stages_of_the_store():
    pytest.importorskip("num2words")
    made = speller()
    assert made.normal("  THREE, 2!") == "three two"
    vocabulary = made.tokenizer.vocabulary
    assert [vocabulary[number] for number in made.ids("Three, 2!")] == list("three two")


def test_what_no_text_of_train_had_is_named():
    with pytest.raises(PredictError, match=r"'a', 's' of 'seven tax' was in no text of train.* there are e h n o"):
        speller().ids("Seven tax")


def test_a_text_of_nothing_is_refused():
    with pytest.raises(PredictError, match="normalize_text: nothing is left"):
        speller().ids("!?")
    with pytest.raises(PredictError, match="digits in the text"):
        speller([{"normalize_text": {"numbers": "reject"}}, {"characters": {}}]).ids("room 3")
