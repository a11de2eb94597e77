"""Pictures of speech are written, with and without a recording beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.synthesis.pictures import Picture, draw_speech

RNG = np.random.default_rng(0)
SAID = Picture(
    RNG.normal(size=(30, 8)), np.array([10, 15, 5]), np.array([100.0, 120, 90]), ["", "a$b", ""], 100.0, "a$"
)


@pytest.mark.parametrize("given", [False, True])
def test_a_picture_is_written(tmp_path, given):
    from matplotlib.image import imread

    picture = SAID
    if given:
        more = {"given": SAID.mel, "given_pitch": np.full(30, np.nan), "alignment": RNG.random((30, 3))}
        picture = replace(SAID, **more)
    draw_speech(picture, tmp_path / "new" / "speech.png")
    height, width, _ = imread(tmp_path / "new" / "speech.png").shape
    assert width == 990
    assert height == round(110 * (2.4 * (4 if given else 3) + 0.6))
