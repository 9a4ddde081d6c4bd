"""Half-open periods of time and arithmetic on sorted lists of them (rules 2, 4-6 and 10).

The list functions take any ordered ends (epoch seconds, dates, datetimes); hot paths use integers.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T", int, date, datetime)
D = TypeVar("D", date, datetime)

MINUTES_A_DAY = 24 * 60
YEARS = range(1900, 3000)  # what is asked from outside; beyond it arithmetic runs out of the calendar


class Period(NamedTuple):
    """A span of time [start, end); both ends are aware datetimes (RFC 5545 PERIOD)."""

    start: datetime
    end: datetime


def merge(spans: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """Sorted, disjoint spans that cover the same; touching ones become one, empty ones vanish."""
    merged: list[tuple[T, T]] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            first, last = merged[-1]
            merged[-1] = (first, max(last, end))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Sequence[tuple[T, T]], holes: Sequence[tuple[T, T]]) -> list[tuple[T, T]]:
    """What of `spans` no hole covers; both sorted and disjoint, as `merge` returns them."""
    rest: list[tuple[T, T]] = []
    index = 0
    for start, end in spans:
        while index < len(holes) and holes[index][1] <= start:
            index += 1
        here, free_from = index, start
        while here < len(holes) and holes[here][0] < end:
            if free_from < holes[here][0]:
                rest.append((free_from, holes[here][0]))
            free_from = holes[here][1]
            here += 1
        if free_from < end:
            rest.append((free_from, end))
    return rest


def intersect(spans: Sequence[tuple[T, T]], others: Sequence[tuple[T, T]]) -> list[tuple[T, T]]:
    """What both lists cover; both sorted and disjoint, as `merge` returns them."""
    common: list[tuple[T, T]] = []
    left = right = 0
    while left < len(spans) and right < len(others):
        start = max(spans[left][0], others[right][0])
        end = min(spans[left][1], others[right][1])
        if start < end:
            common.append((start, end))
        if spans[left][1] < others[right][1]:
            left += 1
        else:
            right += 1
    return common


def clip(spans: Sequence[tuple[T, T]], window: tuple[T, T]) -> list[tuple[T, T]]:
    """What of `spans` lies inside `window`."""
    return intersect(spans, [window])


def day_of(text: str) -> date:
    """A date from ISO 8601 text that came from outside; raises `ValueError` for any other, and beyond `YEARS`."""
    return _within(date.fromisoformat(text))


def instant_of(text: str) -> datetime:
    """An instant (UTC) from ISO 8601 text with an offset; raises `ValueError` for any other, and beyond `YEARS`."""
    moment = _within(datetime.fromisoformat(text))
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return moment.astimezone(UTC)


def _within(day: D) -> D:
    if day.year not in YEARS:
        raise ValueError("this year is out of range")
    return day


def local_instant(day: date, wall: time | int, zone: ZoneInfo, *, edge: Literal["start", "end"]) -> datetime:
    """The instant (UTC) at which a period's border at local `wall` time falls on `day` in `zone`.

    `wall` is a time or minutes after midnight; 1440 and more mean the following days (rule 10). A time that
    the clocks skip moves forward to the end of the gap (rules 4, 6); of a time that comes twice a start takes
    the first and an end the second (rules 5, 6).
    """
    minutes = wall if isinstance(wall, int) else wall.hour * 60 + wall.minute
    days, minute = divmod(minutes, MINUTES_A_DAY)
    naive = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60))
    first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if second < first:
        return _end_of_gap(second, first, zone)
    return first if edge == "start" else second


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the one change of offset between two instants, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def day_period(day: date, zone: ZoneInfo) -> Period:
    """The local day from its first instant to the first instant of the next; 23, 24 or 25 hours (rule 8)."""
    tomorrow = day + timedelta(days=1)
    return Period(local_instant(day, 0, zone, edge="start"), local_instant(tomorrow, 0, zone, edge="start"))
