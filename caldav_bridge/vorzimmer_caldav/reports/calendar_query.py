"""calendar-query: the time range by index, everything else on the lines of the few objects that are left.

RFC 4791 §9.7 to §9.9. vobject is not asked: what the columns cannot say is read from the checked text.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from vorzimmer.icalendar.text import SafeCalendar, parse
from vorzimmer.icalendar.times import DAY, Series
from vorzimmer.models import Calendar, CalendarObject, Occurrence
from vorzimmer_caldav.reports.filters import matches
from vorzimmer_caldav.reports.time_range import FIRST, LAST, Window, window
from vorzimmer_caldav.xml.multistatus import C
from vorzimmer_caldav.xml.refusal import RefusalError

_STORED = ("VEVENT", "VTODO", "VJOURNAL")
_AT_ONCE = 500
_BEHIND_HORIZON = 500
"""Series that one request unfolds behind the horizon of the table; more are taken to match."""


@dataclass(frozen=True)
class Search:
    """What the columns can answer of a filter; `rest` is the filter where lines have to be read too."""

    component: str | None
    within: Window | None
    uid: str | None
    rest: ET.Element | None


def plan(filter_: ET.Element | None) -> Search:
    """Split a C:filter. Raises `RefusalError` for one that is not understood."""
    if filter_ is None or len(filter_) == 0:
        return Search(None, None, None, None)
    top = filter_[0]
    if top.tag != f"{C}comp-filter" or top.get("name", "").upper() != "VCALENDAR" or len(filter_) > 1:
        raise RefusalError(403, f"{C}valid-filter")
    parts = list(top)
    ranges = [part for part in parts if part.tag == f"{C}time-range"]
    inner = [part for part in parts if part.tag == f"{C}comp-filter" and _is_wanted(part)]
    if not parts or (len(parts) == 1 and ranges):
        return Search(None, window(ranges[0]) if ranges else None, None, None)
    if len(inner) != 1 or inner[0].get("name", "").upper() not in _STORED:
        return Search(None, None, None, top)
    one = inner[0]
    simple = len(parts) == 1 and all(part.tag == f"{C}time-range" for part in one)
    within = window(one.find(f"{C}time-range"))
    return Search(one.get("name", "").upper(), within, _uid(one), None if simple else top)


def _is_wanted(part: ET.Element) -> bool:
    return part.find(f"{C}is-not-defined") is None


def _uid(component: ET.Element) -> str | None:
    """The text that the UID has to hold, where it is asked for (python-caldav looks objects up like this)."""
    for part in component.findall(f"{C}prop-filter"):
        match = part.find(f"{C}text-match")
        if part.get("name", "").upper() == "UID" and match is not None:
            return match.text if match.get("negate-condition") != "yes" else None
    return None


def rows(session: Session, calendar: Calendar, search: Search, zone: ZoneInfo) -> Iterator[CalendarObject]:
    """The objects that match."""
    for row in _candidates(session, calendar, search, zone):
        if search.rest is None or matches(row, search.rest, zone):
            yield row


def _candidates(
    session: Session, calendar: Calendar, search: Search, zone: ZoneInfo
) -> Iterable[CalendarObject]:
    wanted = select(CalendarObject)
    if search.component:
        wanted = wanted.where(CalendarObject.component == search.component)
    if search.uid:
        wanted = wanted.where(CalendarObject.uid.icontains(search.uid, autoescape=True))
    here = wanted.where(CalendarObject.calendar_id == calendar.id)
    if search.within is None:
        return session.scalars(here.order_by(CalendarObject.id))
    found: dict[int, CalendarObject] = {}
    for condition in _single(search.within):
        found.update((row.id, row) for row in session.scalars(here.where(condition)))
    for condition in _by_occurrence(session, calendar, search.within):
        found.update((row.id, row) for row in session.scalars(wanted.where(condition)))
    for row in _behind_horizon(session, here, search.within, found.keys(), zone):
        found[row.id] = row
    return [found[key] for key in sorted(found)]


def _single(asked: Window) -> list[ColumnElement[bool]]:
    """What selects objects without occurrences; each is one short range of an index.

    What lasts no longer than a day must start between a day before the window and its end.
    """
    short = and_(CalendarObject.recurring.is_(False), *_overlap(CalendarObject, asked))
    lasting = and_(
        CalendarObject.recurring.is_(False),
        CalendarObject.long.is_(True),
        or_(
            CalendarObject.starts < asked.end,
            and_(CalendarObject.starts.is_(None), CalendarObject.component == "VTODO"),
        ),
        or_(CalendarObject.ends.is_(None), CalendarObject.ends > asked.start),
    )
    return [short, lasting]


def _by_occurrence(session: Session, calendar: Calendar, asked: Window) -> Iterator[ColumnElement[bool]]:
    """What selects series: their numbers, read first, for a planner would rather read the whole calendar."""
    lasting = [Occurrence.long.is_(True), Occurrence.starts < asked.end, Occurrence.ends > asked.start]
    ids: set[int] = set()
    for conditions in (_overlap(Occurrence, asked), lasting):
        mine = select(Occurrence.object_id).where(Occurrence.calendar_id == calendar.id, *conditions)
        ids.update(session.scalars(mine.distinct()))
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield CalendarObject.id.in_(ordered[start : start + _AT_ONCE])


def _overlap(model: type[CalendarObject | Occurrence], asked: Window) -> list[ColumnElement[bool]]:
    earliest = asked.start - DAY if asked.start > FIRST else FIRST
    return [
        model.long.is_(False),
        model.starts >= earliest,
        model.starts < asked.end,
        model.ends > asked.start,
    ]


def _behind_horizon(
    session: Session,
    wanted: Select[CalendarObject],
    asked: Window,
    found: Container[int],
    zone: ZoneInfo,
) -> Iterator[CalendarObject]:
    """Series that go on behind their horizon, for windows that reach there and saw nothing of them before."""
    beyond = session.scalars(wanted.where(CalendarObject.expanded_until < asked.end))
    unseen = [row for row in beyond if row.id not in found]
    if asked.end >= LAST:  # without end: whatever goes on has an occurrence in it
        yield from unseen
        return
    for number, row in enumerate(unseen):
        if number >= _BEHIND_HORIZON or series(row, zone).between(asked.start, asked.end, 1):
            yield row


def series(row: CalendarObject, zone: ZoneInfo) -> Series:
    """The series of a stored object; its text passed the guard when it was written."""
    return Series(SafeCalendar(row.text, parse(row.text)), zone)
