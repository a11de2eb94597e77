"""Each task from recordings to answers, through the commands: train, evaluate, predict."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from tests.factories import tone, write_audio, write_lines
from tests.training import through_commands as through
from training import commands
from training.errors import DataError

RATE = 8000
PITCHES = {"low": 300.0, "middle": 900.0, "high": 2400.0}


def noise(samples, level=0.02, seed=0):
    return (level * np.random.default_rng(seed).normal(size=(1, samples))).astype(np.float32)


def table(place, rows):
    write_lines(place / "corpus/labels.jsonl", *(json.dumps(row) for row in rows))


# One label ------------------------------------------------------------------------------------------------------------

WORDS = """\
name: words
corpora:
  words: {{reader: table, root: "{root}", path: labels.jsonl, columns: {{path: file}}, labels: [pitch]}}
source: [words]
split: {{by: key, valid: 0.2, seed: 1}}
stages:
  - decode: {{}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 16}}
store: {{path: "{store}", keep: {{log_mel: float16}}}}
"""
CLASSIFICATION = """\
name: words
task: {name: classification, label: pitch}
model: {name: conv_net, channels: [8, 8], strides: [[2, 2], [2, 2]], centre: none, dropout: 0, head_dropout: 0}
optimizer: {lr: 0.02}
stages:
  - spec_augment: {of: log_mel, frequency_width: 2, time_width: 4}
epochs: 8
batch_size: 8
threads: 1
"""


def test_labels_that_are_wrong_have_the_highest_losses(tmp_path):
    """Three of sixty recordings are labelled with the other pitch."""
    rows, wrong = [], {"04.wav", "21.wav", "47.wav"}
    for number in range(60):
        name, pair = f"{number:02}.wav", ("low", "high")
        write_audio(
            tmp_path / "corpus" / name, tone(0.2, RATE, PITCHES[pair[number % 2]], -18) + noise(1600, seed=number)
        )
        rows.append({"file": name, "pitch": pair[(number + (name in wrong)) % 2]})
    table(tmp_path, rows)
    through.store_of(tmp_path, WORDS)
    through.train(tmp_path, CLASSIFICATION)
    wrong_of = {split: through.evaluate(tmp_path, "--split", split)["errors"] for split in ("train", "valid")}
    found = [answer for errors in wrong_of.values() for answer in errors]
    assert {answer["key"] for answer in found} == {f"words/{name}" for name in wrong}
    lines = through.run(commands.evaluate, tmp_path / "run", "--store", tmp_path / "store", "--split", "train").stdout
    first = lines.splitlines()[2]
    top = wrong_of["train"][0]
    assert (
        first
        == f"  {top['key']}: {top['truth']} heard as {top['answer']} ({top['probability']:.2f}), loss {top['loss']:.4f}"
    )


# Several labels at once ----------------------------------------------------------------------------------------------

ORDERS = """\
name: orders
corpora:
  orders: {{reader: table, root: "{root}", path: labels.jsonl, columns: {{path: file}}, labels: [pitches, length]}}
source: [orders]
split: {{by: key, valid: 0.2, test: 0.2, seed: 1}}
stages:
  - decode: {{}}
  - resample: {{sample_rate: 8000}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 16}}
store: {{path: "{store}", keep: {{log_mel: float16, audio: flac}}}}
"""
MULTI_LABEL = """\
name: orders
task: {name: multi_label, labels: [pitches, length]}
model: {name: conv_net, channels: [8, 8], strides: [[2, 2], [2, 2]], centre: none, dropout: 0, head_dropout: 0}
optimizer: {lr: 0.02}
stages:
  - gain: {gain_db: {uniform: [-6, 6]}}
  - log_mel: {n_fft: 256, hop_length: 80, n_mels: 16}
