"""PROPPATCH: checked as a whole before anything is written (caldav.md, defect 1; RFC 4918 §9.2)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from radicale.xmlutils import make_human_tag
from sqlalchemy import or_, select

from vorzimmer import database
from vorzimmer.booking.parts import published
from vorzimmer.icalendar.text import SafeCalendar, parse
from vorzimmer.models import CalendarObject
from vorzimmer.practice import Hall
from vorzimmer_caldav.methods import delete
from vorzimmer_caldav.objects import stored
from vorzimmer_caldav.properties.properties import PROTECTED, TRANSPARENT, Place
from vorzimmer_caldav.reports import expand
from vorzimmer_caldav.reports.time_range import Window
from vorzimmer_caldav.storage.collections import CalendarCollection, ShownCollection
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml import multistatus
from vorzimmer_caldav.xml.multistatus import Answer, C, D
from vorzimmer_caldav.xml.refusal import RefusalError

_APPLE = "{http://apple.com/ns/ical/}"
DRAWN = frozenset(
    {
        *(f"{_APPLE}calendar-color", f"{_APPLE}calendar-order"),
        *(f"{C}default-alarm-vevent-datetime", f"{C}default-alarm-vevent-date"),
    }
)
"""What an app keeps of how it draws a calendar: a person's own also where the calendar is somebody else's."""


def patch(hall: Hall, place: Place, collection: CalendarCollection, request: ET.Element) -> Answer:
    """Set and remove properties, all or none."""
    asked = wanted(request, f"{D}propertyupdate")
    if not asked:
        raise RefusalError(400)
    path = place.path(f"{collection.path}/")
    protected = [name for name in asked if name in PROTECTED]
    if protected:
        return _refused(path, list(asked), protected, f"{D}cannot-modify-protected-property")
    kept = dict(collection.get_meta())
    for name, element in asked.items():
        if name == TRANSPARENT:
            _set_free(place.visit, hall, collection, free=is_transparent(element))
        elif element is None:
            kept.pop(make_human_tag(name), None)
        else:
            kept[make_human_tag(name)] = element.text or ""
    collection.set_meta(kept)
    place.visit.session.flush()
    done = multistatus.response(path, [(name, "") for name in asked])
    return multistatus.answer([done])


def draw(place: Place, collection: ShownCollection, request: ET.Element) -> Answer:
    """Keep how the visitor's own apps draw a calendar that is for reading, all or none; anything else is refused."""
    asked = wanted(request, f"{D}propertyupdate")
    if not asked:
        raise RefusalError(400)
    path = place.path(f"{collection.path}/")
    others = [name for name in asked if name not in DRAWN]
    if others:
        return _refused(path, list(asked), others, f"{D}need-privileges")
    collection.draw(
        {make_human_tag(name): None if new is None else new.text or "" for name, new in asked.items()}
    )
    place.visit.session.flush()
    return multistatus.answer([multistatus.response(path, [(name, "") for name in asked])])


def refuse_each(path: str, request: ET.Element) -> Answer:
    """What an app wants to keep at its reader's home: each is told that it is not.

    A bare 403 would be an error to the app; of a status for each it takes note.
    """
    names = list(wanted(request, f"{D}propertyupdate"))
    told = multistatus.element(f"{D}error", multistatus.element(f"{D}need-privileges"))
    stats = multistatus.propstat(403, [(name, "") for name in names])
    stats = stats.replace("</propstat>", f"{told}</propstat>")
    return multistatus.answer([multistatus.element(f"{D}response", multistatus.href(path) + stats)])


def wanted(request: ET.Element, root: str) -> dict[str, ET.Element | None]:
    """Each property and its new element, None where it is to go; the last word counts. Raises `RefusalError`."""
    found: dict[str, ET.Element | None] = {}
    for act in request:
        for prop in act.findall(f"{D}prop"):
            for element in prop:
                found[element.tag] = element if act.tag == f"{D}set" else None
    if request.tag != root:
        raise RefusalError(400)
    return found


def _refused(path: str, names: Sequence[str], protected: Sequence[str], why: str) -> Answer:
    told = multistatus.element(f"{D}error", multistatus.element(why))
    parts = [
        multistatus.propstat(403, [(name, "") for name in protected]).replace(
            "</propstat>", f"{told}</propstat>"
        ),
        multistatus.propstat(424, [(name, "") for name in names if name not in protected]),
    ]
    return multistatus.answer([multistatus.element(f"{D}response", multistatus.href(path) + "".join(parts))])


def is_transparent(element: ET.Element | None) -> bool:
    """Whether a calendar's events shall take no time (RFC 6638 §9.1)."""
    return element is not None and element.find(f"{C}transparent") is not None


def _set_free(visit: Visit, hall: Hall, collection: CalendarCollection, *, free: bool) -> None:
    """Whether a calendar's events take time; each block comes or goes at once. `bookings` always takes time."""
    calendar = collection.calendar
    if calendar.kind == published.BOOKINGS or calendar.free == free:
        return
    calendar.free = free
    visit.session.flush()
    if free:
        delete.open_calendar(visit, calendar)
        return
    session, zone, moment = visit.session, hall.config.zone, database.now(visit.session)
    rows = session.scalars(
        select(CalendarObject).where(
            CalendarObject.calendar_id == calendar.id,
            CalendarObject.component == "VEVENT",
            or_(CalendarObject.ends.is_(None), CalendarObject.ends > moment),
        )
    ).all()
    spans = expand.spans(session, calendar, rows, Window(moment, moment + stored.HORIZON), zone)
    for row in rows:
        sent = SafeCalendar(row.text, parse(row.text))
        taken = spans.get(row.id, []) if row.recurring else stored.single(row)
        periods = stored.busy(calendar, sent, taken, moment)
        stored.close(session, hall, visit.actor, calendar, row, sent, periods)
    session.flush()
