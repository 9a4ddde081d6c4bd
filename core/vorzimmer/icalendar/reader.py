"""The one reader of foreign calendars: bytes to components, lenient line by line, strict in bounds (T6, T7, A134).

Whatever comes from outside (a CalDAV client, a feed, an uploaded file) passes `read` before anything else sees it:
parsers and expanders can be kept busy for minutes by one short line. What is not understood never becomes free time:
a line is left out, an event whose start can be read stays, a rule out of bounds leaves its first date; each of these
is a remark of that event. Everything here is linear in the size of the text.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from contextlib import suppress
from zoneinfo import ZoneInfo

from vorzimmer.icalendar import mending, recurrence, remarks
from vorzimmer.icalendar.remarks import Report
from vorzimmer.icalendar.text import (
    FOLD,
    LARGEST_TEXT,
    STORED,
    CalendarDataError,
    Component,
    SafeCalendar,
    rendered,
)
from vorzimmer.icalendar.writer import folded
from vorzimmer.icalendar.zones import Clock, known_zone, own_zone, zone_name

_DEEPEST = 5
_MOST_COMPONENTS = 500
_KINDS = {*STORED, "VFREEBUSY", "VTIMEZONE"}
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)])
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_BREAK = re.compile(r"\r*\n|\r")
_NOBODY = ZoneInfo("UTC")


def read(data: bytes, *, strict: bool = False) -> SafeCalendar:
    """Read one calendar object: its text, well-formed now, its components, and remarks on what was not.

    Raises `CalendarDataError` within milliseconds for what is too large or no calendar, and where nothing has a time
    that can be read; if `strict`, also for what a CalDAV server may refuse.
    """
    if len(data) > LARGEST_TEXT:
        raise CalendarDataError("max-resource-size", remarks.TOO_LARGE, count=LARGEST_TEXT)
    text = decoded(data)
    lines = [line for line in _BREAK.split(text.translate(_CONTROLS)) if line.strip()]
    report = Report()
    root = _Nesting(report).root(lines)
    if _BROKEN in text:
        report.add(remarks.CHARACTERS)
    if (
        _count(root) > 4 * _MOST_COMPONENTS
        or sum(each.name in STORED for each in root.children) > _MOST_COMPONENTS
    ):
        raise CalendarDataError("max-instances", remarks.TOO_MANY, count=_MOST_COMPONENTS)
    _mend(root, report)
    calendar = SafeCalendar(_written(root, data, lines), root, report.whole())
    if strict:
        _refuse(calendar)
    return calendar


def _refuse(calendar: SafeCalendar) -> None:
    if calendar.root.first("METHOD"):
        raise CalendarDataError("valid-calendar-object-resource", remarks.METHOD)
    for remark in calendar.remarks:
        if remark.precondition:
            raise CalendarDataError(remark.precondition, remark.text, **remark.facts)


def decoded(data: bytes) -> str:
    """The text of a calendar without folds; what is no character in it is a replacement character.

    Lines are unfolded first, for some are folded inside a character; what is wrong in one line says nothing of others.
    """
    unfolded = FOLD.sub(b"", data.removeprefix(BOM_UTF8))
    try:
        return unfolded.decode()
    except UnicodeDecodeError:
        return "\n".join(map(_decoded, unfolded.split(b"\n")))


def _decoded(line: bytes) -> str:
    """A line in UTF-8, or as Windows writes it where nothing but ASCII is right in UTF-8."""
    text = line.decode("utf-8", "replace")
    wrong = text.count(_BROKEN)
    right = sum(1 for each in text if ord(each) > 0x7F) - wrong
    return line.decode("cp1252", "replace") if wrong and not right else text


def _written(root: Component, data: bytes, lines: list[str]) -> str:
    """The text as it was sent, where each of its lines is kept as it stood; else written anew."""
    kept = [line.rstrip("\r\n") for line in rendered(root)]
    if kept == lines:
        with suppress(UnicodeDecodeError):
            sent = data.removeprefix(BOM_UTF8).decode().translate(_CONTROLS)
            return _BREAK.sub("\r\n", sent)
    return "".join(map(folded, kept))


# ---- components ------------------------------------------------------------------------------------------------------


class _Nesting:
    """Puts lines into components, which people's programs do not always end."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._top = Component("")
        self._stack = [self._top]

    def root(self, lines: list[str]) -> Component:
        """The one VCALENDAR; raises where there is not one."""
        for raw in lines:
            line = mending.line_of(raw, self._report)
            if line is None:
                continue
            if line.name == "BEGIN":
                self._open(line.value.strip().upper())
            elif line.name == "END":
                self._close(line.value.strip().upper())
            else:
                self._stack[-1].lines.append(line)
        while len(self._stack) > 1:
            self._end()
        if self._top.lines or [child.name for child in self._top.children] != ["VCALENDAR"]:
            raise CalendarDataError("valid-calendar-data", remarks.NO_CALENDAR)
        return self._top.children[0]

    def _open(self, name: str) -> None:
        while name in _KINDS and any(each.name in _KINDS for each in self._stack):
            self._end()
        if len(self._stack) > _DEEPEST:
            raise CalendarDataError("valid-calendar-data", remarks.NESTED)
        component = Component(name)
        self._stack[-1].children.append(component)
        self._stack.append(component)

    def _close(self, name: str) -> None:
        if name not in [each.name for each in self._stack[1:]]:
            self._report.add(remarks.NESTED, "valid-calendar-data")
            return
        while self._stack[-1].name != name:
            self._end()
        self._stack.pop()

    def _end(self) -> None:
        """End what was not ended; of what is neither an event nor the like the lines belong to what it stands in."""
        self._report.add(remarks.NESTED, "valid-calendar-data")
        component = self._stack.pop()
        if component.name not in _KINDS and component.name != "VCALENDAR":
            around = self._stack[-1]
            around.children.pop()
            around.lines += component.lines
            around.children += component.children


