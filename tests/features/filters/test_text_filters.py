"""What filters by the text, and by the text against the duration."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.chain import Chain, Stopped
from features.example import Audio, Example
from features.filters.filter_script import FilterScript, scripts
from features.filters.filter_speaking_rate import FilterSpeakingRate
from features.filters.filter_text_length import FilterTextLength
from features.stage import PREDICT, Filtered, Rejected, Stage, Verdict


def outcome(stage: Stage, text: str | None, seconds: float = 1.0, split: str = "train") -> Example | Verdict:
    audio = Audio(np.zeros((1, round(seconds * 8000)), np.float32), 8000)
    made = Chain([stage]).run(Example("key", arrays={"audio": audio}, text=text, split=split))
    return made.verdict if isinstance(made, Stopped) else made[0]


def test_the_length_of_a_text() -> None:
    assert isinstance(outcome(FilterTextLength(min_characters=5, max_characters=5), "a b c"), Example)
    assert outcome(FilterTextLength(), "  ") == Filtered("0 words; min_words is 1")
    assert outcome(FilterTextLength(max_characters=4), "a b c") == Filtered("5 characters; max_characters is 4")
    assert outcome(FilterTextLength(min_words=4, max_words=9), "a b c") == Filtered(
        "3 words; min_words is 4, max_words is 9"
    )
    with pytest.raises(ValidationError, match="min_words is above max_words"):
        FilterTextLength(min_words=3, max_words=2)


def test_the_rate_of_speech_is_characters_or_words_by_seconds() -> None:
    passed = outcome(FilterSpeakingRate(), "ab cd ef", 0.5)
    assert isinstance(passed, Example)
    assert passed.notes["filter_speaking_rate"] == {"per_second": 12.0}
    slow = outcome(FilterSpeakingRate(), "ab", 2)
    assert slow == Filtered("1.0 characters per second; min_per_second is 3, max_per_second is 30")
    words = FilterSpeakingRate(unit="words", min_per_second=None, max_per_second=2.5)
    assert outcome(words, "a b c", 1) == Filtered("3.0 words per second; max_per_second is 2.5")
    assert outcome(FilterSpeakingRate(), "abc", 0) == Filtered("3 characters in 0 s")
    with pytest.raises(ValidationError, match="min_per_second is above max_per_second"):
        FilterSpeakingRate(min_per_second=40)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Straße, naïve: 42 €", {"latin": 11}),
        ("Ма\u0438 ok", {"cyrillic": 3, "latin": 2}),
        ("東京タワーと한글", {"cjk": 2, "katakana": 2, "hiragana": 1, "hangul": 2}),
        ("ＷＩＤＥ ª µ", {"latin": 5, "greek": 1}),
        ("नमस्ते", {"devanagari": 4}),
        ("שלום مرحبا", {"hebrew": 4, "arabic": 5}),
        ("12 + 3!", {}),
    ],
)
def test_letters_are_counted_by_script(text: str, found: dict[str, int]) -> None:
    assert dict(scripts(text)) == found


def test_other_scripts_are_filtered() -> None:
    look_alike = "p\u0430ypal"  # with a Cyrillic a
    assert outcome(FilterScript(), look_alike) == Filtered("1 of 6 letters are cyrillic; scripts are latin")
    assert isinstance(outcome(FilterScript(max_share=0.2), look_alike), Example)
    assert isinstance(outcome(FilterScript(scripts=("latin", "cyrillic")), look_alike), Example)
    assert isinstance(outcome(FilterScript(), "42!"), Example)
    with pytest.raises(ValidationError, match="latin"):
        FilterScript(scripts=("latn",))


@pytest.mark.parametrize("stage", [FilterTextLength(), FilterSpeakingRate(), FilterScript()], ids=lambda s: s.name)
def test_without_a_text_it_is_rejected_and_at_predict_passed_on(stage: Stage) -> None:
    assert outcome(stage, None) == Rejected("it has no text")
    assert isinstance(outcome(stage, None, split=PREDICT), Example)


def test_what_is_fitted_on_texts_does_not_see_those_that_are_left_out() -> None:
    chain = Chain.parse([{"filter_text_length": {"max_characters": 3}}, {"characters": {}}])
    examples = [Example("a", text="abc"), Example("b", text="wxyz")]
    assert [example.key for example in chain.texts(1, examples)] == ["a"]
