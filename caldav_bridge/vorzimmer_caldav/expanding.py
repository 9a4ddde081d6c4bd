"""CALDAV:expand (RFC 4791 §9.6.5): the occurrences stand in their table, so expansion is a rewriting of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from vorzimmer.icaltext import Component, Line, SafeCalendar, parse
from vorzimmer.models import Calendar, CalendarObject, Occurrence
from vorzimmer_caldav.multistatus import C
from vorzimmer_caldav.refusal import RefusalError
from vorzimmer_caldav.searching import series
from vorzimmer_caldav.times import DAY, Clock, Span
from vorzimmer_caldav.windows import FIRST, Window

MOST_OF_ONE = 1_000
"""Occurrences of one object in one answer (A134)."""
MOST = 10_000

_OF_SERIES = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
_TIMES = frozenset({"DTSTART", "DTEND", "DUE", "DURATION"})


def spans(
    session: Session, calendar: Calendar, rows: Sequence[CalendarObject], asked: Window, zone: ZoneInfo
) -> dict[int, list[Span]]:
    """The occurrences of each series in the window, read at once; behind the horizon they are counted anew."""
    found: dict[int, list[Span]] = defaultdict(list)
    listed = {row.id for row in rows if row.recurring}
    if not listed:
        return found
    earliest = asked.start - DAY if asked.start > FIRST else FIRST
    stored = session.execute(
        select(Occurrence.object_id, Occurrence.starts, Occurrence.ends, Occurrence.part)
        .where(
            Occurrence.calendar_id == calendar.id,
            or_(Occurrence.long.is_(True), Occurrence.starts >= earliest),
            Occurrence.starts < asked.end,
            Occurrence.ends > asked.start,
        )
        .order_by(Occurrence.starts)
        .limit(MOST + 1)
    ).all()
    if len(stored) > MOST:
        raise RefusalError(403, f"{C}max-instances")
    for object_id, starts, ends, part in stored:
        if object_id in listed:
            found[object_id].append(Span(starts, ends, part))
    for row in rows:
        if row.expanded_until is not None and row.expanded_until < asked.end:
            found[row.id] = series(row, zone).between(asked.start, asked.end, MOST_OF_ONE)
    return found


def expand(row: CalendarObject, occurrences: Iterable[Span], zone: ZoneInfo) -> str:
    """The text of an object with each occurrence as a component of its own, in UTC and without time zones."""
    root = parse(row.text)
    calendar = SafeCalendar(row.text, root)
    clock = Clock(root, zone)
    components = [_occurrence(calendar, clock, span, zone) for span in occurrences]
    if not row.recurring:
        components = [_single(entry, clock) for entry in calendar.entries]
    head = "".join(_written(line) for line in root.lines)
    return f"BEGIN:VCALENDAR\r\n{head}{''.join(components)}END:VCALENDAR\r\n"


def _single(entry: Component, clock: Clock) -> str:
    lines = [_in_utc(line, clock) if line.name in _TIMES else line for line in entry.lines]
    return _component(entry, lines)


def _occurrence(calendar: SafeCalendar, clock: Clock, span: Span, zone: ZoneInfo) -> str:
    """One instance: its own start, and as RECURRENCE-ID the start that the series had for it."""
    entry = calendar.entries[span.part]
    override = entry.first("RECURRENCE-ID")
    start = entry.first("DTSTART") or entry.first("DUE")
    whole_day = start is not None and "T" not in start.value
    lines = [line for line in entry.lines if line.name not in _OF_SERIES and line.name not in _TIMES]
    lines.append(_moment("DTSTART", span.starts, zone, whole_day=whole_day))
    ending = next((name for name in ("DTEND", "DUE") if entry.first(name)), None)
    if ending or entry.first("DURATION"):
        lines.append(_moment(ending or "DTEND", span.ends, zone, whole_day=whole_day))
    if override is not None and not override.param("RANGE"):
        lines.append(_in_utc(override, clock))
    else:
        lines.append(_moment("RECURRENCE-ID", span.starts, zone, whole_day=whole_day))
    return _component(entry, lines)


def _component(entry: Component, lines: Iterable[Line]) -> str:
    inside = "".join(_component(child, child.lines) for child in entry.children)
    return f"BEGIN:{entry.name}\r\n{''.join(map(_written, lines))}{inside}END:{entry.name}\r\n"


def _in_utc(line: Line, clock: Clock) -> Line:
    if "T" not in line.value or line.name == "DURATION":
        return line
    return Line(line.name, "", _stamp(clock.instant(line)))


def _moment(name: str, at: datetime, zone: ZoneInfo, *, whole_day: bool) -> Line:
    if whole_day:
        return Line(name, ";VALUE=DATE", at.astimezone(zone).strftime("%Y%m%d"))
    return Line(name, "", _stamp(at))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _written(line: Line) -> str:
    text = f"{line.name}{line.params}:{line.value}"
    if len(text) < 70 and text.isascii():
        return f"{text}\r\n"
    folded: bytes = Contentline(text).to_ical()  # type: ignore[no-untyped-call]
    return f"{folded.decode()}\r\n"
