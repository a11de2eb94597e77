"""Pictures show what is there, where it is."""

from __future__ import annotations

import numpy as np
import pytest

from features.showing import colours, raster
from features.showing.scaling import limits, readable
from features.spectral.stft import Stft
from tests.factories import tone
from tests.features.examples import run

DARK, LIGHT = colours.table()[0], colours.table()[255]


def test_a_pixel_for_each_value_shows_it_the_right_way_up() -> None:
    frames = np.array([[0.0, 0.2], [0.4, 0.6], [0.8, 1.0]])  # three frames of two bins
    image = raster.features_image(frames, 3, 2, 0.0, 1.0)
    assert image.shape == (2, 3, 3)
    assert np.array_equal(image[1], colours.map(frames[:, 0]))  # the low bin lies below
    assert np.array_equal(image[0], colours.map(frames[:, 1]))


@pytest.mark.parametrize("width", [1, 2, 97, 640, 5000])
def test_no_peak_is_lost(width: int) -> None:
    frames = np.zeros((5000, 300), np.float32)
    for frame, bin in ((0, 0), (1234, 77), (4999, 299)):
        frames[frame, bin] = 1
        image = raster.features_image(frames, width, 10, 0.0, 1.0)
        row, column = 9 - bin * 10 // 300, -(-(frame + 1) * width // 5000) - 1  # the last to begin at it or before
        assert (image == LIGHT).all(axis=-1).nonzero() == ([row], [column])
        frames[frame, bin] = 0


def test_a_tone_of_1_khz_has_its_line_at_1_khz() -> None:
    found = run(Stft(n_fft=512, output="decibel"), tone(1.0, 16000, hz=1000.0), 16000).features("stft").frames
    image = raster.features_image(found, 100, 257)
    brightest = image.astype(int).sum(axis=-1)[:, 20:80].argmax(axis=0)
    hz = (256 - brightest) * 16000 / 512
    assert set(hz) == {1000.0}


def test_fewer_values_than_pixels_take_several() -> None:
    image = raster.features_image(np.array([[0.0], [1.0]]), 6, 3, 0.0, 1.0)
    assert (image[:, :3] == DARK).all()
    assert (image[:, 3:] == LIGHT).all()


def test_frames_that_are_not_there_are_dark_and_all_alike_are_drawn() -> None:
    assert (raster.features_image(np.zeros((0, 8)), 5, 4) == DARK).all()
    assert raster.features_image(np.full((3, 2), 7.0), 5, 4).shape == (4, 5, 3)


def test_what_is_no_number_is_seen() -> None:
    frames = np.zeros((1000, 4))
    frames[500, 2] = np.nan
    image = raster.features_image(frames, 10, 4, 0.0, 1.0)
    assert tuple(image[1, 5]) == colours.MISSING
    assert raster.features_image(np.full((2, 2), np.nan), 2, 2).tolist() == [[[*colours.MISSING]] * 2] * 2


def test_a_click_is_seen_in_an_hour_of_silence() -> None:
    samples = np.zeros((1, 3_600_000), np.float32)
    samples[0, 1_800_500], samples[0, 2_700_500] = 1.0, -0.5
    image = raster.waveform_image(samples, 100, 41)
    lit = (image != DARK).any(axis=-1)
    assert lit[20].all()  # the line of silence, in the middle
    assert lit[:21, 50].all()
    assert not lit[21:, 50].any()
    assert lit[20:31, 75].all()
    assert not lit[31:, 75].any()
    assert lit.sum() == 100 + 20 + 10


def test_channels_lie_below_each_other_on_one_scale() -> None:
    left, right = tone(0.1, 8000)[0], tone(0.1, 8000, level_db=-12)[0]
    lit = (raster.waveform_image(np.stack([left, right]), 50, 80) != DARK).any(axis=-1)
    assert lit[0].any()
    assert lit[39].any()
    assert not lit[40:48].any()
    assert lit[60].all()


def test_the_steps_of_a_square_are_joined() -> None:
    square = np.repeat([1.0, -1.0, 1.0, -1.0], 2)
    lit = (raster.waveform_image(square, 8, 21) != DARK).any(axis=-1)
    assert lit[:, 1].all()
    assert lit.any(axis=0).all()


@pytest.mark.parametrize("samples", [np.zeros((1, 0)), np.zeros((2, 1)), np.zeros((0, 5)), np.zeros((9, 3))])
def test_waveforms_of_nothing_are_drawn(samples: np.ndarray) -> None:
    assert raster.waveform_image(samples, 7, 5).shape == (5, 7, 3)


def test_power_is_bent_and_decibels_are_not() -> None:
    decibels = np.linspace(-80.0, 0.0, 50)
    assert np.array_equal(readable(decibels), decibels.astype(np.float32))
    power = readable(10 ** (decibels / 10))
    assert np.allclose(power, np.arcsinh(10 ** (decibels / 10) / np.median(10 ** (decibels / 10))), rtol=1e-5)
    assert (np.diff(power) > 0).all()


def test_limits_leave_out_what_is_no_number() -> None:
    assert limits(np.array([np.nan, np.inf, 3.0, 3.0])) == (3.0, 4.0)
    assert limits(np.array([np.nan])) == (0.0, 1.0)
    low, high = limits(np.linspace(0, 1, 10_001))
    assert low == pytest.approx(0.01)
    assert high == pytest.approx(0.9999)
