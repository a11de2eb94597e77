"""Each shipped configuration trains on the store of its recipe, an epoch: corpora of their layout, made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import pipelines
import training
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests import miniatures
from tests.factories import write_audio, write_lines
from tests.miniatures import speech
from tests.training.through_commands import answer_of
from training import commands

CONFIGS = Path(training.__file__).parent / "configs"
RECIPES = Path(pipelines.__file__).parent / "recipes"
SLOTS = ("coffeeDrink", "size", "numberOfShots", "milkAmount", "sugarAmount", "roast")
QUICK = ("epochs=1", "threads=1", "workers=0")


@dataclass(frozen=True)
class Shipped:
    """A configuration's recipe, what writes its corpora, a figure of its task, and the test's own words for the recipe.

    `spoken` is what a voice says; `smaller` makes two steps at least, of models that a CPU trains in seconds.
    """

    recipe: str
    corpora: Callable[[Path], None]
    figure: str
    otherwise: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    smaller: tuple[str, ...] = ("batch_size=8",)


def noises(data: Path) -> None:
    for seed, split in enumerate(("train", "valid", "test")):
        wave = 0.1 * np.random.default_rng(seed).standard_normal((1, 3 * 16000))
        write_audio(data / f"noise/audio/{split}/a.flac", wave.astype(np.float32), 16000, "PCM_16")


def digits(data: Path) -> None:
    for number, speaker in enumerate(("theo", "jackson", "nicolas")):
        for digit in range(10):
            for index in (0, 5, 6):  # 0 is test
                path = data / f"fsdd/recordings/{digit}_{speaker}_{index}.wav"
                speech(path, 0.3 + 0.02 * index, 8000, 100 * number + 10 * digit + index)
    noises(data)


def orders(data: Path, count: int = 40) -> None:
    rows = []
    for number in range(count):
        speech(data / f"barista/audio/{number:02}.flac", 4.0, 16000, number)
        slots = {slot: f"{'much' if number >> place & 1 else 'little'} {slot}" for place, slot in enumerate(SLOTS)}
        facts = {"file": f"audio/{number:02}.flac", "intent": "orderDrink", "slots": slots}
        rows.append({**facts, "rate": 16000, "frames": 64000})
    write_lines(data / "barista/labels.jsonl", *(json.dumps(row) for row in rows))
    speech(data / "kerstin-tts/wavs/1.wav", 4.0, 44100, 99)
    write_lines(data / "kerstin-tts/metadata.csv", "1|Guten Tag.")
    noises(data)


def sounds(data: Path) -> None:
    lines = ["file,label,rate,channels,frames"]
    for number in range(20):
        name = f"audio/{number:02}.flac"
        speech(data / "instruments" / name, 1.0, 44100, number)
        lines.append(f"{name},{('Cello', 'Flute')[number % 2]},44100,1,44100")
    write_lines(data / "instruments/labels.csv", *lines)


def folders(data: Path) -> None:
    for number in range(30):
        speech(data / ("yes", "no")[number % 2] / f"{number:02}.wav", 0.5, 16000, number)


def sentences(data: Path) -> None:
    for number in range(15):
        speech(data / f"kerstin-tts/wavs/{number:02}.wav", 1.0 + 0.03 * number, 44100, number)
    said = ("Guten Tag.", "Wie geht es Ihnen?", "Danke, gut!")
    write_lines(data / "kerstin-tts/metadata.csv", *(f"{number:02}|{said[number % 3]}" for number in range(15)))


def utterances(data: Path) -> None:
    lines = ["file\tid\tseconds\tin_tts_subset\tsplit\ttext"]
    said = ("Guten Tag.", "Um 12 Uhr, ja!", "Danke, gut.")
    for number in range(12):
        speech(data / f"kerstin-asr/audio/{number:02}.wav", 1.5 + 0.05 * number, 16000, number)
        split = ("train", "train", "valid", "test")[number % 4]
        lines.append(f"audio/{number:02}.wav\tid-{number}\t1.5\t0\t{split}\t{said[number % 3]}")
    write_lines(data / "kerstin-asr/metadata.tsv", *lines)


SPLIT = ("split={by: key, valid: 0.2, test: 0.2, seed: 2}",)
FEW = ("corpora.strings.count={train: 4, valid: 1, test: 1}",)
MANY = ("corpora.strings.count={train: 16, valid: 1, test: 1}",)  # so that train has every letter
SHORT = ("batch_seconds=12", "accumulate=1", "model.blocks=2")
FOUR = ("batch_size=4",)
NARROW = ("batch_size=8", "model.tau=2")
SLIM = ("batch_size=8", "model.channels=64")
THIN = ("batch_size=4", "model.channels=64")
DOCTOR = ("--text", "Doctor Who?")
SHIPPED = {
    "labels": Shipped("labelled_folders", folders, "accuracy"),
    "spoken_digits": Shipped("spoken_digits", digits, "accuracy"),
    "spoken_digits_voices": Shipped("spoken_digits_voices", digits, "accuracy"),
    "speakers": Shipped("spoken_digits", digits, "equal_error_rate"),
    "connected_digits": Shipped("connected_digits", digits, "wer", FEW),
    "connected_digits_voices": Shipped("connected_digits_voices", digits, "wer", MANY),
    "german_asr": Shipped("german_asr", utterances, "wer", smaller=FOUR),
    "coffee_orders": Shipped("coffee_orders", orders, "mean_average_precision", SPLIT),
    "instruments": Shipped("instruments", sounds, "accuracy", SPLIT),
    "denoising": Shipped("clean_speech", partial(orders, count=15), "si_sdr_improvement", SPLIT),
    "digits_vocoder": Shipped("spoken_digits_speech", digits, "stft_distance", FEW),
    "digits_vocoder_critic": Shipped("spoken_digits_speech", digits, "stft_distance", FEW),
    "digits_tts": Shipped("spoken_digits_speech", digits, "mel_l1", FEW, ("--text", "one", "--speaker", "theo")),
    "german_vocoder": Shipped("german_tts", sentences, "stft_distance", SPLIT, smaller=FOUR),
    "german_tts": Shipped("german_tts", sentences, "mel_l1", SPLIT, ("--text", "Guten Tag!"), FOUR),
    "librispeech_asr": Shipped("librispeech_asr", miniatures.librispeech, "wer", smaller=SHORT),
    "speech_commands": Shipped("speech_commands", miniatures.speech_commands, "accuracy", smaller=NARROW),
    "esc50": Shipped("esc50", miniatures.esc50, "accuracy"),
    "ljspeech_tts": Shipped("ljspeech_tts", miniatures.ljspeech, "mel_l1", miniatures.SENTENCES, DOCTOR, SLIM),
    "voxceleb_speakers": Shipped(
        "voxceleb_speakers", miniatures.voxceleb, "equal_error_rate", miniatures.VOICES, smaller=THIN
    ),
    "gtzan": Shipped("gtzan", miniatures.gtzan, "accuracy"),
}


def test_the_denoiser_trains_on_the_pairs_of_voicebank_demand(tmp_path, monkeypatch):
    """As the recipe says: the noisy sentences are heard as they are, and nothing is mixed in at load."""
    miniatures.voicebank_demand(tmp_path)
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    build(load_recipe(str(RECIPES / "voicebank_demand.yaml")), cluster="inline")
    store, run = tmp_path / "stores/voicebank_demand", tmp_path / "run"
    wanted = ("task.clean=clean", "stages=[]", "corpora={}")
    comment = (RECIPES / "voicebank_demand.yaml").read_text()
    assert all(f"--set {change}" in comment for change in wanted)
    changes = [word for change in (*wanted, *QUICK, "batch_size=8") for word in ("--set", change)]
    made = answer_of(commands.train, CONFIGS / "denoising.yaml", "--store", store, "--out", run, *changes)
    assert made["best"]["step"] == 2
    report = answer_of(commands.evaluate, run, "--store", store)
    assert report["examples"] == 2
    assert np.isfinite(report["si_sdr_improvement"])
    assert 5 < report["si_sdr_noisy"] < 25, "what was heard is the noisy file, and what was wanted the clean one"


def test_every_configuration_is_tried():
    assert sorted(SHIPPED) == sorted(path.stem for path in CONFIGS.glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_configuration_trains_on_the_store_of_its_recipe(name, tmp_path, monkeypatch):
    shipped, data, store, run = SHIPPED[name], tmp_path / "data", tmp_path / "store", tmp_path / "run"
    shipped.corpora(data)
    monkeypatch.setenv("DATA", str(data))
    monkeypatch.setenv("NOISE", str(data / "noise/audio"))
    monkeypatch.chdir(tmp_path)
    overrides = (f'store.path="{store}"', *shipped.otherwise)
    build(load_recipe(str(RECIPES / f"{shipped.recipe}.yaml"), overrides), cluster="inline")
    changes = [word for change in (*QUICK, *shipped.smaller) for word in ("--set", change)]
    made = answer_of(commands.train, CONFIGS / f"{name}.yaml", "--store", store, "--out", run, *changes)
    assert made["epochs"] == 1
    assert made["best"]["step"] >= 2
    assert f"valid_{shipped.figure}" in made["best"]
    report = answer_of(commands.evaluate, run, "--store", store)
    assert np.isfinite(report["loss"])
    assert shipped.figure in report
    if shipped.spoken:
        assert answer_of(commands.predict, run, *shipped.spoken, "--out", tmp_path / "said.wav")["seconds"] > 0
        return
    sound = next(
        path for path in sorted(data.rglob("*")) if path.suffix in (".wav", ".flac") and "noise" not in str(path)
    )
    (said,) = answer_of(commands.predict, run, sound, "--out", tmp_path / "out")["predictions"]
    assert said["summary"]
