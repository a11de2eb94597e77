"""Cron: when a job is due. Five fields: minute, hour, day of the month, month, day of the week.

Read as crontab(5) says: lists, ranges, steps, English names of three letters; Sunday is 0 or 7; where both days
are restricted, either one is enough. What daemons read differently (`5/15`, a step beside the other day) is refused.

When clocks change, the rule is that of Debian's cron(8): a job at a fixed time runs once, straight after a gap that
swallowed it, and the first time where its hour comes twice; one with * in minute or hour goes by what clocks show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SEARCHED_DAYS = 8 * 366 + 2
"""29 February is at most eight years away; two more days for clocks that change."""

_ITEM = re.compile(r"(\*|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:/([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its text, with numbers for names, and the values that it allows, ascending."""

    text: str
    values: tuple[int, ...]

    @classmethod
    def parse(cls, text: str, name: str, low: int, high: int, names: tuple[str, ...] = ()) -> Field:
        """The field in a text; ValueError, which opens with the field's name, where it is none."""
        for number, word in enumerate(names, low):
            text = re.sub(rf"\b{word}\b", str(number), text, flags=re.IGNORECASE)
        found = {value for item in text.split(",") for value in _values(item, text, name, low, high)}
        return cls(text, tuple(sorted(found)))

    @property
    def star(self) -> bool:
        return self.text.startswith("*")


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression.

    >>> Cron.parse("*/30 2 * jan-mar sun").text
    '*/30 2 * 1-3 0'
    """

    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    @classmethod
    def parse(cls, text: str) -> Cron:
        """The expression in a text; ValueError, which names the field, where it is none."""
        parts = text.split()
        if len(parts) != 5:
            raise ValueError(
                f"expected minute, hour, day of month, month and day of week, such as 0 2 * * *, got {text!r}"
            )
        found = cls(
            Field.parse(parts[0], "minute", 0, 59),
            Field.parse(parts[1], "hour", 0, 23),
            Field.parse(parts[2], "day of month", 1, 31),
            Field.parse(parts[3], "month", 1, 12, MONTHS),
            _weekday(parts[4]),
        )
        found._check()
        return found

    @property
    def text(self) -> str:
        """The expression as every daemon reads it: numbers for names, and 0 for Sunday."""
        return " ".join(field.text for field in (self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def fixed(self) -> bool:
        """Whether the job is at certain times of the day, rather than every so many minutes or hours."""
        return not (self.minute.star or self.hour.star)

    @property
    def either_day(self) -> bool:
        """Whether one of the two days is enough, as it is where both are restricted."""
        return not (self.day.star or self.weekday.star)

    def next(self, after: datetime, zone: ZoneInfo) -> datetime:
        """The first time later than `after` (an aware datetime) at which the job is due, in the zone."""
        day = after.astimezone(zone).date() - timedelta(days=1)
        for _ in range(SEARCHED_DAYS):
            if self._on(day):
                due = min((instant for instant in self._instants(day, zone) if instant > after), default=None)
                if due is not None:
                    return due.astimezone(zone)
            day += timedelta(days=1)
        raise AssertionError(f"{self.text} is never due")  # `_check` refuses such expressions

    def _on(self, day: date) -> bool:
        if day.month not in self.month.values:
            return False
        allowed = (day.day in self.day.values, day.isoweekday() % 7 in self.weekday.values)
        return any(allowed) if self.either_day else all(allowed)

    def _instants(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """When the job is due on a day, in UTC."""
        for hour in self.hour.values:
            for minute in self.minute.values:
                wall = datetime.combine(day, time(hour, minute))
                passes = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
                real = [at for at in passes if at.astimezone(zone).replace(tzinfo=None) == wall]
                if not self.fixed:
                    yield from real
                else:
                    yield real[0] if real else _end_of_gap(passes[1], zone)

    def _check(self) -> None:
        """Refuses days that never come, and what daemons disagree about."""
        starred = {self.day.text: self.weekday.text, self.weekday.text: self.day.text}
        if any("/" in text and text.startswith("*") and other != "*" for text, other in starred.items()):
            raise ValueError(
                f"{self.day.text} and {self.weekday.text}: a step in one of day of month and day of week, beside a "
                "restriction of the other, is read differently from daemon to daemon; list the days"
            )
        longest = max(LONGEST_MONTHS[month - 1] for month in self.month.values)
        if not self.either_day and self.day.values[0] > longest:
            raise ValueError(f"day of month: {self.day.text} never comes in month {self.month.text}")


def _weekday(text: str) -> Field:
    """The last field, with 0 for Sunday alone, since Kubernetes knows no 7."""
    field = Field.parse(text, "day of week", 0, 6 if text.startswith("*") else 7, WEEKDAYS)
    if 7 not in field.values:
        return field
    values = tuple(sorted({value % 7 for value in field.values}))
    return Field(",".join(map(str, values)), values)


def _values(item: str, text: str, name: str, low: int, high: int) -> range:
    match = _ITEM.fullmatch(item)
    if match is None or (match[1] == "*" and (match[2] or text != item)):
        raise ValueError(f"{name}: expected *, a number, a list such as 1,2 or a range such as 1-5, got {text!r}")
    if match[3] and match[1] != "*" and match[2] is None:
        raise ValueError(f"{name}: a step needs a range; write {match[1]}-{high}/{match[3]} instead of {item!r}")
    if match[3] and int(match[3]) == 0:
        raise ValueError(f"{name}: a step must be at least 1, got {item!r}")
    ends = (str(low), str(high)) if match[1] == "*" else (match[1], match[2] or match[1])
    if not all(end.isdigit() and low <= int(end) <= high for end in ends):
        raise ValueError(f"{name}: expected {low} to {high}, got {item!r}")
    first, last = map(int, ends)
    if first > last:
        raise ValueError(f"{name}: the range {item!r} ends before it begins; write it as two")
    return range(first, last + 1, int(match[3] or 1))


def _end_of_gap(before: datetime, zone: ZoneInfo) -> datetime:
    """The first minute (UTC) after the change of clocks that follows `before` within a day."""
    offset = before.astimezone(zone).utcoffset()
    while before.astimezone(zone).utcoffset() == offset:
        before += timedelta(minutes=1)
    return before
