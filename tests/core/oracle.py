"""Availability by brute force: plain functions that look at every minute and know no trick."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from vorzimmer.slots import Shape, Span, Taken

MINUTE = 60


def minutes_of(spans: Iterable[Span]) -> set[int]:
    """Every whole minute that lies in one of the spans."""
    return {minute for start, end in spans for minute in range(start, end, MINUTE)}


def anchors(periods: Iterable[Span], zone: ZoneInfo) -> dict[int, int]:
    """The anchor of each working minute: where a period starts after a break or as the first of its day."""
    periods = [span for span in periods if span[0] < span[1]]
    working = minutes_of(periods)
    starts = {start for start, _ in periods}
    found: dict[int, int] = {}
    for minute in sorted(working):
        before = found.get(minute - MINUTE)
        starts_here = minute in starts and (before is None or not same_day(before, minute, zone))
        found[minute] = minute if starts_here or before is None else before
    return found


def same_day(one: int, other: int, zone: ZoneInfo) -> bool:
    """Whether two instants have one local date."""
    return datetime.fromtimestamp(one, zone).date() == datetime.fromtimestamp(other, zone).date()


def fits(start: int, working: set[int], shape: Shape) -> bool:
    """Whether each minute of the appointment (and of its buffers, where they count) is working time."""
    first = start - (shape.before if shape.inside else 0)
    last = start + shape.duration + (shape.after if shape.inside else 0)
    return all(minute in working for minute in range(first, last, MINUTE))


def collides(start: int, neighbour: Taken, shape: Shape) -> bool:
    """Whether the appointment lies too near to the neighbour: the gap is the larger buffer or the sum."""
    combine = max if shape.combine == "max" else lambda one, other: one + other
    gap_after = combine(shape.after, neighbour.before)
    gap_before = combine(neighbour.after, shape.before)
    ends_before = start + shape.duration + gap_after <= neighbour.start
    return not (ends_before or neighbour.end + gap_before <= start)


def starts(
    periods: Iterable[Span], taken: Iterable[Taken], shape: Shape, step: int, window: Span, zone: ZoneInfo
) -> list[int]:
    """Every start on offer, found by asking each minute."""
    anchor_of = anchors(list(periods), zone)
    working = set(anchor_of)
    neighbours = list(taken)
    return [
        minute
        for minute in sorted(working)
        if window[0] <= minute < window[1]
        and (minute - anchor_of[minute]) % step == 0
        and fits(minute, working, shape)
        and not any(collides(minute, neighbour, shape) for neighbour in neighbours)
    ]


def at(zone: ZoneInfo, text: str, fold: int = 0) -> int:
    """Epoch seconds of a local time such as `2027-03-28 01:30`; `fold` 1 is its second occurrence."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp())


def labels(instants: Iterable[int], zone: ZoneInfo) -> list[str]:
    """The instants as people read them: `02:00 CEST`."""
    return [datetime.fromtimestamp(instant, zone).strftime("%H:%M %Z") for instant in instants]


def clock(instants: Iterable[int], zone: ZoneInfo) -> list[str]:
    """The instants as local hours and minutes."""
    return [datetime.fromtimestamp(instant, zone).strftime("%H:%M") for instant in instants]


def utc(*numbers: int) -> datetime:
    """An aware UTC datetime."""
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]


def hours(number: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)
