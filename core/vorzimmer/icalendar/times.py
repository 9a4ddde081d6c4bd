"""When the components of a calendar object happen: spans, and the occurrences of a series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import merge
from itertools import islice
from zoneinfo import ZoneInfo

from vorzimmer.icalendar import recurrence
from vorzimmer.icalendar.text import CalendarDataError, Component, Line, SafeCalendar, duration, moment
from vorzimmer.icalendar.zones import Clock, as_instant

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One occurrence, aware UTC; `part` is the place of its component among the object's entries."""

    starts: datetime
    ends: datetime
    part: int

    @property
    def long(self) -> bool:
        """Whether it lasts more than a day."""
        return self.ends - self.starts > DAY


def stamp(at: datetime) -> str:
    """UTC as iCalendar writes it; ten times as quick as strftime, and called for every occurrence."""
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


class Series:
    """The occurrences of one checked object.

    Raises `CalendarDataError` for an object whose components do not belong together (RFC 4791 §4.1).
    """

    def __init__(self, calendar: SafeCalendar, default: ZoneInfo) -> None:
        self.entries = calendar.entries
        self.clock = Clock(calendar.root, default)
        masters = [part for part, entry in enumerate(self.entries) if not entry.first("RECURRENCE-ID")]
        if len(masters) > 1:
            raise CalendarDataError("valid-calendar-object-resource", "two components without RECURRENCE-ID")
        self.master = masters[0] if masters else None
        self._replaced = self._overridden()

    @property
    def recurring(self) -> bool:
        """Whether there is more than one occurrence to think of."""
        return len(self.entries) > 1 or self._rule() is not None or any(self._entry().every("RDATE"))

    def first(self) -> tuple[datetime | None, datetime | None]:
        """Start and end of the only occurrence; open ends are None."""
        return _span(self._entry(), self.clock)

    def up_to(self, horizon: datetime, most: int = recurrence.MOST_OCCURRENCES) -> tuple[list[Span], bool]:
        """Occurrences that start before the horizon, and whether that is all. Raises for more than `most`."""
        found: list[Span] = []
        for span in self.all():
            if span.starts >= horizon:
                return found, False
            found.append(span)
            if len(found) > most:
                raise CalendarDataError("max-instances", f"more than {most} occurrences")
        return found, True

    def between(self, start: datetime, end: datetime, most: int) -> list[Span]:
        """At most `most` occurrences that overlap the window; counts no more than the bound of a series."""
        found: list[Span] = []
        for span in islice(self.all(), recurrence.MOST_OCCURRENCES):
            if span.starts >= end or len(found) == most:
                break
            if span.ends > start:
                found.append(span)
        return found

    def all(self) -> Iterator[Span]:
        """Every occurrence in order, without end where the rule has none."""
        own = [self._own(part) for part in self._replaced.values()]
        return merge(self._regular(), sorted(own))

    def _entry(self) -> Component:
        return self.entries[self.master if self.master is not None else 0]

    def _rule(self) -> Line | None:
        return self._entry().first("RRULE")

    def _own(self, part: int) -> Span:
        starts, ends = _span(self.entries[part], self.clock)
        if starts is None:  # a task that only says that it is done
            starts = next(at for at, other in self._replaced.items() if other == part)
        return Span(starts, ends or starts + SECOND, part)

    def _overridden(self) -> dict[datetime, int]:
        """Which instant of the series is replaced by which component."""
        replaced: dict[datetime, int] = {}
        for part, entry in enumerate(self.entries):
            line = entry.first("RECURRENCE-ID")
            if line:
                replaced[self.clock.instant(line)] = part
        if len(replaced) != len(self.entries) - (self.master is not None):
            raise CalendarDataError("valid-calendar-object-resource", "the same RECURRENCE-ID twice")
        return replaced

    def _regular(self) -> Iterator[Span]:
        """Occurrences of the series itself, without those that are cancelled or replaced."""
        if self.master is None:
            return
        starts, ends = _span(self._entry(), self.clock)
        line = self._entry().first("DTSTART") or self._entry().first("DUE")
        if starts is None or line is None:
            return
        shift = starts - self.clock.instant(line)
        length = (ends or starts + SECOND) - starts
        gone = self._cancelled(line)
        later = sorted((at, part) for at, part in self._replaced.items() if self._reaches_on(part))
        for at in self._instants(line):
            if at in gone or at in self._replaced:
                continue
            yield self._shifted(at, shift, length, later)

    def _shifted(
        self, at: datetime, shift: timedelta, length: timedelta, later: list[tuple[datetime, int]]
    ) -> Span:
        """The span of one instant; after an override with RANGE=THISANDFUTURE it follows that one."""
        changed = [(since, part) for since, part in later if since <= at]
        if not changed:
            return Span(at + shift, at + shift + length, self.master or 0)
        since, part = changed[-1]
        own = self._own(part)
        moved = at + (own.starts - since)
        return Span(moved, moved + (own.ends - own.starts), part)

    def _reaches_on(self, part: int) -> bool:
        line = self.entries[part].first("RECURRENCE-ID")
        return line is not None and (line.param("RANGE") or "").upper() == "THISANDFUTURE"

    def _instants(self, line: Line) -> Iterator[datetime]:
        """DTSTART, RRULE and RDATE in order, each once."""
        zone = self.clock.zone(line)
        extra = sorted({as_instant(each, self._zone_of(other, zone)) for other, each in self._dates("RDATE")})
        last = None
        for at in merge(self._ruled(line, zone), extra):
            if at != last:
                yield at
            last = at

    def _ruled(self, line: Line, zone: tzinfo) -> Iterator[datetime]:
        start = moment(line.value.strip())
        begins = start if isinstance(start, datetime) else datetime.combine(start, time())
        yield as_instant(begins, zone)
        rule = self._rule()
        if rule is None:
            return
        until = recurrence.until(rule.value)
        end = until.replace(tzinfo=UTC) if until else None
        for naive in recurrence.rule(rule.value, begins):
            at = as_instant(naive, zone)
            if end and at > end:
                return
            yield at

    def _cancelled(self, line: Line) -> set[datetime]:
        """EXDATE; Evolution writes dates where DTSTART has a time, which then mean that local day's occurrence."""
        zone = self.clock.zone(line)
        start = moment(line.value.strip())
        at = start.time() if isinstance(start, datetime) else time()
        gone = set()
        for other, each in self._dates("EXDATE"):
            whole = each if isinstance(each, datetime) else datetime.combine(each, at)
            gone.add(as_instant(whole, self._zone_of(other, zone) if isinstance(each, datetime) else zone))
        return gone

    def _zone_of(self, line: Line, default: tzinfo) -> tzinfo:
        return self.clock.zone(line) if line.param("TZID") or line.value.strip().endswith("Z") else default

    def _dates(self, name: str) -> Iterator[tuple[Line, date]]:
        for line in self._entry().every(name):
            for value in line.value.strip().split(","):
                yield line, moment(value.strip().partition("/")[0])


