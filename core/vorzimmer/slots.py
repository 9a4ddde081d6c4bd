"""Working time cut into possible starts: duration, step, buffers, notice, horizon (rules 21-26, 31-37).

Pure. Times are epoch seconds and lengths seconds; a span of *starts* [low, high) holds the instants at which
an appointment may begin. Only `notice_end` and `horizon_end` look at local days.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vorzimmer.periods import MINUTES_A_DAY, local_instant, merge, subtract

Span = tuple[int, int]

DAY = 24 * 60 * 60
NEVER = (1 << 62, 1 << 62)


class Shape(NamedTuple):
    """What an appointment takes of one resource, in seconds.

    `combine` says how its buffers meet a neighbour's: `max` or `sum` (rule 33). `inside` asks for the buffers
    to fit inside the working time as well (rule 25).
    """

    duration: int
    before: int = 0
    after: int = 0
    combine: str = "max"
    inside: bool = False


class Taken(NamedTuple):
    """A neighbour: its bare period and its buffers, in seconds; a foreign event has none (rule 34)."""

    start: int
    end: int
    before: int = 0
    after: int = 0


class Run(NamedTuple):
    """Working time of one local day at one place: a grid from `anchor` up to `end` (rules 22, 26).

    It is part of [opens, closes), the time without a break in which an appointment has to fit.
    """

    anchor: int
    end: int
    opens: int
    closes: int


def working_runs(periods: Iterable[Span], zone: ZoneInfo) -> list[Run]:
    """The periods of one resource at one place as runs, sorted.

    Touching periods of one local day become one run with the first one's anchor (rule 26); where they touch
    over midnight each local day keeps its own anchor. A period longer than a day is cut at each local
    midnight, so that "always" does not depend on the window that was asked for.
    """
    parts: list[Span] = []
    for start, end in sorted(part for span in periods for part in _by_day(*span, zone)):
        if not parts or parts[-1][1] < start:
            parts.append((start, end))
            continue
        anchor, last = parts.pop()
        if _local_day(anchor, zone) == _local_day(start, zone):
            parts.append((anchor, max(last, end)))
        else:
            parts += [(anchor, start), (start, max(last, end))]
    return list(_joined(parts))


def _by_day(start: int, end: int, zone: ZoneInfo) -> Iterator[Span]:
    while end - start > DAY:
        tomorrow = datetime.fromtimestamp(start, zone).date() + timedelta(days=1)
        midnight = int(local_instant(tomorrow, 0, zone, edge="start").timestamp())
        yield start, min(midnight, end)
        start = midnight
    if start < end:
        yield start, end


def _local_day(instant: int, zone: ZoneInfo) -> int:
    return datetime.fromtimestamp(instant, zone).toordinal()


def _joined(parts: Sequence[Span]) -> Iterator[Run]:
    whole = merge(parts)
    index = 0
    for start, end in parts:
        while whole[index][1] < end:
            index += 1
        yield Run(start, end, *whole[index])


def possible_starts(runs: Iterable[Run], shape: Shape) -> list[Span]:
    """When an appointment may start so that it fits the working time: start + duration <= end (rule 25)."""
    return [(low, high) for _, low, high in _anchored_starts(runs, shape)]


def _anchored_starts(runs: Iterable[Run], shape: Shape) -> list[tuple[int, int, int]]:
    lead = shape.before if shape.inside else 0
    tail = shape.duration + (shape.after if shape.inside else 0) - 1
    found = []
    for anchor, end, opens, closes in runs:
        low, high = max(anchor, opens + lead), min(end, closes - tail)
        if low < high:
            found.append((anchor, low, high))
    return found


def forbidden_by(taken: Taken, shape: Shape) -> Span:
    """The starts that one neighbour forbids, with the buffers of both sides (rules 33, 34)."""
    return forbidden([taken], shape)[0]


def forbidden(taken: Iterable[Sequence[int]], shape: Shape) -> list[Span]:
    """The starts that the neighbours forbid, one span for each, sorted; they may overlap.

    A neighbour is anything that begins like `Taken`; what comes after its first four numbers is not looked at.
    """
    length, before, after = shape.duration - 1, shape.before, shape.after
    if shape.combine == "sum" or not (before or after):
        spans = [(t[0] - after - t[2] - length, t[1] + t[3] + before) for t in taken]
    else:
        spans = [
            (  # a call of max() for each of thousands of rows would be most of the work
                t[0] - (after if after > t[2] else t[2]) - length,  # noqa: FURB136
                t[1] + (before if before > t[3] else t[3]),  # noqa: FURB136
            )
            for t in taken
        ]
    spans.sort()
    return spans


def grid(runs: Iterable[Run], no_starts: Sequence[Span], shape: Shape, step: int, window: Span) -> list[int]:
    """The starts on the grid inside `window`, sorted.

    `no_starts` is sorted by its lower ends. The grid counts from each run's anchor: neither a neighbour
    (rule 23) nor the window moves it.
    """
    starts: list[int] = []
    earliest, latest = window
    neighbours = iter(no_starts)
    closed, reopened = next(neighbours, NEVER)
    for anchor, low, high in _anchored_starts(runs, shape):
        start, stop = next_on_grid(anchor, step, max(low, earliest)), min(high, latest)
        while start < stop:
            while reopened <= start:
                closed, reopened = next(neighbours, NEVER)
            if closed >= stop:
                starts.extend(range(start, stop, step))
                break
            if start < closed <= start + step:  # the common case on a busy day
                starts.append(start)
            else:
                starts.extend(range(start, closed, step))
            start = anchor - (anchor - reopened) // step * step
    return starts


def next_on_grid(anchor: int, step: int, instant: int) -> int:
    """The first instant of the grid that is not before `instant`."""
    return anchor if instant <= anchor else anchor - (anchor - instant) // step * step


def allowed(runs: Iterable[Run], no_starts: Sequence[Span], shape: Shape) -> list[Span]:
    """All starts that fit, on the grid or off it; sorted and disjoint."""
    return subtract(possible_starts(runs, shape), merge(no_starts))


def within(starts: list[int], spans: Sequence[Span]) -> list[int]:
    """The starts that lie in one of the spans; both sorted."""
    kept: list[int] = []
    index, count = 0, len(spans)
    for start in starts:
        while index < count and spans[index][1] <= start:
            index += 1
        if index == count:
            break
        if spans[index][0] <= start:
            kept.append(start)
    return kept


def covered(lists: Sequence[Sequence[Span]], quantity: int) -> list[Span]:
    """Where at least `quantity` of the lists (each sorted and disjoint) agree (rule 53)."""
    if quantity == 1:
        return merge(span for spans in lists for span in spans)
    edges = sorted(edge for spans in lists for low, high in spans for edge in ((low, 1), (high, -1)))
    found: list[Span] = []
    depth, low = 0, 0
    for instant, change in edges:
        if depth < quantity <= depth + change:
            low = instant
        elif depth + change < quantity <= depth:
            found.append((low, instant))
        depth += change
    return merge(found)


def notice_end(
    now: datetime, zone: ZoneInfo, *, minutes: int, working_days: int = 0, cut_off: int | None = None
) -> datetime:
    """The first instant that minimum notice allows; the strictest of the three forms counts (rule 36).

    `working_days` (Monday to Friday) keeps the wall time: two from Friday 10:00 is Tuesday 10:00. `cut_off`
    is in minutes after midnight: until then tomorrow can be booked, later only the day after.
    """
    ends = [now + timedelta(minutes=minutes)]
    local = now.astimezone(zone)
    if working_days:
        ends.append(_working_days_later(local, working_days).astimezone(UTC))
    if cut_off is not None:
        ahead = 1 if local.hour * 60 + local.minute < cut_off else 2
        ends.append(local_instant(local.date() + timedelta(days=ahead), 0, zone, edge="start"))
    return max(ends)


def _working_days_later(local: datetime, days: int) -> datetime:
    while days:
        local += timedelta(days=1)
        days -= local.weekday() < 5
    return local


def horizon_end(now: datetime, zone: ZoneInfo, days: int) -> datetime:
    """The end of the last local day on offer: 14 days on 1 March reach through the 15th (rules 8, 37)."""
    last = now.astimezone(zone).date() + timedelta(days=days)
    return local_instant(last, MINUTES_A_DAY, zone, edge="start")
