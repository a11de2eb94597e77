"""ARPA files: what is written is read again, KenLM reads the same probabilities from it, and mistakes are named."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.training.language.test_kneser_ney import random_sentences
from training.errors import LanguageModelError
from training.language.arpa import read_arpa, write_arpa
from training.language.kneser_ney import estimate
from training.language.ngram import NGram

SMALL = """made by hand
\\data\\
ngram 1=4
ngram 2=1

\\1-grams:
-99\t<s>\t-0.5
-0.25\t</s>
-0.75\ta\t-0.125
-1\t<unk>

\\2-grams:
-0.5\t<s> a

\\end\\
"""


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", ["model.arpa", "model.arpa.gz"])
def test_a_model_that_is_written_is_read_again(tmp_path, order, name):
    model = estimate(random_sentences(1), order)
    write_arpa(model, tmp_path / name)
    assert read_arpa(tmp_path / name) == model
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_ends_in_gz_is_compressed_and_equal_models_are_equal_bytes(tmp_path):
    model = estimate(random_sentences(1), 2)
    for name in ("a.arpa", "b.arpa.gz", "c.arpa.gz"):
        write_arpa(model, tmp_path / name)
    assert gzip.decompress((tmp_path / "b.arpa.gz").read_bytes()) == (tmp_path / "a.arpa").read_bytes()
    assert (tmp_path / "b.arpa.gz").read_bytes() == (tmp_path / "c.arpa.gz").read_bytes()


def test_the_text_of_a_file(tmp_path):
    expected = NGram(
        2,
        {("<s>",): -99.0, ("</s>",): -0.25, ("a",): -0.75, ("<unk>",): -1.0, ("<s>", "a"): -0.5},
        {("<s>",): -0.5, ("a",): -0.125},
    )
    (tmp_path / "by_hand.arpa").write_text(SMALL)
    assert read_arpa(tmp_path / "by_hand.arpa") == expected
    write_arpa(expected, tmp_path / "ours.arpa")
    assert (tmp_path / "ours.arpa").read_text() == (
        "\\data\\\nngram 1=4\nngram 2=1\n\n\\1-grams:\n-0.25\t</s>\n-99.0\t<s>\t-0.5\n-1.0\t<unk>\n-0.75\ta\t-0.125\n\n"
        "\\2-grams:\n-0.5\t<s> a\n\n\\end\\\n"
    )


@pytest.mark.parametrize("order", [2, 3])
def test_kenlm_reads_the_same_probabilities(tmp_path, order):
    decoder = pytest.importorskip("flashlight.lib.text.decoder.kenlm")
    dictionaries = pytest.importorskip("flashlight.lib.text.dictionary")
    model = estimate(random_sentences(1), order)
    write_arpa(model, tmp_path / "model.arpa")
    words = [*(word for word in model.vocabulary() if word != "</s>"), "new"]
    dictionary = dictionaries.Dictionary(words)
    kenlm = decoder.KenLM(str(tmp_path / "model.arpa"), dictionary)
    for text in random_sentences(5, 40):
        text = [*text, "new", *text[:2]]
        state, ours = kenlm.start(False), model.start()
        for word in text:
            state, expected = kenlm.score(state, dictionary.get_index(word))
            ours, found = model.advance(ours, word)
            assert found == pytest.approx(expected, rel=1e-5)
        assert model.end(ours) == pytest.approx(kenlm.finish(state)[1], rel=1e-5)


@pytest.mark.parametrize(
    ("wrong", "right", "line", "message"),
    [
        ("-0.75\ta", "-x\ta", 9, "'-x' is no log10 of a probability or weight"),
        ("-0.75\ta", "nan\ta", 9, "'nan' is no log10"),
        ("-0.5\t<s> a", "-0.5\ta", 13, "expected a log10 probability, 2 words and perhaps a weight; got '-0.5\\ta'"),
        ("-0.25\t</s>", "-0.25\ta", 9, "'a' is there twice"),
        ("-1\t<unk>\n", "", 11, "\\1-grams: ends with 3 sequences, and \\data\\ announces 4"),
        ("ngram 2=1", "ngram 3=1", 4, "expected `ngram 2=` and a number; got 'ngram 3=1'"),
        ("ngram 2=1", "ngram 2=2", 15, "\\2-grams: ends with 1 sequences, and \\data\\ announces 2"),
        ("ngram 2=1\n", "", 11, "\\2-grams: cannot stand here; \\data\\ announces orders 1 to 1"),
        ("\\end\\\n", "", 14, "the file stops without \\end\\"),
        ("\\data\\", "data", 15, "there is no \\data\\; it is no ARPA file"),
        ("\\2-grams:\n-0.5\t<s> a\n\n", "", 12, "\\data\\ announces sequences of 2 words, and there are none"),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path, wrong, right, line, message):
    path = tmp_path / "bad.arpa"
    assert SMALL.count(wrong) == 1
    path.write_text(SMALL.replace(wrong, right))
    with pytest.raises(LanguageModelError, match=re.escape(f"{path}:{line}: {message}")):
        read_arpa(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(LanguageModelError, match="there is no such file"):
        read_arpa(tmp_path / "none.arpa")
    whole = gzip.compress(SMALL.encode())
    for name, content in (("cut.arpa.gz", whole[:-9]), ("plain.arpa.gz", SMALL.encode()), ("latin.arpa", b"\xe4\n")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LanguageModelError, match=re.escape(f"{tmp_path / name}:") + r"\d+: cannot be read: "):
            read_arpa(tmp_path / name)


def test_words_with_spaces_cannot_be_written(tmp_path):
    model = estimate([["a", " ", "b"]], 2)
    with pytest.raises(LanguageModelError, match="no spaces; got ' '"):
        write_arpa(model, tmp_path / "model.arpa")
    assert not list(tmp_path.iterdir())
