"""Copies in other encodings across splits: found among many, and nothing else with them."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest

from features.example import Audio
from features.filters.fingerprint import words
from pipelines.build import build
from pipelines.errors import GateError
from pipelines.gates import matching
from pipelines.gates.matching import Prints
from pipelines.recipe_file import load_recipe
from tests.factories import write_lines
from tests.features.filters.test_fingerprint import RATE, copies, voice
from tests.pipelines.gates.corpora import Corpus

STAGE = "  - fingerprint\n"


def test_copies_are_found_and_others_are_not(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    for seed in range(8):
        corpus.add("train", voice(seed), RATE)
    told = corpus.build("duplicate_fingerprint: {}, duplicate_audio: {}", STAGE)
    assert told.produced == 8
    made = list(copies(voice(3)).items())
    for _, copy in made:
        corpus.add("test", copy.samples, copy.sample_rate)
    corpus.add("test", voice(20), RATE)
    message = corpus.refusal("duplicate_fingerprint: {}, duplicate_audio: {}", STAGE)
    assert f"gates.duplicate_fingerprint: {len(made)} pairs of recordings in different splits sound alike" in message
    assert f" test 9 {len(made)} 88.89% train\n" in message
    assert " train 8 1 12.50% test\n" in message
    assert message.count("= all/0003.wav (train): ") == 5
    assert "duplicate_audio" not in message


def test_a_store_whose_recordings_are_too_short_does_not_pass(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    for number in range(4):
        corpus.add("train" if number % 2 else "test", voice(number, 1.0), RATE)
    message = corpus.refusal("duplicate_fingerprint: {}", STAGE)
    assert message.startswith("gates.duplicate_fingerprint: no recording is long enough: min_seconds is 1.2")


def print_of(samples: np.ndarray) -> np.ndarray:
    return words(Audio(np.ascontiguousarray(samples), RATE))


def pairs(prints: Prints, max_errors: float = 0.25, least: int = 52) -> set[tuple[str, str]]:
    return {(match.first[0], match.second[0]) for match in prints.matches(max_errors, least)}


def test_parts_of_a_recording_are_found_at_their_offset_and_each_pair_comes_once(tmp_path: Path) -> None:
    whole, prints = voice(1, 12.0), Prints(tmp_path)
    prints.add("whole", "train", print_of(whole))
    prints.add("part", "test", print_of(whole[:, 5 * RATE : 8 * RATE]))
    prints.add("end", "valid", print_of(whole[:, 9 * RATE :]))
    prints.add("other", "test", print_of(voice(2, 12.0)))
    found = list(prints.matches(0.25, 52))
    assert sorted((match.first, match.second) for match in found) == [
        (("whole", "train"), ("end", "valid")),
        (("whole", "train"), ("part", "test")),
    ]
    assert max(match.errors for match in found) < 0.05


def test_equal_prints_in_one_split_are_none_of_its_business(tmp_path: Path) -> None:
    prints = Prints(tmp_path)
    for name in ("a", "b"):
        prints.add(name, "train", print_of(voice(1)))
    assert not pairs(prints)


def test_too_little_in_common_and_too_many_errors_are_no_match(tmp_path: Path) -> None:
    rng, original = np.random.default_rng(0), print_of(voice(1, 6.0))
    noisy = original ^ np.where(rng.random(len(original)) < 0.5, rng.integers(0, 1 << 24, len(original)), 0).astype(
        np.uint32
    )
    prints = Prints(tmp_path)
    prints.add("a", "train", original)
    prints.add("noisy", "test", noisy)
    heard = (original != 0) & (noisy != 0)
    errors = np.bitwise_count((original ^ noisy)[heard]).sum() / 24 / heard.sum()
    assert 0.2 < errors < 0.3
    assert pairs(prints, errors + 1e-6) == {("a", "noisy")}
    assert not pairs(prints, errors - 1e-6)
    assert not pairs(prints, 0.5, least=int(heard.sum()) + 1)


def test_what_is_held_at_a_time_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    base = [rng.integers(1, 1 << 24, 120).astype(np.uint32) for _ in range(60)]
    found = []
    for part in (1 << 20, 257):
        monkeypatch.setattr(matching, "PART", part)
        folder = tmp_path / str(part)
        folder.mkdir()
        prints = Prints(folder)
        for number, one in enumerate(base):
            prints.add(f"a{number}", "train", one)
            prints.add(f"b{number}", "test", np.roll(one, number % 7)[: 120 - number % 11])
        found.append(pairs(prints))
    assert found[0] == found[1] == {(f"a{number}", f"b{number}") for number in range(60)}


def test_silence_and_nothing_at_all(tmp_path: Path) -> None:
    prints = Prints(tmp_path)
    assert not pairs(prints)
    prints.add("a", "train", np.zeros(500, np.uint32))
    prints.add("b", "test", np.zeros(500, np.uint32))
    prints.add("c", "test", np.empty(0, np.uint32))
    assert not pairs(prints)


@pytest.fixture
def leaking(tmp_path: Path) -> tuple[Path, int]:
    """A recipe whose train is a real corpus in Opus, and whose test is a part of it in FLAC; and how large the test is.

    Every sixth sentence of test is there, with its copy, and as many others: a smaller one for every day.
    """
    data = os.environ.get("WAVEMILL_DATA")
    if not data:
        pytest.skip("WAVEMILL_DATA does not name a folder with real audio")
    root = tmp_path / "corpus"
    root.mkdir()
    for name in ("kerstin-asr", "kerstin-tts"):
        (root / name).symlink_to(Path(data) / name)
    with open(root / "kerstin-asr" / "metadata.tsv", encoding="utf-8", newline="") as source:
        asr = list(csv.DictReader(source, delimiter="\t"))
    texts = {row["id"]: row["text"] for row in asr}
    test = sorted(path.stem for path in (root / "kerstin-tts" / "wavs").glob("*.flac"))[::6]
    others = [row["id"] for row in asr if row["in_tts_subset"] == "0"][: len(test)]
    rows = [(f"kerstin-tts/wavs/{name}.flac", texts[name], "test") for name in test]
    rows += [(f"kerstin-asr/audio/{name}.opus", texts[name], "train") for name in (*test, *others)]
    with open(root / "table.csv", "w", encoding="utf-8", newline="") as sink:
        csv.writer(sink).writerows([("path", "text", "split"), *rows])
    recipe = f"""\
name: leaking
corpora: {{all: {{reader: table, root: "{root}", path: table.csv}}}}
source: [all]
split: {{from: corpus}}
stages: [decode, fingerprint, resample: {{sample_rate: 8000}}, log_mel: {{n_mels: 8, n_fft: 256, hop_length: 800}}]
store: {{path: "{tmp_path / "store"}", keep: {{log_mel: float16}}}}
gates: {{duplicate_text: {{}}, duplicate_fingerprint: {{}}, duplicate_audio: {{}}}}
"""
    return write_lines(tmp_path / "recipe.yaml", recipe), len(test)


def test_sentences_in_opus_and_in_flac_are_caught_by_text_and_by_sound(leaking: tuple[Path, int]) -> None:
    recipe, count = leaking
    with pytest.raises(GateError) as caught:
        build(load_recipe(recipe), "inline")
    told = re.sub(" +", " ", str(caught.value))
    assert f"gates.duplicate_text: {count} texts are in more than one split" in told
    assert f"gates.duplicate_fingerprint: {count} pairs of recordings in different splits sound alike" in told
    assert told.count(f" test {count} {count} 100.00% train\n") == 2
    assert "duplicate_audio" not in told
