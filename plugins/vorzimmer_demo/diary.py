"""How full the days of the demo's people are: told by counting, before the search is asked."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vorzimmer.periods import Period
from vorzimmer_demo.practice import WEEKS, ZONE

MASSAGES = 10
"""So many starts of a massage stay free on a day that shall keep some."""
MASSAGE, AFTER, STEP = 30, 5, 15
"""Minutes."""


class Diary:
    """Who is taken when, with the buffer after it."""

    def __init__(self) -> None:
        self._taken: defaultdict[str, list[Period]] = defaultdict(list)
        self._minutes: defaultdict[tuple[str, date], int] = defaultdict(int)

    def take(self, who: str, period: Period, *, after: int = 0) -> None:
        """Note that somebody is taken. A group takes whoever gives it once."""
        whole = Period(period.start, period.end + timedelta(minutes=after))
        if whole not in self._taken[who]:
            self._taken[who].append(whole)
            self._minutes[who, _day(period)] += _minutes(period)

    def is_free(self, who: str, period: Period) -> bool:
        """Whether nothing else is in the way."""
        return not any(period.start < taken.end and taken.start < period.end for taken in self._taken[who])

    def fits(self, staff: str, period: Period, *, share: int, keep: bool) -> bool:
        """Whether somebody is free then, and one part in `share` of the day is enough for it.

        With `keep` enough massages can be booked afterwards, too.
        """
        day = _day(period)
        working = sum(last - first for first, last in _hours(staff, day))
        full = (self._minutes[staff, day] + _minutes(period)) * share > working
        if full or not self.is_free(staff, Period(period.start, period.end + timedelta(minutes=AFTER))):
            return False
        return not keep or staff == "clara" or self._massages(staff, day, period) >= MASSAGES

    def _massages(self, staff: str, day: date, period: Period) -> int:
        """How many starts of a massage would be left."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
        starts = (
            midnight + timedelta(minutes=minute)
            for first, last in _hours(staff, day)
            for minute in range(first, last - MASSAGE + 1, STEP)
        )
        busy = [Period(period.start, period.end + timedelta(minutes=AFTER)), *self._taken[staff]]
        length = timedelta(minutes=MASSAGE + AFTER)
        return sum(
            not any(start < taken.end and taken.start < start + length for taken in busy) for start in starts
        )


def _hours(staff: str, day: date) -> list[tuple[int, int]]:
    weeks = [week for name, _place, week in WEEKS if name == staff]
    return [hours for week in weeks for hours in week.get(day.weekday(), ())]


def _day(period: Period) -> date:
    return period.start.astimezone(ZoneInfo(ZONE)).date()


def _minutes(period: Period) -> int:
    return int((period.end - period.start).total_seconds()) // 60