epochs: 8
batch_size: 8
threads: 1
"""


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """Clips of one to three pitches at once, short or long."""
    place = tmp_path_factory.mktemp("orders")
    rows, rng = [], np.random.default_rng(0)
    for number in range(80):
        there = [name for name in PITCHES if rng.random() < 0.5] or ["low"]
        seconds = 0.1 if number % 2 else 0.3
        wave = sum(tone(seconds, RATE, PITCHES[name], -18) for name in there)
        write_audio(place / f"corpus/{number:02}.wav", wave + noise(wave.shape[1], seed=number))
        rows.append({"file": f"{number:02}.wav", "pitches": there, "length": "short" if number % 2 else "long"})
    table(place, rows)
    through.store_of(place, ORDERS)
    through.train(place, MULTI_LABEL)
    return place, {row["file"]: row for row in rows}


def test_several_labels(orders):
    place, rows = orders
    report = through.evaluate(place, "--by", "length")
    assert report["mean_average_precision"] >= 0.8
    assert report["micro_f1"] > report["baseline_micro_f1"]
    assert set(report["average_precision"]) == {
        "pitches=low", "pitches=middle", "pitches=high", "length=short", "length=long",
    }  # fmt: skip
    assert sum(found["examples"] for found in report["by"]["length"].values()) == report["examples"]
    low, high = report["intervals"]["micro_f1"]
    assert low <= report["micro_f1"] <= high
    worst = report["worst"]
    assert [answer["loss"] for answer in worst] == sorted((answer["loss"] for answer in worst), reverse=True)
    for answer in worst:
        row = rows[answer["key"].removeprefix("orders/")]
        assert answer["truth"] == sorted([f"length={row['length']}", *(f"pitches={name}" for name in row["pitches"])])
    said = through.run(commands.evaluate, place / "run", "--store", place / "store").stdout.splitlines()
    assert said[0].startswith(f"test: {report['examples']} examples  loss {report['loss']:.4f} ")
    assert f"  {worst[0]['key']}: " in said[2]
    assert said[2].endswith(f", loss {worst[0]['loss']:.4f}")


def test_several_labels_of_a_file(orders):
    place, _ = orders
    file = write_audio(place / "both.wav", tone(0.4, RATE, 300, -18) + tone(0.4, RATE, 2400, -18) + noise(3200))
    (found,) = through.answer_of(commands.predict, place / "run", file)["predictions"]
    assert {name for name in found["labels"] if name.startswith("pitches")} == {"pitches=low", "pitches=high"}
    chances = [item["probability"] for item in found["top"]]
    assert chances == sorted(chances, reverse=True)
    assert len(chances) == 5


# Speakers ------------------------------------------------------------------------------------------------------------

VOICES = """\
name: voices
corpora:
  voices: {{reader: table, root: "{root}", path: labels.jsonl, columns: {{path: file}}}}
source: [voices]
split: {{by: speaker, test: [eve, fay], valid: 0.2, valid_by: key, seed: 1}}
stages:
  - decode: {{}}
  - resample: {{sample_rate: 8000}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 24}}
store: {{path: "{store}", keep: {{log_mel: float16}}}}
"""
SPEAKERS = """\
name: voices
task: {name: speakers, scale: 10}
model: {name: ecapa_tdnn, channels: 16, embedding: 16}
optimizer: {lr: 0.01}
epochs: 4
batch_size: 8
threads: 1
"""


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """Six voices, each with formants of its own; two of them are test alone."""
    place = tmp_path_factory.mktemp("voices")
    rows = []
    for number in range(72):
        at = number % 6
        pair = tone(0.3, RATE, 250 + 180 * at, -12) + tone(0.3, RATE, 3600 - 400 * at, -12)
        beats = np.repeat([0, 1, 0, 1], 600).astype(np.float32)  # a model that takes off the mean hears what changes
        write_audio(place / f"corpus/{number:02}.wav", pair * beats + noise(2400, 0.05, number))
        rows.append({"file": f"{number:02}.wav", "speaker": ("ada", "ben", "cyd", "dan", "eve", "fay")[at]})
    table(place, rows)
    through.store_of(place, VOICES)
    through.train(place, SPEAKERS)
    return place


def test_speakers_of_train_are_told_apart(voices):
    report = through.evaluate(voices, "--split", "valid")
    assert report["accuracy"] >= 0.9
    assert report["equal_error_rate"] <= 0.1
    assert not any("embedding" in answer for answer in [*report["worst"], *report["errors"]])
    assert report["intervals"] == {}  # pairs are too many to be drawn a thousand times


def test_speakers_that_were_never_heard_are_compared(voices):
    report = through.evaluate(voices, "--by", "speaker")
    assert report["examples"] == 24
    assert 0 <= report["equal_error_rate"] <= 0.5
    assert report["accuracy"] is None  # neither of the two can be named
    assert report["loss"] == 0
    assert report["errors"] == []
    assert list(report["by"]["speaker"]) == ["eve", "fay"]
    assert report["by"]["speaker"]["eve"] == {
        "examples": 12, "equal_error_rate": None, "min_dcf": None, "accuracy": None,
    }  # fmt: skip
    card = (voices / "run/README.md").read_text("utf-8")
    assert f"| equal_error_rate | {report['equal_error_rate']:.4f} |  |" in card
    assert "| accuracy | - |  |" in card
    said = through.run(commands.evaluate, voices / "run", "--store", voices / "store", "--by", "speaker").stdout
    assert "  speaker eve: 12 examples  equal_error_rate - min_dcf - accuracy -" in said


def test_a_voice_of_a_file(voices):
    files = [voices / "corpus" / name for name in ("00.wav", "06.wav")]
    one, other = through.answer_of(commands.predict, voices / "run", *files)["predictions"]
    assert one["label"] == other["label"] == "ada"
    cosine = np.dot(one["embedding"], other["embedding"]) / np.prod(
        [np.linalg.norm(found["embedding"]) for found in (one, other)]
    )
    assert cosine > 0.8


def test_speakers_need_a_model_with_embeddings(voices, tmp_path):
    config = write_lines(
        tmp_path / "config.yaml", SPEAKERS.replace("ecapa_tdnn, channels: 16, embedding: 16", "bc_resnet")
    )
    with pytest.raises(DataError, match="bc_resnet has no compare, which the task speakers needs; take ecapa_tdnn"):
        through.run(commands.train, config, "--store", voices / "store", "--out", tmp_path / "never")
    assert not (tmp_path / "never").exists()


# Events in time ------------------------------------------------------------------------------------------------------

EVENTS = """\
name: events
corpora:
  events: {{reader: table, root: "{root}", path: labels.jsonl, columns: {{path: file}}, labels: [events]}}
