"""Recognition from a corpus to its figures, through the commands: tones that spell letters."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.factories import tone, write_audio, write_lines
from tests.training import through_commands as through
from training import commands
from training.errors import DataError, LanguageModelError
from training.fitted import load_fitted
from training.language.arpa import write_arpa
from training.language.command import language_model
from training.language.ngram import NGram
from training.predict import batch_of, run_chain
from training.recognition.front import fronts

RATE = 8000
PITCHES = {"a": 400.0, "b": 800.0, "c": 1600.0, " ": 0.0}
RECIPE = """\
name: spelling
corpora:
  spelling: {{reader: table, root: "{root}", path: labels.jsonl, columns: {{path: file}}}}
source: [spelling]
split: {{by: key, valid: 0.15, test: 0.2, seed: 1}}
stages:
  - decode: {{}}
  - resample: {{sample_rate: 8000}}
  - normalize_text: {{}}
  - characters: {{}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 16}}
  - ctc_bound: {{tokens: characters, subsampling: 4}}
store: {{path: "{store}", keep: {{log_mel: float16, characters: int16}}}}
"""
CONFIG = """\
name: spelling
task: {name: recognition}
model: {name: conv_ctc, channels: 24, kernels: [3], dropout: 0}
optimizer: {lr: 0.02}
epochs: 8
batch_size: 8
threads: 1
"""


def spoken(text: str, seed: int):
    """A tone of 50 ms for each letter, with gaps of 30 ms, in a little noise; longer ones for spaces."""
    gap = np.zeros((1, RATE * 3 // 100), np.float32)
    parts = [gap]
    for letter in text:
        parts += [
            np.zeros((1, RATE // 10), np.float32) if letter == " " else tone(0.05, RATE, PITCHES[letter], -9),
            gap,
        ]
    wave = np.concatenate(parts, axis=1)
    return wave + 0.003 * np.random.default_rng(seed).standard_normal(wave.shape).astype(np.float32)


@pytest.fixture(scope="module")
def spelling(tmp_path_factory):
    """A hundred recordings by two speakers, of one to three words of one to three letters."""
    place, rng = tmp_path_factory.mktemp("spelling"), np.random.default_rng(0)
    rows = []
    for number in range(100):
        words = ["".join(rng.choice([*"abc"], rng.integers(1, 4))) for _ in range(rng.integers(1, 4))]
        text = " ".join(words)
        write_audio(place / f"corpus/{number:02}.wav", spoken(text, number))
        rows.append({"file": f"{number:02}.wav", "text": text.upper(), "speaker": ("ada", "ben")[number % 2]})
    write_lines(place / "corpus/labels.jsonl", *(json.dumps(row) for row in rows))
    through.store_of(place, RECIPE)
    through.train(place, CONFIG)
    return place


def test_letters_are_learnt(spelling):
    report = through.evaluate(spelling, "--by", "speaker")
    assert report["cer"] <= 0.02
    low, high = report["intervals"]["wer"]
    assert low <= report["wer"] <= high
    assert sum(found["examples"] for found in report["by"]["speaker"].values()) == report["examples"]
    assert sum(found["examples"] for found in report["by_words"].values()) == report["examples"]
    assert report["words"] > report["examples"]
    assert report["text_stages"][0]["stage"] == "normalize_text"
    assert {answer["reference"].islower() for answer in report["worst"]} == {True}


def test_recordings_that_are_too_short_for_their_text_are_named(spelling, tmp_path):
    config = write_lines(tmp_path / "config.yaml", CONFIG.replace("dropout: 0", "dropout: 0, subsampling: 8"))
    with pytest.raises(DataError, match=r"spelling/\d\d\.wav: \d+ answers of the model are too few"):
        through.run(commands.train, config, "--store", spelling / "store", "--out", tmp_path / "run")


@pytest.mark.parametrize("unit", ["word", "symbol"])
def test_a_language_model_of_the_store_decodes(spelling, tmp_path, unit):
    out = tmp_path / "spelling.arpa"
    through.answer_of(language_model, spelling / "store", "--unit", unit, "--order", 3, "--out", out)
    report = through.evaluate(spelling, "--language-model", out, "--beam", 16, "--lm-weight", 0.3)
    assert report["cer"] <= 0.02
    assert report["decoding"]["language_model"] == str(out)


def text_of(place: Path, name: str) -> str:
    rows = map(json.loads, (place / "corpus/labels.jsonl").read_text("utf-8").splitlines())
    return next(row["text"].lower() for row in rows if row["file"] == name)


def at_once(fitted, path: Path) -> np.ndarray:
    """What the model answers to a file that is heard as a whole."""
    batch = batch_of(fitted, run_chain(fitted, path))
    with torch.inference_mode():
        scores, lengths = fitted.model(batch.arrays["log_mel"], batch.lengths["log_mel"])
    return scores[0, : lengths[0]].log_softmax(1).numpy()


def predicted(place: Path, *arguments: object):
    (found,) = through.answer_of(commands.predict, place / "run", *arguments)["predictions"]
    return found


def test_a_short_file_is_written_as_in_one_pass(spelling):
    fitted = load_fitted(spelling / "run")
    for name in ("00.wav", "07.wav", "23.wav"):
        path = spelling / "corpus" / name
        found = predicted(spelling, path)
        assert found["text"] == fitted.task.decoder(at_once(fitted, path)).text == text_of(spelling, name)
        assert found["summary"] == found["text"]
        assert " ".join(word["word"] for word in found["words"]) == found["text"]
        assert "out" not in found


@pytest.mark.parametrize("rate", [8000, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_features_in_pieces_are_those_of_the_whole_to_the_bit(spelling, tmp_path, rate, channels):
    fitted = load_fitted(spelling / "run")
    noise = 0.1 * np.random.default_rng(0).standard_normal((channels, 12 * rate)).astype(np.float32)
    path = write_audio(tmp_path / "noise.wav", noise, rate)
    (front,) = fronts(fitted, path)
    pieces = list(front.pieces)
    assert len(pieces) > 2
    whole = batch_of(fitted, run_chain(fitted, path)).arrays["log_mel"][0]
    assert np.array_equal(front.later(np.concatenate(pieces)), whole)


def test_a_long_file_is_written_with_its_words_in_time(spelling, tmp_path):
    rng, parts, texts, spans, samples = np.random.default_rng(5), [], [], [], 0
    while samples < 75 * RATE:
        word = "".join(rng.permutation([*"abc"]))
        wave = spoken(word, samples)
        # Tones begin behind the first gap and end before the last one.
        spans.append((samples / RATE + 0.03, (samples + wave.shape[1]) / RATE - 0.03))
        parts += [wave, 0.003 * rng.standard_normal((1, RATE // 10)).astype(np.float32)]
        texts.append(word)
        samples += parts[-2].shape[1] + parts[-1].shape[1]
    path = write_audio(tmp_path / "long.wav", np.concatenate(parts, axis=1))
    found = predicted(spelling, path, "--out", tmp_path / "out")
    assert found["text"] == " ".join(texts)
    assert found["seconds"] == pytest.approx(samples / RATE, abs=0.02)
    times = np.array([[word["start"], word["end"]] for word in found["words"]])
    assert np.abs(times - spans).max() <= 0.04
    assert all(word["confidence"] > 0.5 for word in found["words"])
    assert [Path(name).name for name in found["out"]] == ["long.txt", "long.json", "long.srt"]
    assert (tmp_path / "out/long.txt").read_text("utf-8") == found["text"] + "\n"
    assert json.loads((tmp_path / "out/long.json").read_text("utf-8"))["words"] == found["words"]
    assert " --> " in (tmp_path / "out/long.srt").read_text("utf-8")


def test_files_of_one_name_matter_where_they_are_written_alone(spelling, tmp_path):
    files = [write_audio(tmp_path / folder / "x.wav", spoken("ab", 1)) for folder in ("one", "two")]
    found = through.answer_of(commands.predict, spelling / "run", *files)["predictions"]
    assert [one["text"] for one in found] == ["ab", "ab"]
    with pytest.raises(ValueError, match=r"would both be answered as x\.txt"):
        through.run(commands.predict, spelling / "run", *files, "--out", tmp_path / "out")


def test_a_language_model_decides_what_is_written(spelling, tmp_path):
    # Words that train does not have are as good as impossible, but for one, whatever was heard.
    words = {(word,): -30.0 for word in ("<unk>", "</s>")} | {("zzz",): -20.0, ("<s>",): -99.0}
    write_arpa(NGram(1, {**words, ("abc",): -0.1}, {}), model := tmp_path / "model.arpa")
    path = write_audio(tmp_path / "x.wav", spoken("abb", 1))
    search = "--language-model", model, "--beam", 16
    assert predicted(spelling, path)["text"] == "abb"
    assert predicted(spelling, path, *search, "--lm-weight", 0)["text"] == "abb"
    assert predicted(spelling, path, *search, "--lm-weight", 50)["text"] == "abc"
    report = through.evaluate(spelling, "--beam", 4, "--word-bonus", 0.1)
    assert report["decoding"] == {
        "name": "beam", "beam": 4, "lm_weight": 0.5, "word_bonus": 0.1, "language_model": None, "lexicon": None,
    }  # fmt: skip
    assert report["cer"] <= 0.02


def test_a_file_without_sound_is_refused(spelling, tmp_path):
    path = write_audio(tmp_path / "empty.wav", np.zeros((1, 0), np.float32))
    found = through.run(commands.predict, spelling / "run", path, "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["failed"].keys() == {str(path)}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--lm-weight", 1], "--lm-weight is that of a --language-model"),
        (["--word-bonus", 1], "--word-bonus counts in a search"),
        (["--fast", "--beam", 4], "--fast is for a --lexicon"),
        (["--beam", 0], "0 is not in the range"),
    ],
)
def test_a_search_is_asked_for_as_a_whole(spelling, given, words):
    for command, more in ((commands.evaluate, ["--store", spelling / "store"]), (commands.predict, ["x.wav"])):
        found = through.run(command, spelling / "run", *more, *given)
        assert found.exit_code == 2
        assert words in found.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--n-best", 3], "say --out or --json as well"),
        (["--n-best", 33, "--json"], "--n-best 33 is more than the 32 texts"),
        (["--n-best", 5, "--beam", 4, "--json"], "--n-best 5 is more than the 4 texts"),
        (["--n-best", 0, "--json"], "0 is not in the range"),
    ],
)
def test_several_texts_are_asked_for_where_there_is_room(spelling, given, words):
    found = through.run(commands.predict, spelling / "run", "x.wav", *given)
    assert found.exit_code == 2
    assert words in found.stderr


LEXICON = ["ab", "abb", "abc", "ac", "bb", "c", "cab"]


def test_several_texts_of_words_of_a_lexicon(spelling, tmp_path):
    words = write_lines(tmp_path / "words.txt", *LEXICON)
    path = write_audio(tmp_path / "x.wav", spoken("aab cab", 1))
    assert predicted(spelling, path)["text"] == "aab cab"
    search = "--lexicon", words, "--n-best", 3, "--out", tmp_path / "out"
    found = predicted(spelling, path, *search)
    assert found["text"] == "ab cab"
    (utterance,) = found["utterances"]
    assert (utterance["start"], utterance["end"]) == (0, found["seconds"])
    require_alternatives(utterance["alternatives"], found["text"])
    kept = json.loads((tmp_path / "out/x.json").read_text("utf-8"))
    assert kept == {name: found[name] for name in ("text", "words", "seconds", "utterances")}
    assert (tmp_path / "out/x.txt").read_text("utf-8") == "ab cab\n"
    assert "utterances" not in predicted(spelling, path, "--lexicon", words)


def require_alternatives(alternatives, text):
    """Three texts of the lexicon, the best first; their scores are acoustic, since there is no language model."""
    assert len(alternatives) == 3
    assert alternatives[0]["text"] == text
    assert len({one["text"] for one in alternatives}) == 3
    assert {word for one in alternatives for word in one["text"].split()} <= {*LEXICON}
    scores = [one["score"] for one in alternatives]
    assert scores == sorted(scores, reverse=True)
    assert [(one["acoustic"], one["language"]) for one in alternatives] == [(score, 0.0) for score in scores]


def test_a_long_recording_has_alternatives_of_each_utterance(spelling, tmp_path):
    rng = np.random.default_rng(5)
    pauses = 0.003 * rng.standard_normal((150, 1, RATE // 10)).astype(np.float32)
    parts = [part for number, pause in enumerate(pauses) for part in (spoken("cab", number), pause)]
    path = write_audio(tmp_path / "long.wav", np.concatenate(parts, axis=1))
    words = write_lines(tmp_path / "words.txt", *LEXICON)
    found = predicted(spelling, path, "--lexicon", words, "--n-best", 3)
    utterances = found["utterances"]
    assert len(utterances) > 1
    for utterance in utterances:
        require_alternatives(utterance["alternatives"], utterance["alternatives"][0]["text"])
    assert " ".join(each["alternatives"][0]["text"] for each in utterances) == found["text"] == " ".join(["cab"] * 150)
    borders = [0, *(utterance["end"] for utterance in utterances)]
    assert [utterance["start"] for utterance in utterances] == borders[:-1]
    assert borders[-1] == found["seconds"]


def test_a_language_model_scores_the_words_of_a_lexicon(spelling, tmp_path):
    probabilities = {("<s>",): -99.0, ("</s>",): -0.5, ("<unk>",): -2.0, ("abc",): -0.25, ("abb",): -1.0}
    write_arpa(NGram(1, probabilities, {}), model := tmp_path / "model.arpa")
    words = write_lines(tmp_path / "words.txt", "abb", "abc")
    path = write_audio(tmp_path / "x.wav", spoken("abb", 1))
    search = "--lexicon", words, "--language-model", model, "--lm-weight", 0.3, "--word-bonus", 0.7, "--n-best", 2
    (utterance,) = predicted(spelling, path, *search)["utterances"]
    best, other = utterance["alternatives"]
    assert (best["text"], other["text"]) == ("abb", "abc")
    assert best["language"] == pytest.approx(-1.5 * math.log(10), abs=1e-4)
    assert other["language"] == pytest.approx(-0.75 * math.log(10), abs=1e-4)
    for each in (best, other):
        assert each["score"] == pytest.approx(each["acoustic"] + 0.3 * each["language"] + 0.7, abs=1e-3)


def test_the_fast_search_writes_the_same(spelling, tmp_path):
    pytest.importorskip("flashlight.lib.text.decoder")
    model, words = tmp_path / "model.arpa", write_lines(tmp_path / "words.txt", *LEXICON)
    through.answer_of(language_model, spelling / "store", "--order", 2, "--out", model)
    search = "--lexicon", words, "--language-model", model, "--beam", 64, "--n-best", 3
    for name in ("00.wav", "07.wav", "23.wav"):
        ours = predicted(spelling, spelling / "corpus" / name, *search)
        fast = predicted(spelling, spelling / "corpus" / name, *search, "--fast")
        assert fast["text"] == ours["text"] != ""
        assert fast["words"] == ours["words"]
    search = "--lexicon", words, "--language-model", model
    ours, fast = through.evaluate(spelling, *search), through.evaluate(spelling, *search, "--fast")
    assert (fast["wer"], fast["errors"]) == (ours["wer"], ours["errors"])
    assert [report["decoding"]["name"] for report in (ours, fast)] == ["beam", "flashlight-text"]
    assert {report["decoding"]["lexicon"] for report in (ours, fast)} == {str(words)}


def test_words_that_cannot_be_spelled_are_told_before_anything_is_heard(spelling, tmp_path):
    words = write_lines(tmp_path / "words.txt", "abc", "", "dab")
    with pytest.raises(LanguageModelError, match=r"words\.txt:3: 'dab' cannot be spelled .*, which have no 'd'"):
        through.run(commands.predict, spelling / "run", "x.wav", "--lexicon", words)


def test_a_recogniser_is_exported(spelling, tmp_path):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    made = through.answer_of(commands.export, spelling / "run", "--out", tmp_path)
    session = onnxruntime.InferenceSession(made["out"], providers=["CPUExecutionProvider"])
    fitted = load_fitted(spelling / "run")
    batch = batch_of(fitted, run_chain(fitted, spelling / "corpus/00.wav"))
    given = {"features": batch.arrays["log_mel"].numpy(), "lengths": batch.lengths["log_mel"].numpy()}
    scores, (length,) = session.run(["scores", "answers"], given)
    assert fitted.task.decoder(scores[0, :length]).text == text_of(spelling, "00.wav")
    told = json.loads(session.get_modelmeta().custom_metadata_map["export"])["outputs"]
    assert told["scores"].startswith("float32 (batch, answers, symbols): of every 4 frames")
