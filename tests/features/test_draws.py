from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from features.draws import Choice, Draws, LogUniform, Random, Uniform, bounds, within
from features.seeds import generator

RANDOM: TypeAdapter[Any] = TypeAdapter(Random)
BOUNDED: TypeAdapter[Any] = TypeAdapter(Annotated[Random, within(0.5, 2)])


def draws(key: str = "a.wav") -> Draws:
    return Draws(7, "gain", 0, key, 1)


@pytest.mark.parametrize(
    ("written", "read", "smallest_and_largest"),
    [
        (3, 3.0, (3, 3)),
        ({"choice": [0.9, 1.1, 1.0]}, Choice(choice=(0.9, 1.1, 1.0)), (0.9, 1.1)),
        ({"uniform": [-5, 20]}, Uniform(uniform=(-5, 20)), (-5, 20)),
        ({"log_uniform": [0.1, 10]}, LogUniform(log_uniform=(0.1, 10)), (0.1, 10)),
    ],
)
def test_what_a_recipe_writes(written: Any, read: Any, smallest_and_largest: tuple[float, float]) -> None:
    found = RANDOM.validate_python(written)
    assert found == read
    assert bounds(found) == smallest_and_largest
    assert RANDOM.validate_python(RANDOM.dump_python(found, mode="json")) == read


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            {"unifrom": [1, 2]},
            r"write a number, \{choice: \[\.\.\]\}, \{uniform: \[a, b\]\} or \{log_uniform: \[a, b\]\}",
        ),
        ({"uniform": [2, 1]}, r"uniform runs from low to high, got \[2\.0, 1\.0\]"),
        ({"uniform": [1, float("nan")]}, "uniform runs from low to high"),
        ({"log_uniform": [0, 1]}, "log_uniform runs from low to high above 0"),
        ({"uniform": [1]}, "Field required|at least 2"),
        ({"choice": []}, "at least 1 item"),
        ({"choice": [1, 2], "weights": [1, 1]}, "Extra inputs are not permitted"),
        ("loud", "valid number"),
    ],
)
def test_mistakes_are_said_plainly(written: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RANDOM.validate_python(written)


@pytest.mark.parametrize("written", [0.4, 2.1, float("nan"), float("inf"), {"uniform": [0, 1]}, {"choice": [1, 3]}])
def test_bounds_hold_for_every_value_that_can_be_drawn(written: Any) -> None:
    with pytest.raises(ValidationError, match=r"must lie between 0\.5 and 2"):
        BOUNDED.validate_python(written)
    assert BOUNDED.validate_python({"uniform": [0.5, 2]}) == Uniform(uniform=(0.5, 2))


def test_a_number_draws_nothing_and_is_not_remembered() -> None:
    found = draws()
    assert found.number("gain_db", 3) == 3.0
    assert found.taken == {}
    assert found.rng.random() == generator(7, "gain", 0, "a.wav", 1).random()


def test_draws_are_those_of_the_keyed_generator() -> None:
    found = draws()
    value = found.number("gain_db", Uniform(uniform=(0, 1)))
    assert value == generator(7, "gain", 0, "a.wav", 1).uniform(0, 1)
    found.remember("clip", "tap.wav")
    number = found.integer("offset", 0, 10)
    assert found.taken == {"gain_db": value, "clip": "tap.wav", "offset": number}


def sample(value: Any, count: int = 4000) -> np.ndarray:
    return np.array([draws(f"{number}.wav").number("x", value) for number in range(count)])


def test_uniform_is_even() -> None:
    found = sample(Uniform(uniform=(-10, 10)))
    assert found.min() >= -10
    assert found.max() <= 10
    # bins of 500: five standard deviations are 5 sqrt(4000 * 1/8 * 7/8) = 105
    assert np.abs(np.histogram(found, 8, (-10, 10))[0] - 500).max() < 105


def test_log_uniform_is_even_over_octaves() -> None:
    found = np.log2(sample(LogUniform(log_uniform=(0.25, 4))))
    assert np.abs(np.histogram(found, 4, (-2, 2))[0] - 1000).max() < 5 * np.sqrt(4000 * 3 / 16)


def test_choice_gives_each_as_often() -> None:
    found = sample(Choice(choice=(0.9, 1.0, 1.1, 1.0)))
    assert np.abs(np.array([(found == value).sum() for value in (0.9, 1.1)]) - 1000).max() < 5 * np.sqrt(4000 * 3 / 16)
    assert set(found) == {0.9, 1.0, 1.1}