source: [events]
split: {{by: key, valid: 0.2, test: 0.2, seed: 2}}
stages:
  - decode: {{}}
  - resample: {{sample_rate: 8000}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 16}}
  - frame_targets: {{label: events, classes: [low, high], like: log_mel}}
store: {{path: "{store}", keep: {{log_mel: float16, targets: float32}}}}
"""
DETECTION = """\
name: events
task: {name: detection, segment_seconds: 0.2}
model: {name: conv_net, channels: [8, 16], strides: [[2, 2], [2, 2]], centre: none, dropout: 0, head_dropout: 0}
optimizer: {lr: 0.02}
epochs: 8
batch_size: 8
threads: 1
"""


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """A second of noise with a low tone and a high one somewhere, of 0.2 to 0.4 seconds."""
    place = tmp_path_factory.mktemp("events")
    rows, rng = [], np.random.default_rng(0)
    for number in range(60):
        wave, there = noise(RATE, seed=number), []
        for name in ("low", "high"):
            if rng.random() < 0.8:
                seconds, start = rng.uniform(0.2, 0.4), rng.uniform(0, 0.6)
                sound = tone(seconds, RATE, PITCHES[name], -12)
                first = round(start * RATE)
                wave[:, first : first + sound.shape[1]] += sound
                there.append(f"{start:.3f} {start + seconds:.3f} {name}")
        write_audio(place / f"corpus/{number:02}.wav", wave)
        rows.append({"file": f"{number:02}.wav", "events": there})
    table(place, rows)
    through.store_of(place, EVENTS)
    through.train(place, DETECTION)
    return place


def test_events(events):
    report = through.evaluate(events)
    assert report["segment_f1"] >= 0.85
    assert report["error_rate"] <= 0.3
    wrong = report["errors"]
    assert all(answer["counts"][1] or answer["counts"][2] for answer in wrong)
    assert len(report["worst"]) == min(20, report["examples"])


def test_events_of_a_file(events):
    wave = noise(RATE, seed=99)
    wave[:, 2400:4800] += tone(0.3, RATE, 2400, -12)
    file = write_audio(events / "new.wav", wave)
    (found,) = through.answer_of(commands.predict, events / "run", file)["predictions"]
    (event,) = (event for event in found["events"] if event["end"] - event["start"] > 0.1)
    assert event["label"] == "high"
    assert event["start"] == pytest.approx(0.3, abs=0.06)
    assert event["end"] == pytest.approx(0.6, abs=0.06)
    assert f"high {event['start']:.2f} to {event['end']:.2f} s" in found["summary"]


def test_events_whose_targets_are_made_when_they_are_read(events, tmp_path):
    stage = "stages:\n  - frame_targets: {label: events, classes: [high, low], like: log_mel, as: late}\n"
    config = write_lines(tmp_path / "config.yaml", DETECTION.replace("0.2}", "0.2, targets: late}") + stage)
    common = "--store", events / "store"
    through.answer_of(commands.train, config, *common, "--out", tmp_path / "run", "--set", "epochs=4")
    report = through.answer_of(commands.evaluate, tmp_path / "run", *common)
    assert report["segment_f1"] >= 0.7
    (said,) = through.answer_of(commands.predict, tmp_path / "run", events / "corpus/00.wav")["predictions"]
    assert said["events"]


# Clean speech from noisy ---------------------------------------------------------------------------------------------

SPEECH = """\
name: speech
corpora:
  speech: {{reader: folder, root: "{root}/speech"}}
source: [speech]
split: {{by: key, valid: 0.2, test: 0.3, seed: 2}}
stages:
  - decode: {{}}
  - resample: {{sample_rate: 8000}}
