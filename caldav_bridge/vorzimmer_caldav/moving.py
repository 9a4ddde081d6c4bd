"""A MOVE: a private object gets another name or another calendar of the same person."""

from __future__ import annotations

from sqlalchemy import select

from vorzimmer.booking import objects as published
from vorzimmer.hall import Hall
from vorzimmer.icalendar.reader import read
from vorzimmer.models import Calendar, CalendarObject
from vorzimmer_caldav import objects, putting
from vorzimmer_caldav.multistatus import D
from vorzimmer_caldav.refusal import RefusalError
from vorzimmer_caldav.visit import Visit


def move(visit: Visit, hall: Hall, row: CalendarObject, to: Calendar, href: str) -> None:
    """Move an object; one that is there already goes. A booking stays where it is."""
    there = visit.session.scalar(
        select(CalendarObject).where(CalendarObject.calendar_id == to.id, CalendarObject.href == href)
    )
    if there is row:
        raise RefusalError(403, f"{D}need-privileges")
    if row.booking_id is not None or (there is not None and there.booking_id is not None):
        raise RefusalError(403, f"{D}need-privileges", why="An appointment is moved by its time.")
    if there is not None:
        objects.remove(visit.session, visit.actor, there)
    if row.calendar_id == to.id:
        _rename(visit, row, href)
        return
    sent = read(row.text.encode())
    objects.remove(visit.session, visit.actor, row)
    putting.put(visit, hall, to, href, None, sent)


def _rename(visit: Visit, row: CalendarObject, href: str) -> None:
    published.log_change(visit.session, row.calendar_id, row.href, gone=True)
    row.href = href
    published.log_change(visit.session, row.calendar_id, href)
    visit.session.flush()
