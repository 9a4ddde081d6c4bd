"""The guard in front of every iCalendar parser: sizes, controls, dates and recurrence are bounded here.

Whatever comes from outside (a CalDAV client, a feed, an uploaded file) passes `read` before icalendar,
vobject or dateutil see it: each of them can be kept busy for minutes by one short line (T6, T7, A134).
Everything here is linear in the size of the text.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from datetime import datetime, time

from vorzimmer.icalendar import recurrence
from vorzimmer.icalendar.text import (
    FOLD,
    LARGEST_TEXT,
    LONGEST_UID,
    STORED,
    CalendarDataError,
    Component,
    SafeCalendar,
    duration,
    moment,
    parse,
)

_MOST_COMPONENTS = 500
_MOST_ATTENDEES = 500
_MOST_DATES = 2_000
_DATED = frozenset({"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "RDATE", "EXDATE"})
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)])


def read(data: bytes) -> SafeCalendar:
    """Check calendar data from outside and split it into components.

    Raises `CalendarDataError` within milliseconds for what is too large, malformed or would keep an
    expander busy; nothing is expanded here but the first occurrence of each rule.
    """
    if len(data) > LARGEST_TEXT:
        raise CalendarDataError("max-resource-size", f"more than {LARGEST_TEXT} bytes")
    try:
        text = data.decode("utf-8-sig").translate(_CONTROLS)
    except UnicodeDecodeError:
        raise CalendarDataError("valid-calendar-data", "not UTF-8") from None
    calendar = SafeCalendar(text, parse(text))
    _check_counts(calendar)
    for component in calendar.root.children:
        _check_component(component)
    return calendar


def decoded(data: bytes) -> tuple[str, bool]:
    """The text of a calendar without folds, and whether each of its characters was right.

    Lines are unfolded first, for some are folded inside a character; what is wrong in one line says nothing of others.
    """
    unfolded = FOLD.sub(b"", data.removeprefix(BOM_UTF8))
    try:
        return unfolded.decode(), True
    except UnicodeDecodeError:
        return "\n".join(map(_decoded, unfolded.split(b"\n"))), False


def _decoded(line: bytes) -> str:
    """A line in UTF-8, or as Windows writes it where nothing but ASCII is right in UTF-8."""
    text = line.decode("utf-8", "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    right = sum(1 for each in text if ord(each) > 0x7F) - wrong
    return line.decode("cp1252", "replace") if wrong and not right else text


def _check_counts(calendar: SafeCalendar) -> None:
    if _count(calendar.root) > 4 * _MOST_COMPONENTS or len(calendar.entries) > _MOST_COMPONENTS:
        raise CalendarDataError("max-instances", f"more than {_MOST_COMPONENTS} components")


def _count(component: Component) -> int:
    return 1 + sum(_count(child) for child in component.children)


def _check_component(component: Component) -> None:
    """Bound dates, rules, UID and attendees of one component."""
    if component.name == "VTIMEZONE":
        _check_zone(component)
    if sum(1 for _ in component.every("ATTENDEE")) > _MOST_ATTENDEES:
        raise CalendarDataError("max-attendees-per-instance", f"more than {_MOST_ATTENDEES} attendees")
    if len(component.value("UID")) > LONGEST_UID:
        raise CalendarDataError("valid-calendar-object-resource", "UID too long")
    if component.name in STORED:
        _check_dates(component)
        _check_rules(component)


def _check_zone(zone: Component) -> None:
    for part in zone.children:
        for line in part.every("DTSTART"):
            moment(line.value.strip())
        for line in part.every("RRULE"):
            parts = recurrence.rule_parts(line.value)
            recurrence.check_density(parts)
            if parts["FREQ"] != "YEARLY":
                raise CalendarDataError("max-instances", "a time zone that changes more than once a year")


def _check_dates(component: Component) -> None:
    seen = 0
    for line in component.lines:
        if line.name in _DATED:
            values = line.value.strip().split(",")
            seen += len(values)
            if seen > _MOST_DATES:
                raise CalendarDataError("max-instances", f"more than {_MOST_DATES} dates")
            for value in values:
                _check_date(value.strip())
        elif line.name == "DURATION":
            duration(line.value.strip())


def _check_date(value: str) -> None:
    start, slash, end = value.partition("/")
    moment(start)
    if slash:
        duration(end) if "P" in end else moment(end)


def _check_rules(component: Component) -> None:
    """At most one rule, no EXRULE, and a first occurrence within reach."""
    rules = list(component.every("RRULE"))
    if len(rules) > 1 or component.first("EXRULE"):
        raise CalendarDataError("valid-calendar-data", "more than one rule, or EXRULE")
    start = moment(component.value("DTSTART") or component.value("DUE") or "20000101")
    for line in rules:
        recurrence.check(
            line.value, start if isinstance(start, datetime) else datetime.combine(start, time())
        )
