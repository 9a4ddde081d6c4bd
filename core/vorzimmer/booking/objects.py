"""A booking as an object in the calendar of each person it occupies, and the calendars' change logs."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from vorzimmer import ical
from vorzimmer.booking import status
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Calendar, CalendarChange, CalendarObject, Model

BOOKINGS = "bookings"


_LOG = insert(Model.metadata.tables[CalendarChange.__tablename__])
_STANDING = select(CalendarObject).where(CalendarObject.booking_id == bindparam("booking"))
_BOOKINGS = select(Calendar).where(
    Calendar.resource_id == bindparam("resource"), Calendar.kind == BOOKINGS, Calendar.deleted_at.is_(None)
)


def publish(session: Session, hall: Hall, booking: Booking, moment: datetime) -> None:
    """Bring the objects of a booking in line with it; the caller holds the claim of every resource concerned."""
    standing = {found.calendar_id: found for found in session.scalars(_STANDING, {"booking": booking.id})}
    wanted: dict[int, Calendar] = {}
    if booking.status in status.IN_CALENDAR:
        people = {a.resource_id for a in booking.allocations if a.resource.kind == "staff"}
        calendars = [bookings_calendar(session, resource_id) for resource_id in sorted(people)]
        wanted = {calendar.id: calendar for calendar in calendars}
    extras = next((found.extras for found in standing.values() if found.extras), "")
    for calendar_id in sorted(wanted):
        found = standing.get(calendar_id) or _new(session, calendar_id, booking, extras)
        _write(found, ical.booking_calendar(booking, extras=found.extras, stamp=moment), booking, moment)
        log_change(session, calendar_id, found.href)
    for calendar_id in sorted(standing.keys() - wanted.keys()):
        log_change(session, calendar_id, standing[calendar_id].href, gone=True)
        session.delete(standing[calendar_id])


def bookings_calendar(session: Session, resource_id: int) -> Calendar:
    """The calendar `bookings` of a resource, made at its first use (under the claim of the resource)."""
    found = session.scalar(_BOOKINGS, {"resource": resource_id})
    if found is None:
        found = Calendar(resource_id=resource_id, slug=BOOKINGS, kind=BOOKINGS, properties={})
        session.add(found)
        session.flush()
    return found


def log_change(session: Session, calendar_id: int, href: str, *, gone: bool = False) -> None:
    """Add a row to a calendar's change log; its number is the calendar's new sync token (RFC 6578)."""
    calendar = session.get_one(Calendar, calendar_id)
    calendar.sequence += 1
    change = {"calendar_id": calendar_id, "sequence": calendar.sequence, "href": href, "gone": gone}
    session.execute(_LOG, change)


def _new(session: Session, calendar_id: int, booking: Booking, extras: str) -> CalendarObject:
    made = CalendarObject(
        calendar_id=calendar_id,
        href=f"{booking.uid}.ics",
        uid=booking.uid,
        booking_id=booking.id,
        extras=extras,
    )
    session.add(made)
    return made


def _write(found: CalendarObject, text: str, booking: Booking, moment: datetime) -> None:
    found.text = text
    found.etag = etag(text)
    found.starts, found.ends = booking.starts, booking.ends
    found.modified_at = moment


def etag(text: str) -> str:
    """The entity tag of a text, without quotes."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
