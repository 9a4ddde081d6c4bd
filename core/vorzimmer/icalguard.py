"""The guard in front of every iCalendar parser: sizes, controls, dates and recurrence are bounded here.

Whatever comes from outside (a CalDAV client, a feed, an uploaded file) passes `read` before
icalendar, vobject or dateutil see it: each of them can be kept busy for minutes by one short line
(security.md T6, T7, A134). Everything here is linear in the size of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from dateutil.rrule import DAILY, HOURLY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

LARGEST_TEXT = 262_144
"""Bytes of one calendar object (CALDAV:max-resource-size)."""
MOST_OCCURRENCES = 10_000
MOST_COMPONENTS = 500
MOST_ATTENDEES = 500
FIRST_YEAR, LAST_YEAR = 1600, 2200

_DEEPEST = 5
_MOST_DATES = 2_000
_MOST_TIMES_A_DAY = 24
_LONGEST_UID = 255
_STORED = ("VEVENT", "VTODO", "VJOURNAL")
_FREQUENCIES = {"YEARLY": YEARLY, "MONTHLY": MONTHLY, "WEEKLY": WEEKLY, "DAILY": DAILY, "HOURLY": HOURLY}
_TOO_DENSE = ("SECONDLY", "MINUTELY")
_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_DATED = frozenset({"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "RDATE", "EXDATE"})
# Part of a rule -> argument of dateutil, smallest and largest absolute value, most values (RFC 5545 §3.3.10).
_PARTS = {
    "BYSECOND": ("bysecond", 0, 59, 1),
    "BYMINUTE": ("byminute", 0, 59, 4),
    "BYHOUR": ("byhour", 0, 23, 24),
    "BYMONTHDAY": ("bymonthday", 1, 31, 31),
    "BYYEARDAY": ("byyearday", 1, 366, 31),
    "BYWEEKNO": ("byweekno", 1, 53, 53),
    "BYMONTH": ("bymonth", 1, 12, 12),
    "BYSETPOS": ("bysetpos", 1, 366, 10),
}

_PARAM = r';[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*'
_LINE = re.compile(rf"([A-Za-z0-9-]+)((?:{_PARAM})*):(.*)", re.DOTALL)
_ONE_PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:,]*)')
_FOLD = re.compile(r"\r?\n[ \t]")
_BREAK = re.compile(r"\r\n|\n|\r")
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)])
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?")
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?)"
)
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class UnsafeCalendar(ValueError):
    """Calendar text that is not taken; `precondition` is the CALDAV element to answer (RFC 4791 §5.3.2.1)."""

    def __init__(self, precondition: str, why: str) -> None:
        super().__init__(why)
        self.precondition = precondition


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
    children: list["Component"] = field(default_factory=list)

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
    """Text that passed the guard, without control characters, and its components."""

    text: str
    root: Component

    @cached_property
    def entries(self) -> list[Component]:
        """The VEVENTs, VTODOs and VJOURNALs."""
        return [child for child in self.root.children if child.name in _STORED]


def read(data: bytes) -> SafeCalendar:
    """Check calendar data from outside and split it into components.

    Raises `UnsafeCalendar` within milliseconds for what is too large, malformed or would keep an
    expander busy; nothing is expanded here but the first occurrence of each rule.
    """
    if len(data) > LARGEST_TEXT:
        raise UnsafeCalendar("max-resource-size", f"more than {LARGEST_TEXT} bytes")
    try:
        text = data.decode("utf-8-sig").translate(_CONTROLS)
    except UnicodeDecodeError:
        raise UnsafeCalendar("valid-calendar-data", "not UTF-8") from None
    calendar = SafeCalendar(text, parse(text))
    _check_counts(calendar)
    for component in calendar.root.children:
        _check_component(component)
    return calendar


def parse(text: str) -> Component:
    """Split text into components and content lines; raises `UnsafeCalendar` where they do not nest."""
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
        raise UnsafeCalendar("valid-calendar-data", "not exactly one VCALENDAR")
    return top.children[0]


def content_lines(text: str) -> Iterator[Line]:
    """Unfolded lines; raises `UnsafeCalendar` for one without name and value."""
    for raw in _BREAK.split(_FOLD.sub("", text)):
        if not raw.strip():
            continue
        found = _LINE.fullmatch(raw)
        if not found:
            raise UnsafeCalendar("valid-calendar-data", "a line without name and value")
        yield Line(found[1].upper(), found[2], found[3])


def moment(value: str) -> date:
    """A DATE or DATE-TIME value, naive; raises `UnsafeCalendar` for an impossible or far one."""
    found = _DATE.fullmatch(value)
    if not found:
        raise UnsafeCalendar("valid-calendar-data", "not a date")
    year = int(found[1])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UnsafeCalendar("max-date-time" if year > LAST_YEAR else "min-date-time", "a year out of bounds")
    try:
        day = date(year, int(found[2]), int(found[3]))
        # A leap second is legal in RFC 5545 and unknown to Python.
        clock = found[4] and timedelta(hours=int(found[4]), minutes=int(found[5]), seconds=min(int(found[6]), 59))
    except ValueError:
        raise UnsafeCalendar("valid-calendar-data", "no such date") from None
    return day if clock is None else datetime.combine(day, datetime.min.time()) + clock


def duration(value: str) -> timedelta:
    """A DURATION value (RFC 5545 §3.3.6); raises `UnsafeCalendar`."""
    found = _DURATION.fullmatch(value)
    if not found or not any(found.groups()[1:]):
        raise UnsafeCalendar("valid-calendar-data", "not a duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(days=days + 7 * weeks, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length


def rule(value: str, start: datetime) -> rrule:
    """A recurrence rule over naive local time; raises `UnsafeCalendar` for what would not end soon.

    UNTIL is left out when it is given in UTC: the caller, who knows the zone, bounds the rule.
    """
    parts = _rule_parts(value)
    options = {argument: _numbers(parts[name], name) for name, (argument, *_) in _PARTS.items() if name in parts}
    if "BYDAY" in parts:
        options["byweekday"] = [_week_day(each) for each in parts["BYDAY"].split(",")]
    if "UNTIL" in parts and not parts["UNTIL"].endswith("Z"):
        options["until"] = _as_end(moment(parts["UNTIL"]))
    if "COUNT" in parts:
        options["count"] = _number(parts["COUNT"], MOST_OCCURRENCES)
    _check_density(parts)
    return rrule(
        _FREQUENCIES[parts["FREQ"]],
        dtstart=start,
        interval=_number(parts.get("INTERVAL", "1"), 9_999),
        wkst=_WEEKDAYS.get(parts.get("WKST", "MO"), 0),
        **options,
    )


def until(value: str) -> datetime | None:
    """The UNTIL of a rule where it is given in UTC, naive."""
    found = re.search(r"(?:^|;)UNTIL=([0-9T]+Z)", value.upper())
    return _as_end(moment(found[1])) if found else None


def _as_end(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, datetime.max.time().replace(microsecond=0))


def _open(stack: list[Component], name: str) -> None:
    if len(stack) > _DEEPEST:
        raise UnsafeCalendar("valid-calendar-data", "nested too deep")
    component = Component(name)
    stack[-1].children.append(component)
    stack.append(component)


def _close(stack: list[Component], name: str) -> None:
    if len(stack) < 2 or stack.pop().name != name:
        raise UnsafeCalendar("valid-calendar-data", "BEGIN and END do not match")


def _check_counts(calendar: SafeCalendar) -> None:
    if _count(calendar.root) > 4 * MOST_COMPONENTS or len(calendar.entries) > MOST_COMPONENTS:
        raise UnsafeCalendar("max-instances", f"more than {MOST_COMPONENTS} components")


def _count(component: Component) -> int:
    return 1 + sum(_count(child) for child in component.children)


def _check_component(component: Component) -> None:
    """Bound dates, rules, UID and attendees of one component."""
    if component.name == "VTIMEZONE":
        return _check_zone(component)
    if sum(1 for _ in component.every("ATTENDEE")) > MOST_ATTENDEES:
        raise UnsafeCalendar("max-attendees-per-instance", f"more than {MOST_ATTENDEES} attendees")
    if len(component.value("UID")) > _LONGEST_UID:
        raise UnsafeCalendar("valid-calendar-object-resource", "UID too long")
    if component.name in _STORED:
        _check_dates(component)
        _check_rules(component)


def _check_zone(zone: Component) -> None:
    for part in zone.children:
        for line in part.every("DTSTART"):
            moment(line.value.strip())
        for line in part.every("RRULE"):
            if _rule_parts(line.value)["FREQ"] != "YEARLY":
                raise UnsafeCalendar("max-instances", "a time zone that changes more than once a year")
            _check_density(_rule_parts(line.value))


def _check_dates(component: Component) -> None:
    seen = 0
    for line in component.lines:
        if line.name in _DATED:
            values = line.value.strip().split(",")
            seen += len(values)
            if seen > _MOST_DATES:
                raise UnsafeCalendar("max-instances", f"more than {_MOST_DATES} dates")
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
        raise UnsafeCalendar("valid-calendar-data", "more than one rule, or EXRULE")
    for line in rules:
        _check_happens(line.value, component.value("DTSTART") or component.value("DUE"))


def _check_happens(value: str, started: str) -> None:
    """A rule that never matches would send dateutil to the year 9999."""
    start = moment(started) if started else date(2000, 1, 1)
    begins = datetime(start.year, start.month, start.day)
    if isinstance(start, datetime):
        begins = start
    found = rule(value, begins)
    years = 1 if value.upper().find("FREQ=HOURLY") >= 0 else 30
    if next(iter(found.replace(count=None, until=begins + timedelta(days=366 * years))), None) is None:
        raise UnsafeCalendar("valid-calendar-data", "a rule that never happens")


def _rule_parts(value: str) -> dict[str, str]:
    """The parts of a rule, each once and known."""
    pairs = [part.partition("=")[::2] for part in value.strip().strip(";").upper().split(";")]
    parts = dict(pairs)
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_PARTS}
    if len(parts) < len(pairs) or not parts.keys() <= known:
        raise UnsafeCalendar("valid-calendar-data", "a rule with unknown or repeated parts")
    if parts.get("FREQ") in _TOO_DENSE:
        raise UnsafeCalendar("max-instances", "a rule by the second or minute")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise UnsafeCalendar("valid-calendar-data", "a rule without a known frequency")
    if "UNTIL" in parts:
        moment(parts["UNTIL"])
    return parts


def _check_density(parts: dict[str, str]) -> None:
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= parts[name].count(",") + 1 if name in parts else 1
    if times > (4 if "BYSETPOS" in parts else _MOST_TIMES_A_DAY):
        raise UnsafeCalendar("max-instances", "too many times a day")
    if "BYSETPOS" in parts and not parts.keys() & {"BYDAY", *_PARTS} - {"BYSETPOS"}:
        raise UnsafeCalendar("valid-calendar-data", "BYSETPOS alone")


def _number(text: str, largest: int) -> int:
    if not re.fullmatch(r"\d{1,10}", text) or int(text) < 1:
        raise UnsafeCalendar("valid-calendar-data", "a rule with an impossible number")
    if int(text) > largest:
        raise UnsafeCalendar("max-instances", f"a number over {largest} in a rule")
    return int(text)


def _numbers(text: str, name: str) -> list[int]:
    _, smallest, largest, most = _PARTS[name]
    values = text.split(",")
    if len(values) > most:
        raise UnsafeCalendar("max-instances", f"more than {most} values of {name}")
    if not all(re.fullmatch(r"[+-]?\d{1,3}", each) for each in values):
        raise UnsafeCalendar("valid-calendar-data", f"an impossible {name}")
    numbers = [int(each) for each in values]
    if not all(smallest <= abs(each) <= largest for each in numbers) or (smallest == 0 and min(numbers) < 0):
        raise UnsafeCalendar("valid-calendar-data", f"an impossible {name}")
    return numbers


def _week_day(text: str) -> weekday:
    found = _BYDAY.fullmatch(text.strip())
    if not found or (found[1] and not 1 <= abs(int(found[1])) <= 53):
        raise UnsafeCalendar("valid-calendar-data", "an impossible BYDAY")
    return weekday(_WEEKDAYS[found[2]], int(found[1]) if found[1] else None)
