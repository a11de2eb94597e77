"""Clips: what a page plays, decoded again by libsndfile, and the pictures beside it."""

from __future__ import annotations

import base64
import io
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from PIL import Image

from features.example import Audio
from manifests.spec import ArraySpec
from manifests.store import Store
from pipelines.report.listening import HEIGHT, LARGEST_BYTES, LONGEST_SECONDS, WIDTH, clip, data_url, read_audio
from tests.factories import tone
from tests.stores import AUDIO, Made, write_store

QUIET = 10 ** (-3 / 20)


def decoded(url):
    kind, _, content = url.partition(";base64,")
    return kind, base64.b64decode(content, validate=True)


def played(made):
    kind, content = decoded(made.sound)
    assert kind == "data:audio/flac"
    assert len(content) <= LARGEST_BYTES
    return soundfile.read(io.BytesIO(content), always_2d=True)


def test_a_loud_recording_is_made_quieter_and_fades_in():
    made = clip(Audio(tone(1.0, 16000, level_db=0.0), 16000))
    samples, rate = played(made)
    assert (rate, samples.shape, made.seconds) == (16000, (16000, 1), 1.0)
    assert np.abs(samples).max() <= QUIET + 1 / 32768
    assert np.abs(samples).max() == pytest.approx(QUIET, abs=1e-3)
    assert samples[0, 0] == 0
    assert np.abs(samples[:40]).max() < np.abs(samples[400:]).max() / 2


def test_a_quiet_recording_stays_as_it_is():
    wave = tone(0.5, 8000, level_db=-20.0)
    samples, _ = played(clip(Audio(wave, 8000)))
    np.testing.assert_allclose(samples[200:, 0], wave[0, 200:], atol=1 / 65536)


def test_long_ones_are_cut_by_time_and_by_bytes():
    made = clip(Audio(tone(LONGEST_SECONDS + 3, 8000), 8000))
    assert made.seconds == pytest.approx(LONGEST_SECONDS)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 480_000)).astype(np.float32)
    samples, rate = played(clip(Audio(noise, 48000)))
    assert 0.5 < len(samples) / rate < 2
    assert samples.shape[1] == 2


def test_the_pictures_are_small_and_show_the_tone_where_it_is():
    made = clip(Audio(tone(1.0, 8000, hz=3500), 8000))
    kind, content = decoded(made.spectrogram)
    image = Image.open(io.BytesIO(content)).convert("L")
    assert (kind, image.size) == ("data:image/png", (WIDTH, HEIGHT))
    bright = np.asarray(image, float).mean(axis=1)
    assert bright.argmax() < HEIGHT / 4, "a high tone lies above"
    outline = ElementTree.fromstring(str(made.waveform))
    assert outline.tag == "svg"
    assert outline.get("aria-hidden") == "true"


@pytest.mark.parametrize("samples", [1, 30, 200])
def test_the_shortest_recordings_can_be_played(samples):
    made = clip(Audio(np.full((1, samples), 0.1, np.float32), 8000))
    assert len(played(made)[0]) == samples


def test_nothing_is_made_of_nothing_or_of_a_rate_that_flac_has_not():
    assert clip(Audio(np.zeros((1, 0), np.float32), 8000)) is None
    assert clip(Audio(np.zeros((1, 10), np.float32), 1_000_000)) is None


@pytest.mark.parametrize("encoding", ["flac", "int16", "float32", "float16"])
def test_stored_audio_is_read_from_its_beginning(tmp_path, encoding):
    wave = np.rint(tone(0.2, level_db=-6.0).T * 32768).astype(np.int16)
    stored = wave if encoding in ("flac", "int16") else wave / 32768
    spec = ArraySpec("audio", "audio", encoding, 1, 8000.0)
    store = Store.open(write_store(tmp_path, {"train": [Made("k", {"audio": stored})]}, (spec,)))
    (entry,) = store.generation.shards
    row = store.index(entry).to_pylist()[1]
    found = read_audio(store.shard(entry), row, spec, seconds=0.1)
    assert (found.sample_rate, found.samples.shape, found.samples.dtype) == (8000, (1, 800), np.float32)
    np.testing.assert_allclose(found.samples[0], wave[:800, 0] / 32768, atol=5e-4 if encoding == "float16" else 0)


def test_data_urls():
    assert data_url("audio/flac", b"\xff\xfe") == "data:audio/flac;base64,//4="
    assert AUDIO.encoding == "flac"
