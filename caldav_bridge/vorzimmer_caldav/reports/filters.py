"""Filters that need the lines of an object: properties, parameters, alarms (RFC 4791 §9.7)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vorzimmer.icalendar.text import CalendarDataError, Component, Line, SafeCalendar, duration, parse
from vorzimmer.icalendar.times import SECOND, Series
from vorzimmer.models import CalendarObject
from vorzimmer_caldav.reports.time_range import FIRST, LAST, Window, window
from vorzimmer_caldav.xml.multistatus import C
from vorzimmer_caldav.xml.refusal import RefusalError

_MOST_ALARMS_TRIED = 1_000
_ESCAPED = re.compile(r"\\([\\;,nN])")


def matches(row: CalendarObject, top: ET.Element, zone: ZoneInfo) -> bool:
    """Whether an object matches the comp-filter VCALENDAR."""
    calendar = SafeCalendar(row.text, parse(row.text))
    return _Matcher(calendar, zone).calendar(top)


class _Matcher:
    """One object, parsed once."""

    def __init__(self, calendar: SafeCalendar, zone: ZoneInfo) -> None:
        self._root = calendar.root
        self._entries = calendar.entries
        self._series = Series(calendar, zone)

    def calendar(self, top: ET.Element) -> bool:
        """All conditions of the outermost filter; properties may be those of the calendar or of an entry."""
        for part in top:
            if part.tag == f"{C}comp-filter":
                fits = self._component(part)
            elif part.tag == f"{C}prop-filter":
                fits = any(self._property(each, part) for each in (self._root, *self._entries))
            else:
                fits = self._in_time(part)
            if not fits:
                return False
        return True

    def _component(self, asked: ET.Element) -> bool:
        """Whether some component of that name fulfils every condition at once."""
        name = asked.get("name", "").upper()
        named = [child for child in self._root.children if child.name == name]
        if asked.find(f"{C}is-not-defined") is not None:
            return not named
        ranges = [part for part in asked if part.tag == f"{C}time-range"]
        if not all(self._in_time(part) for part in ranges):
            return False
        return any(self._fulfils(each, asked) for each in named)

    def _fulfils(self, component: Component, asked: ET.Element) -> bool:
        for part in asked:
            if part.tag == f"{C}prop-filter":
                fits = self._property(component, part)
            elif part.tag == f"{C}comp-filter":
                fits = self._inner(component, part)
            elif part.tag == f"{C}time-range":
                continue
            else:
                raise RefusalError(403, f"{C}valid-filter")
            if not fits:
                return False
        return True

    def _in_time(self, element: ET.Element) -> bool:
        if element.tag != f"{C}time-range":
            raise RefusalError(403, f"{C}valid-filter")
        asked = window(element)
        if asked is None:
            return True
        if not self._series.recurring:
            starts, ends = self._series.first()
            if starts is None:
                return self._entries[0].name == "VTODO"
            return starts < asked.end and (ends is None or ends > asked.start)
        return bool(self._series.between(asked.start, asked.end, 1))

    def _inner(self, component: Component, asked: ET.Element) -> bool:
        """A component inside an entry, which is an alarm."""
        named = [child for child in component.children if child.name == asked.get("name", "").upper()]
        if asked.find(f"{C}is-not-defined") is not None:
            return not named
        element = asked.find(f"{C}time-range")
        if element is not None:
            named = [alarm for alarm in named if self._rings(component, alarm, element)]
        return any(self._fulfils(each, asked) for each in named)

    def _rings(self, component: Component, alarm: Component, element: ET.Element) -> bool:
        """Whether an alarm goes off in the window, for any occurrence of its component."""
        asked, trigger = window(element), alarm.first("TRIGGER")
        if asked is None or trigger is None:
            return False
        try:
            if (trigger.param("VALUE") or "").upper() == "DATE-TIME":
                return asked.start <= self._series.clock.instant(trigger) < asked.end
            offset = duration(trigger.value.strip())
        except CalendarDataError:
            return False
        at_end = (trigger.param("RELATED") or "").upper() == "END"
        return any(
            asked.start <= at < asked.end for at in self._anchors(component, offset, asked, at_end=at_end)
        )

    def _anchors(
        self, component: Component, offset: timedelta, asked: Window, *, at_end: bool
    ) -> list[datetime]:
        if not self._series.recurring:
            starts, ends = self._series.first()
            anchor = ends if at_end else starts
            return [anchor + offset] if anchor else []
        part = self._entries.index(component)
        reach = abs(offset) + SECOND
        low, high = max(asked.start, FIRST + reach) - reach, min(asked.end, LAST - reach) + reach
        near = self._series.between(low, high, _MOST_ALARMS_TRIED)
        spans = [span for span in near if span.part == part]
        return [(span.ends if at_end else span.starts) + offset for span in spans]

    def _property(self, component: Component, asked: ET.Element) -> bool:
        lines = list(component.every(asked.get("name", "").upper()))
        if asked.find(f"{C}is-not-defined") is not None:
            return not lines
        return any(all(self._condition(line, part) for part in asked) for line in lines)

    def _condition(self, line: Line, part: ET.Element) -> bool:
        if part.tag == f"{C}text-match":
            return _text_matches(_ESCAPED.sub(_plain, line.value), part)
        if part.tag == f"{C}param-filter":
            return _parameter(line, part)
        if part.tag == f"{C}time-range":
            asked = window(part)
            at = self._series.clock.instant(line)
            return asked is None or (at < asked.end and at + SECOND > asked.start)
        raise RefusalError(403, f"{C}valid-filter")


def _plain(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]


def _parameter(line: Line, asked: ET.Element) -> bool:
    value = line.param(asked.get("name", "").upper())
    if asked.find(f"{C}is-not-defined") is not None:
        return value is None
    match = asked.find(f"{C}text-match")
    return value is not None and (match is None or _text_matches(value, match))


def _text_matches(value: str, asked: ET.Element) -> bool:
    """Contains, by the collations that are announced (RFC 4791 §7.5)."""
    collation = asked.get("collation", "i;ascii-casemap")
    text = asked.text or ""
    if collation in ("i;ascii-casemap", "i;unicode-casemap"):
        value, text = value.casefold(), text.casefold()
    elif collation != "i;octet":
        raise RefusalError(403, f"{C}supported-collation")
    return (text in value) != (asked.get("negate-condition") == "yes")
