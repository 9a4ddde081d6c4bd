"""CALDAV:expand (RFC 4791 §9.6.5): the occurrences stand in their table, so expansion is a rewriting of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from vorzimmer.icalendar.text import STORED, content_lines, parse
from vorzimmer.icalendar.times import DAY, SECOND, Span, stamp
from vorzimmer.icalendar.zones import Clock
from vorzimmer.models import Calendar, CalendarObject, Occurrence
from vorzimmer_caldav.reports.calendar_query import series
from vorzimmer_caldav.reports.time_range import FIRST, Window
from vorzimmer_caldav.xml.multistatus import C
from vorzimmer_caldav.xml.refusal import RefusalError

MOST_OF_ONE = 1_000
"""Occurrences of one object in one answer (A134)."""
MOST = 10_000

_OF_SERIES = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
_MOMENTS = frozenset({"DTSTART", "DTEND", "DUE"})
_TIMES = _MOMENTS | {"DURATION"}


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
    head, entries = _split(row.text)
    if not row.recurring:
        return _calendar(head, [_component(row.component, _single(entry, row, zone)) for entry in entries])
    parts: dict[int, _Part] = {}
    told = []
    for span in occurrences:
        if span.part not in parts:
            parts[span.part] = _Part(entries[span.part], row, zone)
        told.append(parts[span.part].occurrence(span))
    return _calendar(head, told)


def _calendar(head: Iterable[str], components: Iterable[str]) -> str:
    return f"BEGIN:VCALENDAR\r\n{_joined(head)}{''.join(components)}END:VCALENDAR\r\n"


def _component(kind: str, inside: str) -> str:
    return f"BEGIN:{kind}\r\n{inside}END:{kind}\r\n"


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _split(text: str) -> tuple[list[str], list[list[str]]]:
    """Lines of the calendar itself, and of each VEVENT, VTODO or VJOURNAL with what is nested in it.

    The text passed the guard when it was stored, so its lines are not looked at again. Folds are kept, but for
    what is about time.
    """
    head: list[str] = []
    entries: list[list[str]] = []
    inside = ""
    for line in text.strip().replace("\r\n", "\n").split("\n")[1:]:
        if inside:
            if line.upper() == f"END:{inside}":
                inside = ""
            elif inside in STORED:
                _take(entries[-1], line)
        elif line[:6].upper() == "BEGIN:":
            inside = line[6:].strip().upper()
            if inside in STORED:
                entries.append([])
        elif line[:4].upper() != "END:" and line:
            head.append(line)
    return head, entries


def _take(lines: list[str], line: str) -> None:
    if line[:1] in (" ", "\t") and lines and _name(lines[-1]) in _OF_SERIES | _TIMES:
        lines[-1] += line[1:]
    else:
        lines.append(line)


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0].upper()


def _without(lines: Iterable[str], names: frozenset[str]) -> list[str]:
    """The lines but those of some properties, with their folds."""
    kept = []
    dropping = False
    for line in lines:
        if line[:1] not in (" ", "\t"):
            dropping = _name(line) in names
        if not dropping:
            kept.append(line)
    return kept


class _Part:
    """One component of a series, made ready to be told many times with other times."""

    def __init__(self, lines: list[str], row: CalendarObject, zone: ZoneInfo) -> None:
        named = {_name(line): line for line in reversed(lines)}
        start = named.get("DTSTART") or named.get("DUE") or ""
        self._zone = zone
        self._kind = row.component
        self._whole_day = "T" not in start.rpartition(":")[2]
        self._ending = next((name for name in ("DTEND", "DUE") if name in named), "")
        if not self._ending and "DURATION" in named:
            self._ending = "DTEND"
        self._own_id = ""
        if "RECURRENCE-ID" in named and "RANGE=" not in named["RECURRENCE-ID"].upper():
            self._own_id = _in_utc(named["RECURRENCE-ID"], Clock(parse(row.text), zone))
        self._rest = _joined(_without(lines, _OF_SERIES | _TIMES))

    def occurrence(self, span: Span) -> str:
        """One instance: its own start, and as RECURRENCE-ID the start that the series had for it."""
        start = self._moment(span.starts)
        end = f"{self._ending}{self._moment(span.ends)}\r\n" if self._ending else ""
        own = self._own_id or f"RECURRENCE-ID{start}"
        return _component(self._kind, f"DTSTART{start}\r\n{own}\r\n{end}{self._rest}")

    def _moment(self, at: datetime) -> str:
        if self._whole_day:
            return f";VALUE=DATE:{at.astimezone(self._zone):%Y%m%d}"
        return f":{stamp(at)}"


def _single(lines: list[str], row: CalendarObject, zone: ZoneInfo) -> str:
    """An object that does not come again, its times in UTC, by its columns where they say the same."""
    told = {}
    if row.starts and row.ends and row.ends - row.starts > SECOND:
        told = {"DTSTART": row.starts, "DTEND": row.ends, "DUE": row.ends}
    return _joined(_timed(line, told, row, zone) if _name(line) in _MOMENTS else line for line in lines)


def _timed(line: str, told: dict[str, datetime], row: CalendarObject, zone: ZoneInfo) -> str:
    at = told.get(_name(line))
    if at is None:
        return _in_utc(line, Clock(parse(row.text), zone))
    return f"{_name(line)}:{stamp(at)}" if "T" in line.rpartition(":")[2] else line


def _in_utc(raw: str, clock: Clock) -> str:
    line = next(content_lines(raw))
    return f"{line.name}:{stamp(clock.instant(line))}" if "T" in line.value else raw
