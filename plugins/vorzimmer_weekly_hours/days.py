"""DayHours of local days to instants, quickly: only days on which the clocks change are looked at closely."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vorzimmer.periods import MINUTES_A_DAY, Period, local_instant

ONE = timedelta(days=1)
DayHours = tuple[tuple[int, int], ...]

WHOLE_DAY: DayHours = ((0, MINUTES_A_DAY),)


class Day(NamedTuple):
    """A local day. `plain`: it and the next have 24 hours, so that minutes after `midnight` can just be added."""

    date: date
    weekday: int
    midnight: datetime
    plain: bool


class Days:
    """The local days whose periods can reach into a window, for each zone."""

    def __init__(self, window: Period) -> None:
        self.window = window
        self._days: dict[ZoneInfo, list[Day]] = {}
        self._known: dict[tuple[date, ZoneInfo, DayHours], list[Period]] = {}

    def periods(self, day: Day, zone: ZoneInfo, minutes: DayHours) -> list[Period]:
        """What of a day's hours overlaps the window, unclipped; people with the same hours share the answer."""
        key = (day.date, zone, minutes)
        if key not in self._known:
            self._known[key] = [
                period
                for start, end in minutes
                if (period := _period(day, zone, start, end)).end > self.window.start
                and period.start < self.window.end
            ]
        return self._known[key]

    def of(self, zone: ZoneInfo) -> list[Day]:
        """The days of the window, and the one before it, whose night hours may reach in."""
        if zone not in self._days:
            self._days[zone] = self._list(zone)
        return self._days[zone]

    def _list(self, zone: ZoneInfo) -> list[Day]:
        first, last = (edge.astimezone(zone).date() for edge in self.window)
        dates = [first + ONE * number for number in range(-1, (last - first).days + 3)]
        midnights = [local_instant(day, 0, zone, edge="start") for day in dates]
        return [
            Day(day, day.weekday(), midnight, midnights[number + 2] - midnight == 2 * ONE)
            for number, (day, midnight) in enumerate(zip(dates[:-2], midnights, strict=False))
        ]


def _period(day: Day, zone: ZoneInfo, start: int, end: int) -> Period:
    if day.plain:
        return Period(day.midnight + timedelta(minutes=start), day.midnight + timedelta(minutes=end))
    return Period(
        local_instant(day.date, start, zone, edge="start"), local_instant(day.date, end, zone, edge="end")
    )
