"""Time zones by the names that calendars give them, and those that an object defines itself (RFC 5545 §3.6.5).

What an object says of a name counts for that object alone: two calendars may mean different zones by the same name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from vorzimmer.icalendar import recurrence
from vorzimmer.icalendar.text import (
    ENDS,
    CalendarDataError,
    Component,
    Line,
    moment,
    parse,
    rendered,
    unescaped,
)

_IANA = {name.lower(): name for name in available_timezones()}
_WINDOWS = {name.lower(): name for name in WINDOWS_TO_OLSON}
_STATED = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d\d?)(?::?([0-5]\d))?", re.ASCII | re.IGNORECASE)
_OFFSET = re.compile(r"([+-]?)(\d\d):?([0-5]\d)(?::?([0-5]\d))?", re.ASCII)
_FIRST, _LAST = 1970, 2100
"""Between these years an object's own zone follows its rules; before and after nothing of ours happens."""
_MOST_CHANGES = 1_000


class Clock:
    """Reads the dates of one calendar; floating times and dates are those of the zone that is given.

    `strange` are the names of zones that neither anybody knows nor the calendar tells: the given one holds for them.
    """

    def __init__(self, root: Component, default: ZoneInfo) -> None:
        self._root = root
        self._default = default
        self._zones: dict[str, tzinfo] = {}
        self.strange: list[str] = []

    def zone(self, line: Line) -> tzinfo:
        """The zone of a DTSTART or the like."""
        if line.value.strip().endswith("Z"):
            return UTC
        name = zone_name(line.param("TZID") or "")
        if not name:
            return self._default
        if name not in self._zones:
            found = known_zone(name) or own_zone(self._root, name) or _stated_zone(name)
            self._zones[name] = found or self._default
            if found is None:
                self.strange.append(name)
        return self._zones[name]

    def instant(self, line: Line) -> datetime:
        """The instant of a single value."""
        return as_instant(moment(line.value.strip(), ends=line.name in ENDS), self.zone(line))


def as_instant(value: date, zone: tzinfo) -> datetime:
    """UTC of a local time; a time that the clocks skip moves forward, a date begins at midnight."""
    naive = value if isinstance(value, datetime) else datetime.combine(value, time())
    return naive.replace(tzinfo=zone).astimezone(UTC)


def zone_name(told: str) -> str:
    """A TZID as it is compared: without escapes, which the property has and the parameter has not, and edge blanks."""
    return unescaped(told).strip()


def known_zone(name: str) -> ZoneInfo | None:
    """A zone by IANA name, by Windows name, or at the end of a path (`/mozilla.org/20050126_1/Europe/Berlin`)."""
    low = name.strip().lower()
    parts = low.strip("/").split("/")
    windows = WINDOWS_TO_OLSON.get(_WINDOWS.get(low, ""), "").lower()
    tried = (low, windows, "/".join(parts[-2:]), "/".join(parts[-3:]))
    return next((ZoneInfo(_IANA[each]) for each in tried if each in _IANA), None)


def public_name(name: str) -> str:
    """What everybody understands by a name without being told: that of IANA, or an offset; empty where nobody does."""
    zone = known_zone(name)
    return zone.key if zone else name if _stated_zone(name) else ""


def _stated_zone(name: str) -> tzinfo | None:
    """The fixed zone of a name that is nothing but an offset (`GMT+0100`, `UTC-05:00`)."""
    found = _STATED.fullmatch(name)
    if not found or int(found[2]) > 14:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


def own_zone(root: Component, name: str) -> tzinfo | None:
    """The zone that a calendar itself defines by that name; None where it does not, or nobody can follow it."""
    for child in root.children:
        if child.name == "VTIMEZONE" and zone_name(child.value("TZID")) == name:
            return _defined("".join(rendered(child)))
    return None


@lru_cache(maxsize=256)
def _defined(definition: str) -> tzinfo | None:
    """The zone of a definition; remembered by all that it says, never by its name."""
    around = f"BEGIN:VCALENDAR\r\n{definition}END:VCALENDAR\r\n"
    try:
        return OwnZone(change for part in parse(around).children[0].children for change in _changes(part))
    except CalendarDataError:
        return None


class OwnZone(tzinfo):
    """A zone by its changes: the local time of each by the clock before it, the offset before it, and that after it."""

    def __init__(self, changes: Iterable[tuple[datetime, timedelta, timedelta]]) -> None:
        told = {local - before: (before, after) for local, before, after in changes}
        if not told:
            raise CalendarDataError("valid-calendar-data", "a time zone that says nothing")
        self._utc = sorted(told)
        self._offsets = [told[self._utc[0]][0], *(told[at][1] for at in self._utc)]
        steps = list(zip(self._utc, self._offsets, self._offsets[1:], strict=False))
        self._local = (
            [at + max(before, after) for at, before, after in steps],
            [at + min(before, after) for at, before, after in steps],
        )

    def utcoffset(self, at: datetime | None) -> timedelta:
        """As zones of IANA answer: what is skipped or comes twice is told by `fold` (PEP 495)."""
        if at is None:
            return self._offsets[-1]
        return self._offsets[bisect_right(self._local[at.fold], at.replace(tzinfo=None))]

    def dst(self, _at: datetime | None) -> timedelta:
        """Nobody asks."""
        return timedelta()

    def tzname(self, at: datetime | None) -> str:
        """Its offset."""
        return str(timezone(self.utcoffset(at)))

    def fromutc(self, at: datetime) -> datetime:
        """The local time of an instant."""
        utc = at.replace(tzinfo=None)
        number = bisect_right(self._utc, utc)
        local = at + self._offsets[number]
        again = number and utc - self._utc[number - 1] < self._offsets[number - 1] - self._offsets[number]
        return local.replace(fold=1 if again else 0)


def _changes(part: Component) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """The changes to standard time, or to daylight saving time, of a definition."""
    before, after = _offset(part.value("TZOFFSETFROM")), _offset(part.value("TZOFFSETTO"))
    begins = _naive(part.value("DTSTART"))
    yield begins, before, after
    for line in part.every("RDATE"):
        for value in line.value.split(",")[:_MOST_CHANGES]:
            yield _naive(value.partition("/")[0]), before, after
    for line in part.every("RRULE"):
        until = recurrence.until(line.value)
        for local in takewhile(
            lambda at: at.year <= _LAST, islice(_yearly(line.value, begins), _MOST_CHANGES)
        ):
            if until is None or local - before <= until:
                yield local, before, after


def _yearly(value: str, begins: datetime) -> Iterable[datetime]:
    """A rule of a zone; of those that are centuries old nothing early is counted."""
    parts = recurrence.rule_parts(value)
    if parts["FREQ"] != "YEARLY":
        raise CalendarDataError("max-instances", "a time zone that changes more than once a year")
    if begins.year < _FIRST and "COUNT" not in parts and parts.get("INTERVAL", "1") == "1":
        begins = begins.replace(year=_FIRST, day=min(begins.day, 28))
    recurrence.check(value, begins)
    return recurrence.rule(value, begins)


def _offset(value: str) -> timedelta:
    found = _OFFSET.fullmatch(value)
    if not found or int(found[2]) > 23:
        raise CalendarDataError("valid-calendar-data", "a time zone without an offset")
    length = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -length if found[1] == "-" else length


def _naive(value: str) -> datetime:
    """A local time of a definition; some write the year 1 for "always"."""
    told = value.strip()
    at = moment(f"{_FIRST}{told[4:]}" if told[:4] < "1600" else told)
    return at if isinstance(at, datetime) else datetime.combine(at, time())
