"""Quantities: exact numbers, and refusals that say what was expected."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from pipelines.units import Bytes, Duration, Fraction, format_duration


@pytest.mark.parametrize(
    ("written", "count"),
    [
        (1000, 1000),
        ("17", 17),
        ("17 B", 17),
        ("500 kB", 500_000),
        ("3MB", 3_000_000),
        ("2 GB", 2_000_000_000),
        ("1.5 KiB", 1536),
        ("128 MiB", 134_217_728),
        (" 4 GiB ", 4_294_967_296),
    ],
)
def test_bytes_are_counted_in_thousands_and_in_powers_of_two(written: object, count: int) -> None:
    assert TypeAdapter(Bytes).validate_python(written) == count


@pytest.mark.parametrize("written", ["128 Mib", "MiB", "-1 MiB", "1 TiBs", "1e3", 0, -5, "0 MiB", "1,5 MiB", 0.5, [1]])
def test_what_is_no_number_of_bytes_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Bytes).validate_python(written)


@pytest.mark.parametrize(
    ("written", "fraction"), [("1%", 0.01), ("2.5 %", 0.025), ("0%", 0.0), ("100%", 1.0), (0.25, 0.25)]
)
def test_fractions_are_percentages_or_numbers(written: object, fraction: float) -> None:
    assert TypeAdapter(Fraction).validate_python(written) == fraction


@pytest.mark.parametrize("written", ["101%", "1", "-1%", 1.5, -0.1, "one %", "%"])
def test_what_is_no_part_of_the_whole_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Fraction).validate_python(written)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(3600, 3600), ("45s", 45), ("90m", 5400), ("6h", 21_600), ("26h", 93_600), ("1d", 86_400), ("1.5 h", 5400)],
)
def test_durations_are_seconds(written: object, seconds: int) -> None:
    assert TypeAdapter(Duration).validate_python(written) == seconds


@pytest.mark.parametrize("written", ["6", "6 hours", "h", "-1h", "0m", 0, -5, "1w", "1:30", 0.5])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(written)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0s"), (59, "59s"), (60, "1m"), (5400, "1.5h"), (93_600, "26h"), (200_000, "2.3d")]
)
def test_durations_are_written_in_a_unit_that_suits_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