def _count(component: Component) -> int:
    return 1 + sum(_count(child) for child in component.children)


def _mend(root: Component, report: Report) -> None:
    """Leave what can be read, within bounds."""
    root.children = [
        child for child in root.children if child.name != "VTIMEZONE" or _is_zone(root, child, report)
    ]
    for child in root.children:
        if child.name in _KINDS - {"VTIMEZONE"}:
            _lift(child, report)
            mending.mend(child, report)
    timed = [child for child in root.children if child.name != "VEVENT" or _has_time(child)]
    entries = [child for child in timed if child.name in STORED]
    if len(timed) < len(root.children):
        report.add(remarks.NO_START, "valid-calendar-data")
        root.children = timed
        if not entries:
            raise CalendarDataError(report.precondition, remarks.NO_EVENT)
    mending.compare(entries, Clock(root, _NOBODY), report)


def _lift(event: Component, report: Report) -> None:
    """Let an event have the lines of a part that has taken its beginning from it."""
    for part in event.children:
        if part.first("DTSTART"):
            report.add(remarks.NESTED, "valid-calendar-data")
            event.lines += part.lines
    event.children = [part for part in event.children if not part.first("DTSTART")]


def _has_time(event: Component) -> bool:
    return bool(event.first("DTSTART") or event.first("RECURRENCE-ID"))


def _is_zone(root: Component, child: Component, report: Report) -> bool:
    """Whether a definition can be kept: one that can be followed, or is not asked because everybody knows the name."""
    name = zone_name(child.value("TZID"))
    rules = [line.value for part in child.children for line in part.every("RRULE")]
    if own_zone(root, name) or (known_zone(name) and not rules):
        return True
    report.add(remarks.ODD_ZONE, _why(rules), zone=remarks.shown(name))
    return False


def _why(rules: list[str]) -> str:
    """The precondition for a definition by these rules; none where it merely says too little."""
    try:
        for rule in rules:
            recurrence.check_density(recurrence.rule_parts(rule))
    except CalendarDataError as error:
        return error.precondition
    return "max-instances" if rules else ""
