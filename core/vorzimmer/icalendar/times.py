"""When the components of a calendar object happen: spans, and the occurrences of a series."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import merge
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vorzimmer.icalendar import recurrence
from vorzimmer.icalendar.text import (
    CalendarDataError,
    Component,
    Line,
    SafeCalendar,
    duration,
    lengths,
    moment,
)
from vorzimmer.icalendar.zones import Clock, as_instant

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
FIRST = datetime(1, 1, 2, tzinfo=UTC)
"""Before everything; a day more, so that it can be told by any clock."""


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


class Length(NamedTuple):
    """How long an occurrence lasts: days by the calendar, which have 23 to 25 hours, and exact time (rule 3).

    `whole`: it lasts whole days, from midnight to midnight.
    """

    days: timedelta
    exact: timedelta = timedelta()
    whole: bool = False

    def after(self, starts: datetime, zone: tzinfo) -> datetime:
        """The end of what starts then."""
        if not self.days:
            return starts + self.exact
        local = _local(starts, zone)
        begins = datetime.combine(local, time()) if self.whole else local
        return as_instant(begins + self.days, zone) + self.exact


class Instance(NamedTuple):
    """A time of a series, and the end that an RDATE gives it; a very early one where it gives none."""

    at: datetime
    ends: datetime = FIRST


def stamp(at: datetime) -> str:
    """UTC as iCalendar writes it; ten times as quick as strftime, and called for every occurrence."""
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


def local_midnight(value: date) -> datetime:
    """A DATE or DATE-TIME as a naive DATE-TIME."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


