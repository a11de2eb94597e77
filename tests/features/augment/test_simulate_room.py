from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment.room import SPEED_OF_SOUND, Room, room_response, shortest_rt60
from features.augment.simulate_room import SimulateRoom
from features.example import Example
from tests.features.examples import babble, run

RATE = 16000


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def rt60_measured(response: np.ndarray) -> float:
    """By Schroeder's integration: the slope of the line through the decay from -5 to -35 dB, as far as -60."""
    energy = np.cumsum(response[0, ::-1].astype(float) ** 2)[::-1]
    level_db = 10 * np.log10(energy / energy[0])
    first, last = np.argmax(level_db <= -5), np.argmax(level_db <= -35)
    slope, _ = np.polyfit(np.arange(first, last) / RATE, level_db[first:last], 1)
    return float(-60 / slope)


@pytest.mark.parametrize("rt60", [0.2, 0.4, 0.8, 2.0])
@pytest.mark.parametrize("size", [(5.0, 4.0, 3.0), (10.0, 7.0, 3.5), (3.0, 2.5, 2.4)])
def test_the_decay_lasts_as_long_as_asked(rt60: float, size: tuple[float, float, float]) -> None:
    x, y, z = size
    room = Room(size, (0.7 * x, 0.3 * y, 0.5 * z), (0.2 * x, 0.6 * y, 0.4 * z), rt60)
    response, _ = room_response(room, RATE, rng())
    assert rt60_measured(response) == pytest.approx(rt60, rel=0.1)


def test_rooms_and_times_as_they_are_drawn() -> None:
    draw = np.random.default_rng(4)
    off = []
    for _ in range(25):
        size = tuple(draw.uniform([3, 3, 2.4], [10, 8, 4]))
        source, microphone = (tuple(draw.uniform(0.5, np.array(size) - 0.5)) for _ in range(2))
        room = Room(size, source, microphone, draw.uniform(0.2, 0.8))
        off.append(rt60_measured(room_response(room, RATE, rng())[0]) / room.rt60 - 1)
    assert np.abs(off).max() <= 0.1
    assert abs(np.mean(off)) <= 0.03


def test_the_first_echoes_are_those_of_the_mirrored_sources() -> None:
    """Direct sound and the six first reflections, from geometry: times, signs, and how they compare in height."""
    room = Room((6.0, 5.0, 3.0), (2.2, 3.5, 1.2), (4.5, 1.0, 1.7), 0.5)
    rate = 192_000
    response, direct = room_response(room, rate, rng())
    mirrored = []
    for axis, wall in itertools.product(range(3), (0.0, 1.0)):
        image = list(room.source)
        image[axis] = 2 * wall * room.size[axis] - image[axis]
        mirrored.append(float(np.linalg.norm(np.subtract(image, room.microphone))))
    distance = float(np.linalg.norm(np.subtract(room.source, room.microphone)))
    assert direct == round(distance / SPEED_OF_SOUND * rate)
    near = slice(direct - 2, direct + 3)
    height = response[0, near].max()
    assert height == pytest.approx(1 / (4 * np.pi * distance), rel=0.15)
    for other in mirrored:
        at = round(other / SPEED_OF_SOUND * rate)
        lowest = response[0, at - 2 : at + 3].min()
        ratio = -lowest * other / (height * distance)
        assert 0.4 < ratio < 1, "less comes off a wall than hits it, with the other sign"
    before = response[0, : direct - 40]
    assert np.abs(before).max() < 0.02 * height


def test_further_away_there_is_less_direct_sound() -> None:
    def share(distance: float) -> float:
        room = Room((8.0, 6.0, 3.0), (1.0, 3.0, 1.5), (1.0 + distance, 3.0, 1.5), 0.5)
        response, direct = room_response(room, RATE, rng())
        part = response[0, max(0, direct - 8) : direct + 9].astype(float)
        return float(np.sum(part**2) / np.sum(response.astype(float) ** 2))

    assert share(0.3) > share(1.0) > share(4.0)


def test_the_same_key_gives_the_same_room_and_another_key_another() -> None:
    samples = babble(0.3)
    first, again, other = (run(SimulateRoom(), samples, RATE, key=key) for key in "aab")
    assert isinstance(first, Example)
    assert isinstance(again, Example)
    assert isinstance(other, Example)
    assert first.audio().samples.tobytes() == again.audio().samples.tobytes()
    assert first.notes == again.notes
    assert set(first.notes["simulate_room"]) == {
        "length_m", "width_m", "height_m", "rt60_seconds", "source_m", "microphone_m"
    }  # fmt: skip
    assert first.notes != other.notes
    for found in (first, other):
        notes = found.notes["simulate_room"]
        size = (notes["length_m"], notes["width_m"], notes["height_m"])
        for place in (notes["source_m"], notes["microphone_m"]):
            assert all(0.5 <= at <= side - 0.5 for at, side in zip(place, size, strict=True))


def test_it_is_in_time_as_long_and_as_loud() -> None:
    """A click comes out at the very sample that it went in at; all its echoes come later."""
    click = np.zeros((1, 8000), np.float32)
    click[0, 1000] = 1
    for key in "abcdef":
        found = run(SimulateRoom(rt60_seconds=0.3), click, RATE, key=key)
        assert isinstance(found, Example)
        samples = found.audio().samples
        assert samples.shape == click.shape
        assert np.sqrt(np.mean(samples**2)) == pytest.approx(np.sqrt(np.mean(click**2)), rel=1e-4)
        height = np.abs(samples[0])
        assert height[:990].max() < 0.1 * height[998:1003].max(), key
        assert height[998:1003].max() > 0.1 * height.max(), key
    silence = np.zeros((1, 100), np.float32)
    still = run(SimulateRoom(), silence, RATE)
    assert isinstance(still, Example)
    assert still.audio().samples is silence


def test_what_cannot_be() -> None:
    with pytest.raises(ValidationError, match=r"sound lasts 1\.17 s at least in a room of 100 x 100 x 100 m"):
        SimulateRoom(length_m=100, width_m=100, height_m=100)
    with pytest.raises(ValidationError, match="must lie between 1 and 100"):
        SimulateRoom(length_m=0.5)
    assert shortest_rt60((100, 100, 100)) == pytest.approx(1.17, abs=0.005)


@pytest.mark.parametrize("size", [(1.0, 1.0, 100.0), (100.0, 100.0, 100.0), (1.0, 1.0, 1.0)])
def test_odd_rooms(size: tuple[float, float, float]) -> None:
    x, y, z = size
    room = Room(size, (x / 3, y / 3, z / 5), (x / 2, y / 2, z * 0.9), 5.0)
    response, direct = room_response(room, 8000, rng())
    assert np.isfinite(response).all()
    assert 0 < direct < response.shape[1]
