"""Files that are denoised piece by piece: same rate, same channels, same length, in little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import soundfile
import torch

from features.signal.resample import resample
from tests.factories import tone, write_audio
from tests.features.examples import babble
from training.enhancement import files
from training.enhancement.files import Denoising, enhance_file
from training.errors import PredictError
from training.listening import BLOCK
from training.models.fast_enhancer import FastEnhancer

RATE = 16000


class Louder:
    """A model that answers what it heard, louder by a factor: block after block, each one block late."""

    hop, training = 256, False

    def __init__(self, factor=1.0):
        self.factor = factor

    def begin(self, batch):
        return torch.zeros(batch, self.hop)

    def step(self, heard, state):
        return self.factor * torch.cat([state[:, None], heard[:, :-1]], 1), heard[:, -1]


@pytest.fixture
def denoiser():
    torch.manual_seed(0)
    return FastEnhancer(RATE, width=0.5, blocks=1).eval()


def offline(wave, rate, model_rate=RATE, answer=lambda samples: samples):
    """What a file is to become, made of the whole at once: 16 bits, (samples, channels)."""
    back = resample(answer(resample(wave, rate, model_rate)), model_rate, rate)[:, : wave.shape[1]]
    full = np.pad(back, ((0, 0), (0, wave.shape[1] - back.shape[1])))
    return np.clip(np.rint(full.T * np.float32(32768)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize(
    ("rate", "channels", "samples", "subtype"),
    [
        (44100, 2, 44101, "PCM_24"),
        (8000, 1, 8001, "PCM_16"),
        (11025, 1, 100_003, "FLOAT"),
        (48000, 3, 2 * BLOCK, "PCM_16"),
        (RATE, 2, 12345, "PCM_16"),
        (RATE, 1, 1, "PCM_16"),
        (22050, 1, 7, "PCM_16"),
    ],
)
def test_rate_channels_and_length_stay(tmp_path, rate, channels, samples, subtype):
    wave = np.tile(babble(samples / rate + 0.1, rate, channels=channels), 1)[:, :samples]
    path = write_audio(tmp_path / "noisy.wav", wave, rate, subtype)
    said = enhance_file(Louder(), RATE, path, tmp_path / "clean.wav")
    info = soundfile.info(tmp_path / "clean.wav")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (rate, channels, samples, "PCM_16")
    heard, _ = soundfile.read(path, dtype="float32", always_2d=True)
    clean, _ = soundfile.read(tmp_path / "clean.wav", dtype="int16", always_2d=True)
    np.testing.assert_array_equal(clean, offline(heard.T, rate))
    assert (said["out"], said["sample_rate"], said["channels"], said["clipped"]) == (
        str(tmp_path / "clean.wav"), rate, channels, 0,
    )  # fmt: skip
    assert said["seconds"] == samples / rate


def test_a_model_that_changes_nothing_gives_16_bits_back(tmp_path):
    path = write_audio(tmp_path / "noisy.wav", babble(5.0, RATE, channels=2), RATE, "PCM_16")
    enhance_file(Louder(), RATE, path, tmp_path / "clean.wav")
    pair = [soundfile.read(place, dtype="int16")[0] for place in (path, tmp_path / "clean.wav")]
    np.testing.assert_array_equal(*pair)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_model_that_changes_nothing_gives_the_file_back_within_what_resampling_takes(tmp_path, rate):
    wave = tone(2.0, rate, 440, -12) + tone(2.0, rate, 3000, -12)
    path = write_audio(tmp_path / "noisy.wav", wave, rate)
    enhance_file(Louder(), RATE, path, tmp_path / "clean.wav")
    heard, clean = (soundfile.read(place, dtype="float32")[0] for place in (path, tmp_path / "clean.wav"))
    inside = slice(rate // 10, -rate // 10)
    error = clean[inside] - heard[inside]
    assert np.mean(error**2) < 1e-7 * np.mean(heard[inside] ** 2)  # -70 dB; 16 bits of this tone give about -85


def test_a_file_is_denoised_as_a_whole_would_be(tmp_path, denoiser):
    path = write_audio(tmp_path / "noisy.flac", babble(6.0, 44100, channels=2), 44100, "PCM_16")
    enhance_file(denoiser, RATE, path, tmp_path / "clean.wav")

    def answer(samples):
        lengths = torch.full((len(samples),), samples.shape[1])
        with torch.inference_mode():
            return denoiser(torch.from_numpy(samples)[:, :, None], lengths)[:, :, 0].numpy()

    heard, _ = soundfile.read(path, dtype="float32", always_2d=True)
    clean, _ = soundfile.read(tmp_path / "clean.wav", dtype="int16", always_2d=True)
    apart = np.abs(clean.astype(int) - offline(heard.T, 44100, answer=answer))
    assert apart.max() <= 1
    assert np.mean(clean.astype(float) ** 2) > 1


@pytest.mark.parametrize("sizes", [[5000], [1, 255, 256, 257, 4231], [3] * 100 + [4700]])
def test_pieces_of_any_size_give_the_answer_of_the_whole(denoiser, sizes):
    wave = babble(5000 / RATE, RATE, channels=2)
    stream = Denoising(denoiser, 2)
    cuts = np.split(wave, np.cumsum(sizes)[:-1], axis=1)
    made = np.concatenate([*(stream.push(piece) for piece in cuts), stream.finish()], axis=1)
    with torch.inference_mode():
        expected = denoiser(torch.from_numpy(wave)[:, :, None], torch.tensor([5000, 5000]))[:, :, 0].numpy()
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_half_an_hour_takes_little_more_memory_than_its_bytes(tmp_path):
    path, minute = tmp_path / "long.wav", np.int16(babble(60.0, RATE) * 20000).T
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as sink:
        for _ in range(30):
            sink.write(minute)
    tracemalloc.start()
    try:
        said = enhance_file(Louder(), RATE, path, tmp_path / "clean.wav")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert said["seconds"] == 1800
    assert peak < path.stat().st_size + 16e6  # its samples as float32 would take 115 MB


def test_samples_beyond_full_scale_are_clipped_and_counted(tmp_path):
    path = write_audio(tmp_path / "noisy.wav", np.float32([[0.25, 0.6, -0.6, -0.5, 0.5]]), RATE, "PCM_16")
    said = enhance_file(Louder(2.0), RATE, path, tmp_path / "clean.wav")
    clean, _ = soundfile.read(tmp_path / "clean.wav", dtype="int16")
    assert clean.tolist() == [16384, 32767, -32768, -32768, 32767]
    assert said["clipped"] == 3  # -1.0 is within
    assert said["summary"].endswith("; 3 samples were beyond full scale")


def broken_flac(path):
    """A FLAC of some seconds with a frame in it that no decoder can read."""
    content = bytearray(write_audio(path, babble(8.0, RATE), RATE, "PCM_16").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = bytes(4000)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("model", "sound", "message"),
    [
        (Louder(float("nan")), tone(1.0), "the model answers with samples that are no numbers"),
        (Louder(), np.zeros((1, 0), np.float32), "it holds no samples"),
        (Louder(), np.zeros((1, 1), np.float32), "1 samples are too few to resample to 16000 Hz"),
    ],
)
def test_what_cannot_be_answered_leaves_nothing_behind(tmp_path, model, sound, message):
    path = write_audio(tmp_path / "noisy.wav", sound, RATE if sound.shape[1] != 1 else 96000)
    with pytest.raises(PredictError, match=rf"noisy\.wav: {message}"):
        enhance_file(model, RATE, path, tmp_path / "out/clean.wav")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_breaks_off_leaves_what_was_there(tmp_path):
    target = tmp_path / "clean.wav"
    target.write_bytes(b"from before")
    with pytest.raises(PredictError, match=r"noisy\.flac: "):
        enhance_file(Louder(), RATE, broken_flac(tmp_path / "noisy.flac"), target)
    assert target.read_bytes() == b"from before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.wav", "noisy.flac"]


def test_a_place_that_cannot_be_written_to(tmp_path):
    path = write_audio(tmp_path / "noisy.wav")
    with pytest.raises(PredictError, match=r"noisy\.wav/clean\.wav: cannot be written"):
        enhance_file(Louder(), RATE, path, path / "clean.wav")
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(PredictError, match=r"folder\.wav: cannot be written"):
        enhance_file(Louder(), RATE, path, tmp_path / "folder.wav")


def test_more_than_a_wav_can_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 2 * 12000)
    short, long = (write_audio(tmp_path / f"{n}.wav", babble(n / RATE, RATE), RATE, "PCM_16") for n in (12000, 12001))
    assert enhance_file(Louder(), RATE, short, tmp_path / "clean.wav")["seconds"] == 0.75
    with pytest.raises(PredictError, match=r"12001\.wav: longer than a WAV can be"):
        enhance_file(Louder(), RATE, long, tmp_path / "other.wav")
    assert not (tmp_path / "other.wav").exists()
