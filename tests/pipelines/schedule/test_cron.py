"""When a cron expression is due: against cronsim, against a walk through every minute, and across changes of clocks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from pipelines.schedule.cron import Cron

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia", "UTC"]


def due(text: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    cron = Cron.parse(text)
    while True:
        after = cron.next(after, zone)
        yield after


def walls(text: str, after: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """The next times as the clocks of the zone show them, with their distance from UTC."""
    start = datetime.fromisoformat(after).replace(tzinfo=zone)
    return [at.strftime("%m-%d %H:%M%z") for at in islice(due(text, start, zone), count)]


def change_of_clocks(zone: ZoneInfo, year: int) -> datetime | None:
    """The last midnight (UTC) before clocks change for the first time in a year."""
    for day in range(365):
        at = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
        if at.astimezone(zone).utcoffset() != (at + timedelta(days=1)).astimezone(zone).utcoffset():
            return at
    return None


def expression(random: random.Random) -> str:
    def field(low: int, high: int, star: float) -> str:
        first, last = sorted((random.randint(low, high), random.randint(low, high)))
        step = f"*/{random.randint(2, (high - low) // 2)}"
        return "*" if random.random() < star else random.choice([step, f"{first}-{last}", f"{last},{first}"])

    hour = field(0, 23, 0.3) if random.random() < 0.5 else str(random.randint(0, 3))
    return f"{field(0, 59, 0.2)} {hour} {field(1, 31, 0.8)} {field(1, 12, 0.8)} {field(0, 6, 0.8)}"


@pytest.mark.parametrize("name", ZONES)
def test_cronsim_agrees_also_where_clocks_change(name: str) -> None:
    zone, chosen = ZoneInfo(name), random.Random(name)
    compared = 0
    while compared < 25:
        text, year = expression(chosen), chosen.randint(2005, 2026)
        start = change_of_clocks(zone, year) if chosen.random() < 0.7 else None
        start = (start or datetime(year, chosen.randint(1, 12), 3, tzinfo=UTC)) - timedelta(hours=chosen.randint(0, 5))
        try:
            ours = list(islice(due(text, start, zone), 5))
        except ValueError:  # an expression that daemons read differently
            continue
        theirs = list(islice(CronSim(text, start.astimezone(zone)), 5))
        assert [at.astimezone(UTC) for at in ours] == [at.astimezone(UTC) for at in theirs], (text, start)
        compared += 1


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
@pytest.mark.parametrize("text", ["*/20 * * * *", "7 */3 * * *", "*/15 2 * * *", "* 0,1 * 4,10 *"])
def test_a_job_with_a_star_is_due_whenever_clocks_show_it(name: str, text: str) -> None:
    zone, cron = ZoneInfo(name), Cron.parse(text)
    for year in (2005, 2010):
        start = change_of_clocks(zone, year)
        assert start is not None
        minutes = [start + timedelta(minutes=n) for n in range(1, 36 * 60)]
        shown = [at.astimezone(zone) for at in minutes]
        expected = [
            at
            for at, wall in zip(minutes, shown, strict=True)
            if wall.minute in cron.minute.values and wall.hour in cron.hour.values and wall.month in cron.month.values
        ][:40]
        assert [at.astimezone(UTC) for at in islice(due(text, start, zone), len(expected))] == expected


def test_a_fixed_time_in_the_gap_runs_straight_after_it() -> None:
    assert walls("30 2 * * *", "2027-03-27 03:00", 2) == ["03-28 03:00+0200", "03-29 02:30+0200"]
    assert walls("10,40 2 * * *", "2027-03-27 03:00", 2) == ["03-28 03:00+0200", "03-29 02:10+0200"], "once, not twice"


def test_a_fixed_time_that_comes_twice_runs_the_first_time() -> None:
    assert walls("30 2 * * *", "2027-10-30 12:00", 2) == ["10-31 02:30+0200", "11-01 02:30+0100"]
    assert walls("0 * * * *", "2027-10-31 01:00", 3) == ["10-31 02:00+0200", "10-31 02:00+0100", "10-31 03:00+0100"]


def test_a_day_that_a_zone_left_out_is_made_up_for() -> None:
    """Samoa had no 30 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    assert walls("0 2 * * *", "2011-12-29 01:00", 3, apia) == [
        "12-29 02:00-1000",
        "12-31 00:00+1400",
        "12-31 02:00+1400",
    ]


def test_either_of_two_restricted_days_is_enough() -> None:
    assert walls("0 0 13 * fri", "2026-11-01 00:00", 4) == [
        "11-06 00:00+0100",
        "11-13 00:00+0100",
        "11-20 00:00+0100",
        "11-27 00:00+0100",
    ]
    assert walls("0 0 13 * *", "2026-11-01 00:00", 2) == ["11-13 00:00+0100", "12-13 00:00+0100"]


def test_the_29th_of_february_is_found_across_a_century() -> None:
    (found,) = islice(due("0 0 29 2 *", datetime(2096, 3, 1, tzinfo=UTC), ZoneInfo("UTC")), 1)
    assert found == datetime(2104, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("0  2 * * *", "0 2 * * *"),
        ("0 2 * JAN-mar Sun", "0 2 * 1-3 0"),
        ("0 2 * * 5-7", "0 2 * * 0,5,6"),
        ("0 2 * * 7", "0 2 * * 0"),
        ("0 2 * * mon,wed", "0 2 * * 1,3"),
        ("*/15 * * * *", "*/15 * * * *"),
    ],
)
def test_the_text_is_what_every_daemon_reads(typed: str, text: str) -> None:
    assert Cron.parse(typed).text == text
    assert list(islice(due(typed, datetime(2026, 1, 1, tzinfo=UTC), BERLIN), 20)) == list(
        islice(due(text, datetime(2026, 1, 1, tzinfo=UTC), BERLIN), 20)
    )


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("0 2 * *", "expected minute, hour, day of month, month and day of week"),
        ("@daily", "expected minute, hour"),
        ("60 2 * * *", "minute: expected 0 to 59, got '60'"),
        ("0 24 * * *", "hour: expected 0 to 23, got '24'"),
        ("0 2 0 * *", "day of month: expected 1 to 31, got '0'"),
        ("0 2 * 13 *", "month: expected 1 to 12, got '13'"),
        ("0 2 * * 8", "day of week: expected 0 to 7, got '8'"),
        ("0 2 * janu *", "month: expected 1 to 12, got 'janu'"),
        ("5/15 * * * *", "minute: a step needs a range; write 5-59/15 instead of '5/15'"),
        ("*/0 * * * *", "minute: a step must be at least 1"),
        ("30-10 * * * *", "minute: the range '30-10' ends before it begins"),
        ("0 2 * * fri-sun", "day of week: the range '5-0' ends before it begins"),
        ("*,5 * * * *", r"minute: expected \*, a number"),
        (", * * * *", "minute: expected"),
        ("-5 * * * *", "minute: expected"),
        ("0 2 L * *", "day of month: expected 1 to 31, got 'L'"),
        ("0 2 30 feb *", "day of month: 30 never comes in month 2"),
        ("0 2 31 4,6 *", "day of month: 31 never comes in month 4,6"),
        ("0 2 */2 * 1", "is read differently from daemon to daemon"),
        ("0 2 1 * */2", "is read differently from daemon to daemon"),
        ("0 2 */2 * */3", "is read differently from daemon to daemon"),
    ],
)
def test_what_is_no_cron_expression_is_refused_by_field(typed: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Cron.parse(typed)
