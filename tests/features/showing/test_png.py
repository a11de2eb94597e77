"""PNG files are what other readers take them for."""

from __future__ import annotations

import io

import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray

from features.showing import colours, png


def decoded(content: bytes) -> NDArray[np.uint8]:
    """The pixels as matplotlib reads them, without an opaque alpha."""
    return np.rint(matplotlib.image.imread(io.BytesIO(content), format="png")[..., :3] * 255).astype(np.uint8)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.Generator(np.random.Philox(key=3)).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (33, 1), (64, 48)])
def test_another_reader_finds_the_same_pixels(size: tuple[int, int]) -> None:
    many = noise(*size)
    few = colours.map(many[..., 0] / 255)
    assert np.array_equal(decoded(png.encode(many)), many)
    assert np.array_equal(decoded(png.encode(few)), few)


def test_256_colours_take_a_palette_and_257_do_not() -> None:
    image = np.zeros((1, 257, 3), np.uint8)
    image[0, :, 0] = np.minimum(np.arange(257), 255)
    assert png.encode(image)[25] == 3
    image[0, 256] = 1, 2, 3
    assert png.encode(image)[25] == 2
    assert np.array_equal(decoded(png.encode(image)), image)


def test_parts_of_pictures_and_turned_ones_are_written_as_they_look() -> None:
    image = noise(20, 30)[::2, ::-3]
    assert np.array_equal(decoded(png.encode(image)), image)
    assert png.encode(image) == png.encode(np.ascontiguousarray(image))


@pytest.mark.parametrize("image", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3))])
def test_what_is_no_picture_is_refused(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="uint8 of shape"):
        png.encode(image)


def test_no_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="0 x 4 pixels"):
        png.encode(np.zeros((4, 0, 3), np.uint8))
