import pytest
from pydantic import ValidationError

from features.stage import Rejected
from features.text.normalize_text import NormalizeText


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Hello,  World!", "hello world"),
        ("It’s o'clock 'now'", "it's o'clock now"),
        ("ﬁne ①", "fine 1"),
        ("Straße\u00a0– größer", "straße größer"),
        ("e\u0301tude", "étude"),
        ("數字 123。", "數字 123"),
    ],
)
def test_one_way_of_writing(written: str, expected: str) -> None:
    assert NormalizeText().rewrite(written) == expected
    assert NormalizeText().rewrite(expected) == expected


def test_case_and_punctuation_may_stay() -> None:
    assert NormalizeText(case="upper").rewrite("Ab, c") == "AB C"
    assert NormalizeText(case="keep", punctuation="keep").rewrite("Ab,  c!") == "Ab, c!"


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("en", "I owe 1,250 euros", "i owe one thousand two hundred and fifty euros"),
        ("en", "pi is 3.14", "pi is three point one four"),
        ("de", "am 21. Mai", "am einundzwanzig mai"),
        ("de", "1.250 Euro", "eintausendzweihundertfünfzig euro"),
        ("de", "3,5 Liter", "drei komma fünf liter"),
    ],
)
def test_numbers_in_words(language: str, written: str, expected: str) -> None:
    pytest.importorskip("num2words")
    found = NormalizeText(numbers="words", language=language).rewrite(written)
    assert isinstance(found, str)
    assert found.replace(" and ", " and ") == expected


def test_digits_may_be_refused() -> None:
    assert NormalizeText(numbers="reject").rewrite("room 12") == Rejected("digits in the text: 12")


def test_what_leaves_nothing_is_rejected() -> None:
    assert NormalizeText().rewrite(" ... !") == Rejected("nothing is left of the text")


def test_words_need_a_language() -> None:
    with pytest.raises(ValidationError, match="language"):
        NormalizeText(numbers="words")