def _span(entry: Component, clock: Clock) -> tuple[datetime | None, datetime | None]:
    """Start and end of a component by the tables of RFC 4791 §9.9; None is open on that side."""
    if entry.name == "VTODO":
        return _todo_span(entry, clock)
    line = entry.first("DTSTART")
    if line is None:
        if entry.name == "VEVENT":
            raise CalendarDataError("valid-calendar-data", "an event without DTSTART")
        return None, None
    starts = clock.instant(line)
    whole_day = "T" not in line.value
    if entry.name == "VJOURNAL":
        return starts, starts + (DAY if whole_day else SECOND)
    ends = _end(entry, "DTEND", line, clock)
    if ends is None and whole_day:
        ends = as_instant(moment(line.value.strip()) + DAY, clock.zone(line))
    return starts, max(ends or starts, starts + SECOND)


def _end(entry: Component, name: str, start: Line | None, clock: Clock) -> datetime | None:
    """DTEND or DUE, or the start plus DURATION (in local days where it is a date)."""
    line = entry.first(name)
    if line:
        return clock.instant(line)
    length = entry.first("DURATION")
    if not length or not start:
        return None
    return as_instant(moment(start.value.strip()), clock.zone(start)) + duration(length.value.strip())


def _todo_span(entry: Component, clock: Clock) -> tuple[datetime | None, datetime | None]:
    start, due = entry.first("DTSTART"), entry.first("DUE")
    if start:
        starts = clock.instant(start)
        ends = _end(entry, "DUE", start, clock)
        closed = SECOND if entry.first("DURATION") else timedelta()
        return starts, max((ends or starts) + closed, starts + SECOND)
    if due:
        ends = clock.instant(due)
        return ends - SECOND, ends
    known = [clock.instant(line) for name in ("COMPLETED", "CREATED") if (line := entry.first(name))]
    if entry.first("COMPLETED"):
        return min(known) - SECOND, max(known) + SECOND
    return (known[0], None) if known else (None, None)
