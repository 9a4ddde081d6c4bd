"""What of a component's lines can be read though it is not written as it should be, and what cannot (RFC 5545 §3.8).

Whoever mends a line says so in a remark. Where something is lost the rest takes more time rather than less.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta

from vorzimmer.icalendar import recurrence, remarks
from vorzimmer.icalendar.remarks import Report
from vorzimmer.icalendar.text import (
    LEFT_OUT,
    LONGEST_UID,
    STORED,
    WELL_FORMED,
    CalendarDataError,
    Component,
    Line,
    duration,
    moment,
)
from vorzimmer.icalendar.times import local_midnight
from vorzimmer.icalendar.zones import Clock

DATED = frozenset({"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "RDATE", "EXDATE"})
_INVALID, _INSTANCES = "valid-calendar-data", "max-instances"

_MOST_DATES, _MOST_RULES, _MOST_GUESTS, _MOST_ZONES = 2_000, 10, 500, 5
_ONCE = ("DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID")
_TOLERATED = re.compile(
    rf"({'|'.join(sorted(DATED))}|DURATION|EXRULE|RRULE|STATUS|TRANSP)((?:;.*?)?):(\d{{4}}-\d\d-\d\dT.*|[^:]*)",
    re.ASCII | re.IGNORECASE,
)
_OF_TIME = re.compile(rf"({'|'.join(sorted(DATED))}|EXRULE|RRULE)\b", re.IGNORECASE)
_TIDY = {
    name: re.compile(rf";{name}=(\"[^\"]*\"?|.*?)(?=;[\w-]+=|$)", re.IGNORECASE) for name in ("TZID", "RANGE")
}
_WRITTEN = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?(?:(Z)|([+-])(\d\d):?(\d\d))?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{0,10}", re.ASCII)
_DEGREES = r"[+-]?\d{1,3}(?:\.\d{1,20})?"
_VALUES = {
    "GEO": re.compile(rf"(?:{_DEGREES};{_DEGREES})?", re.ASCII),
    "COLOR": re.compile(r"[A-Za-z]{0,30}|#[0-9A-Fa-f]{3,8}"),
    "PRIORITY": _NUMBER,
    "SEQUENCE": _NUMBER,
    "PERCENT-COMPLETE": re.compile(r"\d{0,3}", re.ASCII),
    "REPEAT": re.compile(r"\d{1,3}", re.ASCII),
}


def line_of(raw: str, report: Report) -> Line | None:
    """A content line; None where it is outside the grammar and says nothing of the time of an event."""
    found = WELL_FORMED.fullmatch(raw)
    line = Line(found[1].upper(), found[2], found[3]) if found else None
    if line and not (line.name in DATED and ":" in line.value and not written(line.value)):
        return line
    tolerated = _tolerated(raw)
    if tolerated:
        report.add(remarks.READ, line=remarks.shown(raw))
    elif line is None:
        report.skip(raw, _INVALID if _OF_TIME.match(raw) else "")
    return tolerated or line


def _tolerated(raw: str) -> Line | None:
    """A line about time outside the grammar, by what stands behind its last colon (a TZID in want of its quotes)."""
    found = _TOLERATED.fullmatch(raw)
    if not found:
        return None
    params = ""
    for name, form in _TIDY.items():
        told = form.search(found[2])
        if told:
            value = told[1].replace('"', "")
            params += f';{name}="{value}"' if name == "TZID" else f";{name}={value.upper()}"
    return Line(found[1].upper(), params, found[3])


def written(value: str) -> str | None:
    """A date as it should be written, of one in other digits, with signs between (ISO 8601), or with an offset."""
    plain = "".join(str(unicodedata.digit(each, each)) for each in value.strip())
    found = _WRITTEN.fullmatch(plain)
    if not found:
        return None
    day, clock = f"{found[1]}{found[2]}{found[3]}", ""
    if found[4]:
        clock = f"T{found[4]}{found[5]}{found[6] or '00'}{(found[7] or '').upper()}"
    try:
        at = moment(day + clock)
    except CalendarDataError:
        return None
    if found[8] and isinstance(at, datetime):
        offset = timedelta(hours=int(found[9]), minutes=int(found[10]))
        at = at + offset if found[8] == "-" else at - offset
        return f"{at.replace(tzinfo=UTC):%Y%m%dT%H%M%SZ}"
    return day + clock


def mend(entry: Component, report: Report) -> None:
    """Leave of a VEVENT, VTODO, VJOURNAL or VFREEBUSY what can be read; that has still to be held against its zones."""
    mender = _Mender(entry, report)
    is_exception = entry.first("RECURRENCE-ID") is not None
    entry.lines = [kept for line in entry.lines if (kept := mender.line(line)) is not None]
    mender.end()
    start = entry.first("DTSTART")
    if is_exception and start and not entry.first("RECURRENCE-ID"):
        entry.lines.append(Line("RECURRENCE-ID", start.params, start.value))
    for alarm in entry.children:
        _mend_alarm(alarm, report)
    if entry.name in STORED:
        _mend_rules(entry, report)
    _count(entry, report)


class _Mender:
    """Looks at one line after the other."""

    def __init__(self, entry: Component, report: Report) -> None:
        self._entry, self._report = entry, report
        self._dates = self._guests = 0
        self._endless = False

    def line(self, line: Line) -> Line | None:
        """The line, another one in its place, or None."""
        if line.name in DATED or (self._entry.name == "VTODO" and line.name in ("COMPLETED", "CREATED")):
            return self._dated(line)
        if line.name == "FREEBUSY":
            return self._dated(line)
        if line.name == "DURATION":
            return self._duration(line)
        if line.name == LEFT_OUT:
            self._report.add(remarks.TOLD.get(line.value.strip(), remarks.TOLD["LONG"]))
            return None
        if line.name in _VALUES and not _VALUES[line.name].fullmatch(line.value.strip()):
            self._report.skip(f"{line.name}:{line.value}")
            return None
        if line.name == "ATTENDEE":
            self._guests += 1
            if self._guests > _MOST_GUESTS:
                self._report.add(remarks.GUESTS, "max-attendees-per-instance", count=_MOST_GUESTS)
                return None
        return line

    def end(self) -> None:
        """Give an event whose end was lost another one."""
        entry = self._entry
        start = entry.first("DTSTART")
        if not self._endless or entry.name != "VEVENT" or entry.first("DTEND") or entry.first("DURATION"):
            return
        self._report.add(remarks.NO_END, _INVALID)
        if start and "T" in start.value:
            entry.lines.append(Line("DURATION", "", "PT1H"))

    def _duration(self, line: Line) -> Line | None:
        try:
            length = duration(line.value.strip())
        except CalendarDataError:
            self._report.skip(f"{line.name}:{line.value}", _INVALID)
            self._endless = True
            return None
        if length < timedelta() and self._entry.name in STORED:
            self._report.add(remarks.BACKWARDS, _INVALID)
        return line

    def _dated(self, line: Line) -> Line | None:
        """A line with one date, or with many; each that cannot be read is left out."""
        kept = list[str]()
        for value in line.value.split(","):
            self._dates += 1
            if self._dates > _MOST_DATES:
                self._report.add(remarks.DATES, _INSTANCES, count=_MOST_DATES)
                break
            kept += self._date(line, value.strip())
        told = ",".join(kept)
        if told == line.value.strip():
            return line
        if not told and line.name in ("DTEND", "DUE"):
            self._endless = True
        return Line(line.name, line.params, told) if told else None

    def _date(self, line: Line, value: str) -> list[str]:
        """A date as it was sent, or as it should be; nothing where it cannot be read."""
        start, slash, end = value.partition("/")
        first = self._moment(line, start, ends=line.name in ("DTEND", "DUE", "EXDATE"))
        if not slash or not first:
            return [first] if first else []
        try:
            duration(end)
            return [f"{first}/{end}"]
        except CalendarDataError:
            second = self._moment(line, end, ends=True)
            return [f"{first}/{second or 'PT1H'}"]

    def _moment(self, line: Line, value: str, *, ends: bool) -> str:
        try:
            moment(value, ends=ends)
            return value
        except CalendarDataError as error:
            mended = written(value)
            facts = {"line": remarks.shown(f"{line.name}:{value}")}
            self._report.add(remarks.READ if mended else remarks.DATE, error.precondition, **facts)
            return mended or ""


def _mend_alarm(alarm: Component, report: Report) -> None:
    """An alarm that rings no more than some hundred times (RFC 5545 §3.8.6.2: REPEAT and DURATION go together)."""
    odd = [line for line in alarm.every("REPEAT") if not _VALUES["REPEAT"].fullmatch(line.value.strip())]
    for line in odd:
        report.skip(f"{line.name}:{line.value}")
    if odd:
        alarm.lines = [line for line in alarm.lines if line.name not in ("REPEAT", "DURATION")]


# ---- rules -----------------------------------------------------------------------------------------------------------


def _mend_rules(entry: Component, report: Report) -> None:
    start = entry.value("DTSTART") or entry.value("DUE") or "20000101"
    begins = local_midnight(moment(start, ends=True))
    kept, count = list[Line](), 0
    for line in entry.lines:
        if line.name not in ("RRULE", "EXRULE"):
            kept.append(line)
            continue
        count += 1
        if count > _MOST_RULES:
            report.add(remarks.RULES, _INVALID, count=_MOST_RULES)
        elif value := _rule(line, begins, report):
            kept.append(line if value == line.value.strip() else Line(line.name, "", value))
    rules = [recurrence.rule_parts(line.value) for line in kept if line.name == "RRULE"]
    entry.lines = [line for line in kept if not _takes_all(line, rules, report)]


def _takes_all(line: Line, rules: list[dict[str, str]], report: Report) -> bool:
    """Whether it is an EXRULE that takes out every time of a rule (T6, A134)."""
    if line.name != "EXRULE" or recurrence.rule_parts(line.value) not in rules:
        return False
    report.add(remarks.EXRULE, _INSTANCES, line=remarks.shown(f"{line.name}:{line.value.strip()}"))
    return True


def _rule(line: Line, begins: datetime, report: Report) -> str:
    """A rule that can be followed: as it was sent, or without an end that cannot be read; empty where there is none."""
    told = "".join(line.value.split())
    facts = {"line": remarks.shown(f"{line.name}:{line.value.strip()}")}
    try:
        recurrence.check(told, begins)
        if told != line.value.strip():
            report.add(remarks.READ, **facts)
        return told
    except CalendarDataError as error:
        endless = _without_odd_end(told)
        try:
            recurrence.check(endless, begins)
        except CalendarDataError:
            report.add(remarks.RULE if line.name == "RRULE" else remarks.EXRULE, error.precondition, **facts)
            return ""
        if line.name == "EXRULE":  # what it leaves out without end nobody knows
            report.add(remarks.EXRULE, error.precondition, **facts)
            return ""
        report.add(remarks.READ if "UNTIL=" in endless else remarks.RULE_END, error.precondition, **facts)
        return endless


def _without_odd_end(told: str) -> str:
    """A rule without what is no COUNT, and with an UNTIL as it should be written, or without one."""
    kept = list[str]()
    for part in told.split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL":
            until = value if _is_end(value) else written(value)
            kept += [f"UNTIL={until}"] if until else []
        elif name.upper() != "COUNT" or re.fullmatch(r"[1-9]\d{0,4}", value, re.ASCII):
            kept.append(part)
    return ";".join(kept)


def _is_end(value: str) -> bool:
    try:
        moment(value, ends=True)
    except CalendarDataError:
        return False
    return True


def _count(entry: Component, report: Report) -> None:
    """What may stand there once."""
    names = Counter(line.name for line in entry.lines)
    for name in _ONCE:
        if names[name] > 1:
            report.add(remarks.MORE, name=name)
    if len({line.value.strip() for line in entry.every("UID")}) > 1:
        report.add(remarks.UIDS, "valid-calendar-object-resource")
    if len(entry.value("UID")) > LONGEST_UID:
        report.add(remarks.LONG_UID, "valid-calendar-object-resource", count=LONGEST_UID)


# ---- beginning and end -----------------------------------------------------------------------------------------------


def compare(entries: list[Component], clock: Clock, report: Report) -> None:
    """Hold beginning and end of each against each other, and exceptions against exceptions."""
    exceptions = list[datetime]()
    for entry in entries:
        for line in entry.lines:
            if line.name in DATED:
                clock.zone(line)
        start, end = entry.first("DTSTART"), entry.first("DTEND")
        if entry.name == "VEVENT" and start and end:
            _compare(start, end, clock, report)
        if exception := entry.first("RECURRENCE-ID"):
            exceptions.append(clock.instant(exception))
    if len(set(exceptions)) < len(exceptions):
        report.add(remarks.TWICE, "valid-calendar-object-resource")
    for name in clock.strange[:_MOST_ZONES]:
        report.add(remarks.ZONE, zone=remarks.shown(name))


def _compare(start: Line, end: Line, clock: Clock, report: Report) -> None:
    if ("T" in start.value) != ("T" in end.value):
        report.add(remarks.MIXED, _INVALID)
    elif _floats(start) == _floats(end):
        begins, ends = clock.instant(start), clock.instant(end)
        if ends < begins:
            report.add(remarks.BACKWARDS, _INVALID)
        elif ends == begins and "T" not in start.value:
            report.add(remarks.NO_LENGTH)


def _floats(line: Line) -> bool:
    return not line.param("TZID") and not line.value.strip().endswith("Z")
