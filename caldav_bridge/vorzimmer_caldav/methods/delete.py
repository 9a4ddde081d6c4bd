"""What a DELETE means: an appointment is cancelled, one's own goes, a calendar that a person made goes softly."""

from __future__ import annotations

from sqlalchemy import select, update

from vorzimmer import booking, database
from vorzimmer.booking.parts import published
from vorzimmer.models import Calendar, CalendarObject
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects import appointments, stored
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml.multistatus import D
from vorzimmer_caldav.xml.refusal import RefusalError


def delete_object(visit: Visit, hall: Hall, row: CalendarObject) -> None:
    """Cancel, decline or remove; raises `Refused`, `RefusalError`."""
    if row.booking_id is not None:
        appointments.delete(visit, hall, row)
        return
    stored.remove(visit.session, visit.actor, row)


def delete_calendar(visit: Visit, calendar: Calendar) -> None:
    """Hide a private calendar and open its time again (T7, A136); the server's own stay."""
    if calendar.kind == published.BOOKINGS:
        raise RefusalError(403, f"{D}need-privileges", why="This calendar belongs to the practice.")
    session = visit.session
    open_calendar(visit, calendar)
    calendar.deleted_at = database.now(session)
    session.flush()


def open_calendar(visit: Visit, calendar: Calendar) -> None:
    """Let none of a calendar's events take time any more."""
    session = visit.session
    here = CalendarObject.calendar_id == calendar.id
    closing = session.execute(
        select(CalendarObject.id, CalendarObject.block_id).where(here, CalendarObject.block_id.is_not(None))
    ).all()
    stored.drop_copies(session, calendar.resource_id, [row.id for row in closing])
    session.execute(update(CalendarObject).where(here).values(block_id=None))
    blocks = [row.block_id for row in closing]
    booking.delete_blocks(session, visit.actor, calendar.resource_id, blocks)
