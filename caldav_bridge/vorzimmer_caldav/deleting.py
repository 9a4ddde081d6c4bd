"""What a DELETE means: an appointment is cancelled, one's own goes, a calendar that a person made goes softly."""

from __future__ import annotations

from sqlalchemy import select

from vorzimmer import booking, database
from vorzimmer.booking import objects as published
from vorzimmer.hall import Hall
from vorzimmer.models import Block, Booking, Calendar, CalendarObject, Status
from vorzimmer_caldav import objects
from vorzimmer_caldav.multistatus import D
from vorzimmer_caldav.refusal import RefusalError
from vorzimmer_caldav.visit import Visit


def delete_object(visit: Visit, hall: Hall, row: CalendarObject) -> None:
    """Cancel, decline or remove; raises `Refused`."""
    if row.booking_id is not None:
        cancel(visit, hall, visit.session.get_one(Booking, row.booking_id))
        return
    objects.remove(visit.session, visit.actor, row)


def cancel(visit: Visit, hall: Hall, found: Booking) -> None:
    """An appointment that goes is cancelled, a request is declined."""
    act = booking.decline if found.status == Status.REQUESTED else booking.cancel
    act(visit.session, hall, visit.actor, found.uid)


def delete_calendar(visit: Visit, calendar: Calendar) -> None:
    """Hide a private calendar and open its time again (T7, A136); the server's own stay."""
    if calendar.kind == published.BOOKINGS:
        raise RefusalError(403, f"{D}need-privileges", why="This calendar belongs to the practice.")
    session = visit.session
    closing = session.execute(
        select(CalendarObject, Block)
        .join(Block, Block.id == CalendarObject.block_id)
        .where(CalendarObject.calendar_id == calendar.id)
    ).all()
    for row, block in closing:
        objects.open_again(session, visit.actor, row, block)
    calendar.deleted_at = database.now(session)
    session.flush()
