"""free-busy-query (RFC 4791 §7.10): from columns and occurrences; texts are read only to see what is opaque."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.icalendar.text import PRODUCT, Component, SafeCalendar, parse
from vorzimmer.icalendar.times import SECOND, Span, stamp
from vorzimmer.models import Allocation, Calendar, CalendarObject
from vorzimmer.periods import clip, merge
from vorzimmer_caldav.objects.stored import opaque
from vorzimmer_caldav.reports import calendar_query, expand
from vorzimmer_caldav.reports.calendar_query import Search
from vorzimmer_caldav.reports.time_range import Window

_TYPES = {"TENTATIVE": "BUSY-TENTATIVE"}


def answer(session: Session, calendar: Calendar, asked: Window, zone: ZoneInfo) -> str:
    """A VFREEBUSY of the window."""
    taken: dict[str, list[tuple[datetime, datetime]]] = {}
    for kind, starts, ends in _busy(session, calendar, asked, zone):
        taken.setdefault(kind, []).append((starts, ends))
    lines = [
        f"FREEBUSY;FBTYPE={kind}:{stamp(start)}/{stamp(end)}\r\n"
        for kind, periods in sorted(taken.items())
        for start, end in clip(merge(periods), (asked.start, asked.end))
    ]
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\nBEGIN:VFREEBUSY\r\n"
        f"DTSTAMP:{stamp(database.now(session))}\r\nDTSTART:{stamp(asked.start)}\r\nDTEND:{stamp(asked.end)}\r\n"
        f"{''.join(lines)}END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )


def _busy(
    session: Session, calendar: Calendar, asked: Window, zone: ZoneInfo
) -> Iterator[tuple[str, datetime, datetime]]:
    rows = list(calendar_query.rows(session, calendar, Search("VEVENT", asked, None, None), zone))
    spans = expand.spans(session, calendar, rows, asked, zone)
    taken = _taken(session, calendar, [row.booking_id for row in rows if row.booking_id])
    for row in rows:
        types = _types(row)
        for starts, ends, part in taken.get(row.booking_id) or _times(row, spans.get(row.id, [])):
            if types[part] and ends - starts > SECOND:
                yield types[part], starts, ends


def _taken(
    session: Session, calendar: Calendar, booking_ids: Sequence[int]
) -> dict[int | None, list[tuple[datetime, datetime, int]]]:
    """When each appointment takes the calendar's own person or thing: it is free in the rest (rule 30)."""
    found: defaultdict[int | None, list[tuple[datetime, datetime, int]]] = defaultdict(list)
    wanted = select(Allocation.booking_id, Allocation.starts, Allocation.ends).where(
        Allocation.booking_id.in_(booking_ids), Allocation.resource_id == calendar.resource_id
    )
    for booking_id, starts, ends in session.execute(wanted) if booking_ids else ():
        found[booking_id].append((starts, ends, 0))
    return found


def _types(row: CalendarObject) -> dict[int, str]:
    """FBTYPE of each part, empty for what takes no time; most texts say nothing about it."""
    text = row.text.upper()
    if "TRANSP" not in text and "STATUS" not in text:
        return defaultdict(lambda: "BUSY")
    entries = SafeCalendar(row.text, parse(row.text)).entries
    return {part: _type(entry) if opaque(entry) else "" for part, entry in enumerate(entries)}


def _times(row: CalendarObject, spans: list[Span]) -> Iterator[tuple[datetime, datetime, int]]:
    if row.recurring:
        yield from ((span.starts, span.ends, span.part) for span in spans)
    elif row.starts is not None and row.ends is not None:
        yield row.starts, row.ends, 0


def _type(event: Component) -> str:
    return _TYPES.get(event.value("STATUS").upper(), "BUSY")