store: {{path: "{store}", keep: {{audio: flac}}}}
"""
ENHANCEMENT = """\
name: speech
task: {{name: enhancement}}
model: {{name: fast_enhancer, width: 0.5, blocks: 1}}
optimizer: {{lr: 0.01}}
corpora:
  noise: {{reader: folder, root: "{root}/noise", split: {{by: path, valid: [b.wav], test: [c.wav]}}}}
stages:
  - add_noise: {{from: noise, snr_db: {{uniform: [-5, 15]}}, act_on: all, of: audio, as: noisy}}
epochs: 3
batch_size: 8
threads: 1
"""


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """Gliding tones that come and go, in place of speech; three noises, one for each split."""
    place = tmp_path_factory.mktemp("speech")
    time = np.arange(RATE) / RATE
    for number in range(30):
        pitch = np.cumsum(300 + 60 * number + 200 * np.sin(2 * np.pi * time)) / RATE
        wave = 0.2 * np.sin(2 * np.pi * pitch) * np.clip(np.sin(2 * np.pi * 2 * time), 0, None)
        write_audio(place / f"corpus/speech/{number:02}.wav", wave[None].astype(np.float32))
    for seed, name in enumerate("abc"):
        write_audio(place / f"corpus/noise/{name}.wav", noise(3 * RATE, 0.1, seed))
    through.store_of(place, SPEECH)
    through.train(place, ENHANCEMENT.format(root=place / "corpus"))
    return place


def test_clean_speech(speech):
    report = through.evaluate(speech, "--by", "add_noise.snr_db")
    assert report["si_sdr_improvement"] > 0
    assert report["si_sdr_improvement"] == pytest.approx(report["si_sdr"] - report["si_sdr_noisy"])
    assert report["without_speech"] == 0
    assert report["made_worse"] == len(report["errors"])
    assert 0 < report["stoi_noisy"] < 1
    groups = report["by"]["add_noise.snr_db"]
    assert sum(found["examples"] for found in groups.values()) == report["examples"]
    again = through.evaluate(speech)
    assert again["si_sdr_noisy"] == report["si_sdr_noisy"]  # what is drawn for test is the same each time
    for answer in report["worst"]:
        assert answer["si_sdr_improvement"] == pytest.approx(answer["si_sdr"] - answer["si_sdr_noisy"])


def test_noise_that_is_gone_is_named(speech, monkeypatch):
    (speech / "corpus/noise").rename(speech / "corpus/elsewhere")
    try:
        with pytest.raises(ValueError, match="corpus/noise"):
            through.evaluate(speech)
    finally:
        (speech / "corpus/elsewhere").rename(speech / "corpus/noise")


def test_a_clean_file(speech, tmp_path):
    stereo = np.concatenate([tone(1.0, 44100, 440, -12), tone(1.0, 44100, 700, -12)])[:, :44001]
    file = write_audio(tmp_path / "in/noisy.wav", stereo + 0.02, 44100, "PCM_24")
    (found,) = through.answer_of(commands.predict, speech / "run", file, "--out", tmp_path / "out")["predictions"]
    assert found["out"] == str(tmp_path / "out/noisy.clean.wav")
    with soundfile.SoundFile(found["out"]) as clean:
        assert (clean.samplerate, clean.channels, clean.frames, clean.subtype) == (44100, 2, 44001, "PCM_16")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["noisy.clean.wav"]


def test_two_files_of_one_name_are_not_written_over_each_other(speech, tmp_path):
    files = [write_audio(tmp_path / folder / "x.wav") for folder in ("one", "two")]
    with pytest.raises(ValueError, match=r"one/x\.wav and .*two/x\.wav would both be answered as x\.clean\.wav"):
        through.run(commands.predict, speech / "run", *files, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    found = through.answer_of(commands.predict, speech / "run", files[0], files[0], "--out", tmp_path / "out")
    assert len(found["predictions"]) == 2  # the same file twice is the same answer twice


def test_files_that_cannot_be_used_do_not_stop_the_others(speech, tmp_path):
    sound, gone = write_audio(tmp_path / "sound.wav"), tmp_path / "gone.wav"
    text = write_lines(tmp_path / "text.wav", "no audio")
    result = through.run(
        commands.predict, speech / "run", gone, tmp_path, text, sound, "--out", tmp_path / "out", "--json"
    )
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [item["file"] for item in found["predictions"]] == [str(sound)]
    assert {file: reason.partition(": ")[2] for file, reason in found["failed"].items()} == {
        str(gone): "cannot be read: No such file or directory",
        str(tmp_path): "cannot be read: Is a directory",
        str(text): "not audio: text",
    }
    assert f"wavemill: {gone}: cannot be read" in result.stderr
    assert (tmp_path / "out/sound.clean.wav").exists()
