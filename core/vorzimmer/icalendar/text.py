"""iCalendar text as content lines and components (RFC 5545 §3.1), without any interpretation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

FIRST_YEAR, LAST_YEAR = 1600, 2200
STORED = ("VEVENT", "VTODO", "VJOURNAL")
PRODUCT = "-//Vorzimmer//EN"
LARGEST_TEXT = 262_144
"""Bytes of one calendar object (CALDAV:max-resource-size)."""
LONGEST_UID = 255
ENDS = ("DTEND", "DUE")
"""May be as far ahead as people write for "never"."""
FOLD = re.compile(rb"\r*\n[ \t]")
LEFT_OUT = "X-VORZIMMER-LEFT-OUT"
"""The line by which what takes a file apart tells the reader that something of an event is not there any more."""

_DEEPEST = 5
_PARAM = r';[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*'
WELL_FORMED = re.compile(rf"([A-Za-z0-9-]+)((?:{_PARAM})*):(.*)", re.DOTALL)
_ONE_PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_FOLD = re.compile(r"\r?\n[ \t]")
_BREAK = re.compile(r"\r\n|\n|\r")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?)", re.ASCII
)
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True)
class Remark:
    """What people should know of an event that was not read as it stands: a msgid with its facts.

    `precondition`: the CALDAV element with which a PUT of it is refused (RFC 4791 §5.3.2.1); empty where it is taken.
    """

    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    precondition: str = ""

    def record(self) -> dict[str, Any]:
        """As it is stored."""
        return {"text": self.text, "facts": self.facts}


class CalendarDataError(ValueError):
    """Calendar text that is not taken; `precondition` is the CALDAV element to answer, `remark` tells people why."""

    def __init__(self, precondition: str, why: str, **facts: Any) -> None:
        super().__init__(why % facts if facts else why)
        self.precondition = precondition
        self.remark = Remark(why, facts, precondition)


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded content line (RFC 5545 §3.1); `params` is raw, with its leading semicolons."""

    name: str
    params: str
    value: str

    def param(self, name: str) -> str | None:
        """Value of a parameter, without quotes; the first when it was given more than once."""
        for key, value in _ONE_PARAM.findall(self.params):
            if key.upper() == name:
                return str(value).strip('"').strip()
        return None


@dataclass(slots=True)
class Component:
    """A component of a checked calendar, its lines in the order sent."""

    name: str
    lines: list[Line] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def every(self, name: str) -> Iterator[Line]:
        """All lines of that property."""
        return (line for line in self.lines if line.name == name)

    def first(self, name: str) -> Line | None:
        """The first line of that property."""
        return next(self.every(name), None)

    def value(self, name: str, default: str = "") -> str:
        """Raw value of the first line of that property, stripped."""
        line = self.first(name)
        return line.value.strip() if line else default


@dataclass(frozen=True)
class SafeCalendar:
    """Text that passed the reader: without control characters, each line well-formed; its components, and remarks."""

    text: str
    root: Component
    remarks: tuple[Remark, ...] = ()

    @cached_property
    def entries(self) -> list[Component]:
        """The VEVENTs, VTODOs and VJOURNALs."""
        return [child for child in self.root.children if child.name in STORED]


def parse(text: str) -> Component:
    """Split text into components and content lines; raises `CalendarDataError` where they do not nest."""
    top = Component("")
    stack = [top]
    for line in content_lines(text):
        if line.name == "BEGIN":
            _open(stack, line.value.strip().upper())
        elif line.name == "END":
            _close(stack, line.value.strip().upper())
        else:
            stack[-1].lines.append(line)
    if len(stack) > 1 or top.lines or [child.name for child in top.children] != ["VCALENDAR"]:
        raise CalendarDataError("valid-calendar-data", "This is not one calendar.")
    return top.children[0]


def content_lines(text: str) -> Iterator[Line]:
    """Unfolded lines; raises `CalendarDataError` for one without name and value."""
    for raw in _BREAK.split(_FOLD.sub("", text)):
        if not raw.strip():
            continue
        found = WELL_FORMED.fullmatch(raw)
        if not found:
            raise CalendarDataError("valid-calendar-data", "A line has no name or no value.")
        yield Line(found[1].upper(), found[2], found[3])


def unescaped(value: str) -> str:
    """A TEXT value without its escapes (RFC 5545 §3.3.11)."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def escaped(text: str) -> str:
    """A text as the value of a TEXT property (RFC 5545 §3.3.11)."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def summary(text: str) -> str:
    """The first SUMMARY of a stored calendar, as people read it in one line."""
    try:
        found = next((line.value for line in content_lines(text) if line.name == "SUMMARY"), "")
    except CalendarDataError:
        return ""
    return " ".join(unescaped(found).split())


def rendered(component: Component) -> Iterator[str]:
    """The lines of a component, each with its end and not folded."""
    yield f"BEGIN:{component.name}\r\n"
    yield from (f"{line.name}{line.params}:{line.value}\r\n" for line in component.lines)
    for child in component.children:
        yield from rendered(child)
    yield f"END:{component.name}\r\n"


def moment(value: str, *, ends: bool = False) -> date:
    """A DATE or DATE-TIME value, naive; raises `CalendarDataError` for an impossible or far one.

    What only `ends` something may lie as far ahead as people write for "never" (the year 4500 or 9999).
    """
    found = _DATE.fullmatch(value)
    if not found:
        raise CalendarDataError("valid-calendar-data", "A date cannot be read.")
    year = int(found[1])
    if ends and year > LAST_YEAR:
        return date(LAST_YEAR, 12, 31) if found[4] is None else datetime(LAST_YEAR, 12, 31)  # noqa: DTZ001  (local, no zone)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarDataError(
            "max-date-time" if year > LAST_YEAR else "min-date-time", "A year is out of bounds."
        )
    try:
        day = date(year, int(found[2]), int(found[3]))
        if found[4] is None:
            return day
        # A leap second is legal in RFC 5545 and unknown to Python.
        return datetime.combine(day, time(int(found[4]), int(found[5]), min(int(found[6]), 59)))
    except ValueError:
        raise CalendarDataError("valid-calendar-data", "There is no such date.") from None


def duration(value: str) -> timedelta:
    """A DURATION value (RFC 5545 §3.3.6); raises `CalendarDataError`."""
    return sum(lengths(value), timedelta())


def lengths(value: str) -> tuple[timedelta, timedelta]:
    """The days of a DURATION, which the clocks may make longer or shorter, and the rest, which is exact."""
    found = _DURATION.fullmatch(value)
    if not found or not any(found.groups()[1:]):
        raise CalendarDataError("valid-calendar-data", "A duration cannot be read.")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return sign * timedelta(days=days + 7 * weeks), sign * exact


def _open(stack: list[Component], name: str) -> None:
    if len(stack) > _DEEPEST:
        raise CalendarDataError("valid-calendar-data", "Its parts are nested too deep.")
    component = Component(name)
    stack[-1].children.append(component)
    stack.append(component)


def _close(stack: list[Component], name: str) -> None:
    if len(stack) < 2 or stack.pop().name != name:
        raise CalendarDataError("valid-calendar-data", "Its parts do not begin and end as they should.")