class Series:
    """The occurrences of one checked object.

    Raises `CalendarDataError` for an object whose components do not belong together (RFC 4791 §4.1).
    """

    def __init__(self, calendar: SafeCalendar, default: ZoneInfo) -> None:
        self.entries = calendar.entries
        self.clock = Clock(calendar.root, default)
        self._exceptions = [part for part, entry in enumerate(self.entries) if entry.first("RECURRENCE-ID")]
        masters = [part for part in range(len(self.entries)) if part not in self._exceptions]
        if len(masters) > 1:
            raise CalendarDataError("valid-calendar-object-resource", "two components without RECURRENCE-ID")
        self.master = masters[0] if masters else None
        self._line = self._entry().first("DTSTART") or self._entry().first("DUE")
        self._replaced = {part: self._replaces(part) for part in self._exceptions}

    @property
    def recurring(self) -> bool:
        """Whether there is more than one occurrence to think of."""
        entry = self._entry()
        return len(self.entries) > 1 or any(entry.first(name) for name in ("RRULE", "RDATE"))

    def first(self) -> tuple[datetime | None, datetime | None]:
        """Start and end of the only occurrence; open ends are None."""
        if self.master is None and not self._entry().first("DTSTART"):
            own = self._own(0)
            return own.starts, own.ends
        return _span(self._entry(), self.clock)

    def up_to(
        self, horizon: datetime, most: int, since: datetime = FIRST
    ) -> tuple[list[Span], datetime | None]:
        """Occurrences that start before the horizon, and until when these are all; None where there are no others.

        About so many that end before `since`, and at most as many after it: of the earlier ones the last, of the later
        ones the first.
        """
        past, ahead = deque[Span](maxlen=most), list[Span]()
        gaps = [recurrence.shortest_gap(rule.value) for rule in self._entry().every("RRULE")]
        reach = most * min(gaps, default=DAY)
        for span in self.all(since - reach if since - FIRST > reach else FIRST):
            if span.starts >= horizon or len(ahead) == most:
                return [*past, *ahead], min(span.starts, horizon)
            (ahead if span.ends > since else past).append(span)
        return [*past, *ahead], None

    def between(self, start: datetime, end: datetime, most: int) -> list[Span]:
        """At most so many occurrences that overlap the window; what lies before it is not counted."""
        found: list[Span] = []
        for span in self.all(start):
            if span.starts >= end or len(found) == most:
                break
            if span.ends > start:
                found.append(span)
        return found

    def all(self, since: datetime = FIRST) -> Iterator[Span]:
        """Every occurrence in order, without end where the rule has none; those that end before `since` may lack."""
        own = [self._own(part) for part in self._replaced]
        return merge(self._regular(since), sorted(own))

    def _entry(self) -> Component:
        return self.entries[self.master if self.master is not None else 0]

    def _own(self, part: int) -> Span:
        """The span of an exception; one that does not say when it is stays where it was."""
        starts, ends = _span(self.entries[part], self.clock)
        starts = starts or self._replaced[part]
        return Span(starts, ends or starts + SECOND, part)

    def _replaces(self, part: int) -> datetime:
        """The instant of the series that an exception is for."""
        line = self.entries[part].first("RECURRENCE-ID")
        return self._exception(line, moment(line.value.strip())) if line else FIRST

    def _regular(self, since: datetime) -> Iterator[Span]:
        """Occurrences of the series itself, without those that are cancelled or replaced."""
        if self.master is None or self._line is None:
            return
        starts, ends = _span(self._entry(), self.clock)
        if starts is None:
            return
        shift = starts - self.clock.instant(self._line)
        length = _length(self._entry(), self.clock, starts, ends or starts + SECOND)
        gone = {self._exception(line, each) for line, each, _ends in self._dates("EXDATE")}
        gone.update(self._replaced.values())
        later = self._later()
        zone = self.clock.zone(self._line)
        lead = shift + length.days + length.exact + DAY
        lead += max((abs(moved) + ends.days + ends.exact for _at, _part, moved, ends in later), default=DAY)
        for at, end in self._instances(self._line, since - lead if since - FIRST > lead else FIRST):
            if at in gone:
                continue
            changed = next((one for one in reversed(later) if one[0] <= at), None)
            if changed:
                yield self._shifted(at, changed, zone)
            else:
                own = at + shift
                yield Span(own, max(end, length.after(own, zone)), self.master)

    def _later(self) -> list[tuple[datetime, int, timedelta, Length]]:
        """Exceptions for this and all that follow: since when, which part, by how much it moves, how long it lasts."""
        found = []
        zone = self.clock.zone(self._line) if self._line else UTC
        for part, since in sorted(self._replaced.items(), key=lambda known: known[1]):
            line = self.entries[part].first("RECURRENCE-ID")
            if line is not None and (line.param("RANGE") or "").upper() == "THISANDFUTURE":
                own = self._own(part)
                moved = _local(own.starts, zone) - _local(since, zone)
                found.append(
                    (since, part, moved, _length(self.entries[part], self.clock, own.starts, own.ends))
                )
        return found

    def _shifted(self, at: datetime, changed: tuple[datetime, int, timedelta, Length], zone: tzinfo) -> Span:
        """The span of an instant that follows an exception: by the clock as much earlier or later as that one."""
        _since, part, moved, length = changed
        starts = as_instant(_local(at, zone) + moved, zone)
        return Span(starts, length.after(starts, zone), part)

    def _instances(self, line: Line, since: datetime) -> Iterator[Instance]:
        """DTSTART, each RRULE and RDATE in order and once, without what EXRULEs take out.

        Where they take out more in a row than anybody means (`RRULE` and `EXRULE` alike), what follows stands: to
        look for the next one would go on to the year 9999, and what is not understood takes time (T6).
        """
        zone = self.clock.zone(line)
        extra = sorted(
            Instance(as_instant(each, self._zone_of(other, zone)), ends or FIRST)
            for other, each, ends in self._dates("RDATE")
        )
        rules = [self._ruled(rule, line, zone, since) for rule in self._entry().every("RRULE")]
        out = merge(*(self._ruled(rule, line, zone, since) for rule in self._entry().every("EXRULE")))
        taken = next(out, None)
        last: Instance | None = None
        in_a_row = 0
        for one in merge([Instance(self.clock.instant(line))], *rules, extra):
            if last and one.at == last.at:
                last = max(last, one)
                continue
            if last:
                yield last
            last = one
            while taken and taken.at < one.at:
                taken = next(out, None)
            if taken and taken.at == one.at and in_a_row < recurrence.MOST_OCCURRENCES:
                last = None
                in_a_row += 1
            else:
                in_a_row = 0
        if last:
            yield last

    def _ruled(self, rule: Line, line: Line, zone: tzinfo, since: datetime) -> Iterator[Instance]:
        """The times of a rule, from shortly before `since` on."""
        begins = local_midnight(moment(line.value.strip()))
        until = recurrence.until(rule.value)
        end = until.replace(tzinfo=UTC) if until else None
        earliest = _local(since, zone)
        for naive in recurrence.rule(rule.value, begins, earliest):
            if naive < earliest:
                continue
            at = as_instant(naive, zone)
            if end and at > end:
                return
            yield Instance(at)

    def _exception(self, line: Line, value: date) -> datetime:
        """Which instant of the series an EXDATE or RECURRENCE-ID means.

        Of a series of whole days they are compared by the calendar: Outlook writes the midnight of another zone. Of
        one that has a time a date means that local day's (Evolution).
        """
        if self._line is None:
            return as_instant(value, self.clock.zone(line))
        start, zone = moment(self._line.value.strip()), self.clock.zone(self._line)
        if not isinstance(start, datetime):
            return as_instant(_calendar_date(line, value), zone)
        if not isinstance(value, datetime):
            return as_instant(datetime.combine(value, start.time()), zone)
        return as_instant(value, self._zone_of(line, zone))

    def _zone_of(self, line: Line, default: tzinfo) -> tzinfo:
        return self.clock.zone(line) if line.param("TZID") or line.value.strip().endswith("Z") else default

    def _dates(self, name: str) -> Iterator[tuple[Line, date, datetime | None]]:
        """The values of EXDATE or RDATE; a period has an end of its own."""
        for line in self._entry().every(name):
            for value in line.value.strip().split(","):
                start, slash, end = value.strip().partition("/")
                one = Line(line.name, line.params, start)
                yield one, moment(start), self._end_of(one, end) if slash else None

    def _end_of(self, start: Line, end: str) -> datetime:
        """The end of a PERIOD, which is a duration or an instant (RFC 5545 §3.3.9)."""
        if "P" in end:
            return self.clock.instant(start) + duration(end)
        return as_instant(moment(end, ends=True), self.clock.zone(Line(start.name, start.params, end)))


