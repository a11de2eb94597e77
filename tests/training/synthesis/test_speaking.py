"""From a text to a file, through the commands: voices, speed, vocoders of the same features, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from tests.factories import write_audio, write_lines
from tests.features.examples import babble
from tests.training.through_commands import answer_of, evaluate, run, store_of, train
from training import commands
from training.errors import ExportError, PredictError
from training.export import export
from training.fitted import load_fitted
from training.graphs import graph_of
from training.synthesis.speaking import PAUSE_SECONDS, synthesise

RECIPE = """
name: talk
corpora: {{talk: {{reader: table, root: "{root}", path: rows.csv}}}}
source: [talk]
split: {{from: corpus}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 8000}}
  - normalize_text: {{}}
  - characters
  - log_mel: {{n_fft: 256, hop_length: {hop}, n_mels: 30, floor: 1.0e-5, power: 1}}
  - pitch: {{frame_length: 320, hop_length: {hop}}}
  - energy: {{frame_length: 256, hop_length: {hop}, measure: db}}
store:
  path: "{store}"
  keep: {{log_mel: float16, pitch: float32, energy: float16, characters: int16, audio: flac}}
"""
ACOUSTIC = """
name: acoustic
task: {name: synthesis, speaker: true}
model: {name: efficient_speech, channels: 16, encoder_blocks: 1, decoder_blocks: 1}
epochs: 1
batch_size: 4
threads: 1
"""
VOCODER = """
name: vocoder
task: {name: vocoding, segment_frames: 16, rounds: 2}
model: {name: vocos, channels: 8, hidden: 16, layers: 1}
epochs: 1
batch_size: 4
threads: 1
"""
TEXTS = ("one two", "two three", "three one", "one", "two", "three")


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """A folder for each of an acoustic model, its vocoder, and a vocoder of another hop."""
    root = tmp_path_factory.mktemp("talk")
    for name, hop, config in (("acoustic", 80, ACOUSTIC), ("vocoder", 80, VOCODER), ("other", 100, VOCODER)):
        place = root / name
        rows = ["path,text,speaker,split"]
        for number, text in enumerate(TEXTS):
            write_audio(place / f"corpus/{number}.wav", babble(0.8, 8000, number), 8000)
            rows.append(f"{number}.wav,{text},{('ann', 'bob')[number % 2]},{'valid' if number > 3 else 'train'}")
        write_lines(place / "corpus/rows.csv", *rows)
        store_of(place, RECIPE, hop=hop)
        train(place, config)
    return root


def say(talk, *arguments):
    return answer_of(commands.predict, talk / "acoustic/run", "--text", *arguments)


def test_a_text_is_spoken_into_a_file(talk, tmp_path):
    target, picture = tmp_path / "new/said.wav", tmp_path / "said.png"
    how = ("--speaker", "ann", "--vocoder", talk / "vocoder/run", "--out", target, "--picture", picture)
    made = say(talk, "One two. Three!", *how)
    samples, rate = soundfile.read(target)
    assert (rate, made["sentences"], made["speaker"]) == (8000, 2, "ann")
    assert made["seconds"] == len(samples) / 8000
    assert made["real_time_factor"] > 0
    assert picture.exists()
    again = say(talk, "One two. Three!", *how)
    assert again["seconds"] == made["seconds"]
    assert np.array_equal(soundfile.read(target)[0], samples)


def test_sentences_are_parted_by_pauses(talk):
    fitted = load_fitted(talk / "acoustic/run")
    both, first, second = (
        synthesise(fitted, text, speaker="bob", vocoder=talk / "vocoder/run") for text in ("One. Two.", "One.", "Two.")
    )
    pause = np.zeros(round(PAUSE_SECONDS * 8000), np.float32)
    assert np.array_equal(both.samples, np.concatenate([first.samples, pause, second.samples]))
    assert both.real_time_factor == pytest.approx(both.taken / (len(both.samples) / 8000))


def test_griffin_lim_speaks_where_no_vocoder_does(talk):
    said = synthesise(talk / "acoustic/run", "three", speaker="ann")
    assert len(said.samples) == said.pictures[0].durations.sum() * 80
    assert np.isfinite(said.samples).all()


def test_a_vocoder_of_other_features_is_refused(talk):
    with pytest.raises(PredictError, match="hop_length is 100 in the vocoder and 80 in the acoustic model"):
        synthesise(talk / "acoustic/run", "one", speaker="ann", vocoder=talk / "other/run")
    with pytest.raises(PredictError, match="is no vocoder: its task is synthesis"):
        synthesise(talk / "acoustic/run", "one", speaker="ann", vocoder=talk / "acoustic/run")
    with pytest.raises(PredictError, match="is no acoustic model: its task is vocoding"):
        synthesise(talk / "vocoder/run", "one")


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        ("one", {}, "say which speaker: ann, bob"),
        ("one", {"speaker": "eve"}, "no speaker 'eve': ann, bob"),
        ("six", {"speaker": "ann"}, "'i', 's', 'x' of 'six' was in no text of train"),
        ("  ", {"speaker": "ann"}, "no text to speak"),
        ("one", {"speaker": "ann", "speed": 9.0}, "speed must lie between 0.25 and 4, got 9"),
    ],
)
def test_what_cannot_be_spoken(talk, text, how, said):
    with pytest.raises(PredictError, match=said):
        synthesise(talk / "acoustic/run", text, **how)


def test_texts_in_files_are_spoken_beside_each_other(talk, tmp_path):
    (said,) = answer_of(
        commands.predict, talk / "acoustic/run", write_lines(tmp_path / "a.txt", "one", "two"), "--out", tmp_path
    )["predictions"]
    assert said["out"] == str(tmp_path / "a.wav")
    assert said["sentences"] == 2


def test_a_vocoder_copies_a_file(talk, tmp_path):
    path = write_audio(tmp_path / "b.wav", babble(1.0, 16000, 3), 16000)
    (made,) = answer_of(commands.predict, talk / "vocoder/run", path, "--out", tmp_path)["predictions"]
    samples, rate = soundfile.read(tmp_path / "b.vocoded.wav")
    assert (rate, len(samples)) == (8000, 101 * 80)
    assert made["real_time_factor"] > 0


def test_evaluation_puts_the_baseline_beside_and_draws(talk):
    report = evaluate(talk / "vocoder", "--split", "valid")
    assert {"stft_distance_griffin_lim", "stft_distance_alone", "stoi"} <= set(report)
    evaluate(talk / "acoustic", "--split", "valid")
    assert (talk / "acoustic/run/speech-valid.png").exists()


@pytest.mark.parametrize("name", ["acoustic", "vocoder"])
def test_weights_are_exported_and_graphs_are_refused(talk, tmp_path, name):
    fitted = load_fitted(talk / name / "run")
    with pytest.raises(ExportError, match="--as safetensors"):
        graph_of(fitted)
    made = export(fitted, tmp_path, "safetensors")
    assert load_fitted(made["out"]).task.learnt == fitted.task.learnt


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name FILES"),
        (("--speed", 2), "--speed goes with --text"),
        (("a.wav", "--text", "one"), "not both"),
        (("--text", "one"), "--out said.wav"),
    ],
)
def test_arguments_that_contradict_each_other(talk, arguments, said):
    result = run(commands.predict, talk / "acoustic/run", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
