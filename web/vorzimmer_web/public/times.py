"""What the page "choose a time" shows: a month of days, and the times of one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from vorzimmer.availability import Slot

WEEK = 7
WEEKS = 3
"""So many are shown at the least."""


@dataclass(frozen=True)
class Time:
    """A time to choose, in the zone of its place."""

    start: datetime
    zone: ZoneInfo
    location: str
    staff: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """What the form sends: the instant with its offset, and the place."""
        return f"{self.start.astimezone(self.zone).isoformat()}|{self.location}"

    @property
    def day(self) -> date:
        """The day on the calendar of the place."""
        return self.start.astimezone(self.zone).date()

    @property
    def part(self) -> str:
        """Which part of the day it is in."""
        hour = self.start.astimezone(self.zone).hour
        return "morning" if hour < 12 else "afternoon" if hour < 17 else "evening"


def offered(slots: Iterable[Slot]) -> list[Time]:
    """The slots as times to choose, sorted as they came."""
    return [Time(slot.start, ZoneInfo(slot.location.zone), slot.location.slug, slot.staff) for slot in slots]


def of_day(times: Iterable[Time], day: date) -> list[Time]:
    """The times of one day."""
    return [time for time in times if time.day == day]


def by_place(times: Iterable[Time]) -> list[tuple[str, list[tuple[str, list[Time]]]]]:
    """Times by place, and at each place by part of the day."""
    ordered = sorted(times, key=lambda time: (time.location, time.start))
    return [(place, _by_part(list(here))) for place, here in groupby(ordered, key=lambda time: time.location)]


def _by_part(times: Sequence[Time]) -> list[tuple[str, list[Time]]]:
    return [(part, list(those)) for part, those in groupby(times, key=lambda time: time.part)]


@dataclass(frozen=True)
class Month:
    """A month as weeks of days from Monday; None outside. At its end the next weeks are shown along (office 37)."""

    first: date
    free: frozenset[date]
    today: date
    last: date

    @property
    def weeks(self) -> list[list[date | None]]:
        """Rows of the table; weeks that are over are left out."""
        blanks: list[date | None] = [None] * self.first.weekday()
        shown = range((self.tail - self.first).days + 1)
        days = [*blanks, *(self.first + timedelta(days=n) for n in shown)]
        days += [None] * (-len(days) % WEEK)
        weeks = [days[n : n + WEEK] for n in range(0, len(days), WEEK)]
        return [week for week in weeks if any(day and day >= self.today for day in week)]

    @property
    def weekdays(self) -> list[date]:
        """Seven days from a Monday on, for the heads of the columns."""
        monday = self.first - timedelta(days=self.first.weekday())
        return [monday + timedelta(days=n) for n in range(WEEK)]

    @property
    def end(self) -> date:
        """The last day of the month."""
        return next_month(self.first) - timedelta(days=1)

    @property
    def tail(self) -> date:
        """The last day that is shown: there are three weeks to choose from, even on the last day of a month."""
        if first_of(self.today) != self.first:
            return self.end
        monday = self.today - timedelta(days=self.today.weekday())
        return max(self.end, monday + timedelta(days=WEEKS * WEEK - 1))

    @property
    def before(self) -> date | None:
        """The month before, unless it is over."""
        return first_of(self.first - timedelta(days=1)) if self.first > self.today else None

    @property
    def after(self) -> date | None:
        """The month after, unless nothing can be booked that far ahead."""
        return next_month(self.first) if next_month(self.first) <= self.last else None


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return first_of(first + timedelta(days=31))
