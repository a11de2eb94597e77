"""Listening: files of any format, block by block, to the samples that a whole read gives."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from features.signal.resample import resample
from features.streaming import streamed
from tests.factories import tone, write_audio, write_lines
from tests.features.examples import babble
from training.errors import PredictError
from training.listening import BLOCK, listen, resampling


def whole(heard):
    return np.concatenate(list(heard.pieces), axis=1)


@pytest.mark.parametrize("samples", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_pieces_are_the_samples_of_the_file(tmp_path, name, samples):
    wave = babble(2.0, 70000, channels=2)[:, :samples]
    path = write_audio(tmp_path / name, wave, 44100, "PCM_16")
    heard = listen(path)
    assert (heard.path, heard.sample_rate, heard.channels) == (path, 44100, 2)
    pieces = list(heard.pieces)
    assert [piece.shape[1] for piece in pieces] == [BLOCK] * (samples // BLOCK) + [samples % BLOCK] * (
        samples % BLOCK > 0
    )
    assert all(piece.dtype == np.float32 and piece.flags.c_contiguous for piece in pieces)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), expected.T)


@pytest.mark.parametrize(
    ("name", "subtype"), [("a.wav", "FLOAT"), ("a.wav", "PCM_24"), ("a.wav", "ULAW"), ("a.ogg", None), ("a.mp3", None)]
)
def test_formats(tmp_path, name, subtype):
    path = write_audio(tmp_path / name, babble(6.0, 16000), 16000, subtype)
    expected, rate = soundfile.read(path, dtype="float32", always_2d=True)
    heard = listen(path)
    assert heard.sample_rate == rate
    np.testing.assert_allclose(whole(heard), expected.T, rtol=0, atol=1e-7)  # MP3 rounds as it is read


def test_a_name_and_tags_before_the_audio_do_not_count(tmp_path):
    flac = write_audio(tmp_path / "a.flac", babble(0.5), 16000).read_bytes()
    (tmp_path / "odd.txt").write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + flac)
    expected, _ = soundfile.read(tmp_path / "a.flac", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(whole(listen(tmp_path / "odd.txt")), expected.T)


def test_what_cannot_be_heard_says_why(tmp_path):
    with pytest.raises(PredictError, match=r"gone\.wav: cannot be read: No such file"):
        listen(tmp_path / "gone.wav")
    with pytest.raises(PredictError, match="cannot be read: Is a directory"):
        listen(tmp_path)
    with pytest.raises(PredictError, match=r"text\.wav: not audio: text"):
        listen(write_lines(tmp_path / "text.wav", "no audio"))
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(PredictError, match=r"empty\.wav: not audio: it is empty"):
        listen(tmp_path / "empty.wav")
    sound = write_audio(tmp_path / "half.wav").read_bytes()
    (tmp_path / "half.wav").write_bytes(sound[: len(sound) // 2])
    with pytest.raises(PredictError, match=r"half\.wav: truncated: the data chunk declares"):
        listen(tmp_path / "half.wav")


def test_samples_that_are_no_numbers_are_refused(tmp_path):
    wave = tone(10.0)
    wave[0, -5] = np.nan
    heard = listen(write_audio(tmp_path / "nan.wav", wave, subtype="FLOAT"))
    with pytest.raises(PredictError, match=r"nan\.wav: it holds samples that are not finite"):
        whole(heard)


def test_frames_that_a_decoder_passes_over_are_missed(tmp_path):
    path = write_audio(tmp_path / "broken.flac", babble(8.0), 16000, "PCM_16")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = bytes(4000)
    path.write_bytes(content)
    heard = listen(path)
    with pytest.raises(
        PredictError, match=r"broken\.flac: truncated or damaged: it declares 128000 samples, \d+ can be"
    ):
        whole(heard)


def test_resampling_gives_what_the_stage_gives(tmp_path):
    wave = babble(5.0, 44100, channels=2)
    heard = listen(write_audio(tmp_path / "a.wav", wave, 44100, "FLOAT"))
    made = np.concatenate(list(streamed(resampling(2, 44100, 16000), heard.pieces)), axis=1)
    np.testing.assert_array_equal(made, resample(wave, 44100, 16000))