def _local(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _calendar_date(line: Line, value: date) -> date:
    """The day that is meant by a midnight anywhere; in UTC it is the one that is nearest."""
    if not isinstance(value, datetime):
        return value
    return (value + DAY / 2 if line.value.strip().endswith("Z") else value).date()


def _span(entry: Component, clock: Clock) -> tuple[datetime | None, datetime | None]:
    """Start and end of a component by the tables of RFC 4791 §9.9; None is open on that side.

    What would end before it starts lasts an hour, or a day where it has no time: it takes time in any case.
    """
    if entry.name == "VTODO":
        return _todo_span(entry, clock)
    line = entry.first("DTSTART")
    if line is None:
        if entry.name == "VEVENT" and not entry.first("RECURRENCE-ID"):
            raise CalendarDataError("valid-calendar-data", "an event without DTSTART")
        return None, None
    starts = clock.instant(line)
    whole_day = "T" not in line.value
    if entry.name == "VJOURNAL":
        return starts, starts + (DAY if whole_day else SECOND)
    ends = _end(entry, "DTEND", line, clock)
    if whole_day and (ends is None or ends <= starts):
        ends = Length(DAY, whole=True).after(starts, clock.zone(line))
    elif ends is not None and ends < starts:
        ends = starts + HOUR
    return starts, max(ends or starts, starts + SECOND)


def _length(entry: Component, clock: Clock, starts: datetime, ends: datetime) -> Length:
    """How long each time of a series lasts: as the first, in days where it is told in days."""
    start, end, told = entry.first("DTSTART"), entry.first("DTEND"), entry.first("DURATION")
    if entry.name != "VEVENT" or start is None:
        return Length(timedelta(), ends - starts)
    if "T" not in start.value and end is not None and "T" not in end.value:
        days = moment(end.value.strip(), ends=True) - moment(start.value.strip())
        return Length(max(days, DAY), whole=True)
    if end is None and told is not None and duration(told.value.strip()) > timedelta():
        return Length(*lengths(told.value.strip()))
    if "T" not in start.value and end is None:
        return Length(DAY, whole=True)
    return Length(timedelta(), ends - starts)


def _end(entry: Component, name: str, start: Line | None, clock: Clock) -> datetime | None:
    """DTEND or DUE, or the start plus DURATION, whose days are those of the calendar."""
    line = entry.first(name)
    if line:
        return clock.instant(line)
    length = entry.first("DURATION")
    if not length or not start:
        return None
    return Length(*lengths(length.value.strip())).after(clock.instant(start), clock.zone(start))


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


def freebusy(calendar: SafeCalendar, default: ZoneInfo) -> Iterator[tuple[Span, str]]:
    """The periods of each VFREEBUSY that are not free, with their FBTYPE (RFC 5545 §3.8.2.6)."""
    clock = Clock(calendar.root, default)
    for part, component in enumerate(calendar.root.children):
        for line in component.every("FREEBUSY") if component.name == "VFREEBUSY" else ():
            kind = (line.param("FBTYPE") or "BUSY").upper()
            for value in line.value.split(",") if kind != "FREE" else ():
                start, _slash, end = value.strip().partition("/")
                starts = clock.instant(Line(line.name, line.params, start))
                ends = (
                    starts + duration(end) if "P" in end else clock.instant(Line(line.name, line.params, end))
                )
                yield Span(starts, ends, part), kind
