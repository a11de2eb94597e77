"""Language models of what a store was built of: the texts of train alone, as its stages left them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.factories import tone, write_audio, write_lines
from tests.training import through_commands as through
from training.decoding.decoder import unit_of
from training.decoding.symbols import Symbols
from training.errors import LanguageModelError
from training.language.arpa import read_arpa
from training.language.command import language_model as command
from training.language.estimating import language_model
from training.language.kneser_ney import estimate

RECIPE = """\
name: said
corpora:
  said: {{reader: table, root: "{root}", path: rows.csv}}
source: [said]
split: {{from: corpus}}
copies: {{train: 2}}
stages:
  - decode: {{}}
  - gain: {{gain_db: -3}}
  - normalize_text: {{}}
  - characters: {{{more}}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 8}}
store: {{path: "{store}", keep: {{log_mel: float16, characters: int16}}}}
"""
TRAIN = ["Ab c!", "c ab", "CAB  cab"]
CLEAN = [["ab", "c"], ["c", "ab"], ["cab", "cab"]]


def built(place: Path, more: str = "") -> Path:
    rows = ["path,text,split"]
    for number, text in enumerate([*TRAIN, "bc"]):
        write_audio(place / f"corpus/{number}.wav", tone(0.2))
        rows.append(f"{number}.wav,{text},{'train' if number < len(TRAIN) else 'test'}")
    write_lines(place / "corpus/rows.csv", *rows)
    return through.store_of(place, RECIPE, more=more)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("said"))


def test_words_are_those_of_train(store: Path) -> None:
    assert language_model(store, 2, "word", None) == estimate(CLEAN, 2)


def test_symbols_are_those_of_the_tokenizer(store: Path) -> None:
    model = language_model(store, 3, "symbol", "characters")
    assert model == estimate([list("▁".join(words)) for words in CLEAN], 3)
    symbols = Symbols(["<blank>", "<unk>", " ", "a", "b", "c"])
    assert unit_of(model, symbols) == "symbol"
    assert unit_of(language_model(store, 3, "word", None), symbols) == "word"


def test_more_texts_go_through_the_same_stages(store: Path, tmp_path: Path) -> None:
    more = write_lines(tmp_path / "more.txt", "BA, ba!", "", "c")
    assert language_model(store, 2, "word", None, [more]) == estimate([*CLEAN, ["ba", "ba"], ["c"]], 2)
    with pytest.raises(LanguageModelError, match=r"nowhere\.txt: cannot be read"):
        language_model(store, 2, "word", None, [tmp_path / "nowhere.txt"])


def test_the_command_writes_what_decoders_read(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "said.arpa"
    made = through.answer_of(command, store, "--order", 2, "--out", out)
    assert made == {"out": str(out), "order": 2, "vocabulary": 5, "ngrams": len(estimate(CLEAN, 2).probabilities)}
    assert math.isclose(read_arpa(out).score(["c", "ab"]), estimate(CLEAN, 2).score(["c", "ab"]), rel_tol=1e-5)
    with pytest.raises(Exception, match="no stage writes tokens of a text called 'bpe'"):
        through.answer_of(command, store, "--unit", "symbol", "--tokens", "bpe", "--out", out)
