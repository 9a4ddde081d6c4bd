"""A booking as an object in the calendar of each person it occupies, and the calendars' change logs.

Beside `bookings` a person, room or device may have two calendars for others to read (decision 0010).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from vorzimmer.booking.parts import status
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Booking, Calendar, CalendarChange, CalendarObject, Model
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

BOOKINGS = "bookings"
FULL, BUSY = "full", "busy"
"""Kinds of the calendars that others read: all that is said of an appointment, or only when it is."""

_LOG = insert(Model.metadata.tables[CalendarChange.__tablename__])
_STANDING = select(CalendarObject).where(CalendarObject.booking_id == bindparam("booking"))
_BOOKINGS = select(Calendar).where(
    Calendar.resource_id == bindparam("resource"), Calendar.kind == BOOKINGS, Calendar.deleted_at.is_(None)
)
_COPIES = select(Calendar).where(
    Calendar.resource_id.in_(bindparam("resources", expanding=True)),
    Calendar.kind.in_((FULL, BUSY)),
    Calendar.deleted_at.is_(None),
)


def publish(session: Session, hall: Hall, booking: Booking, moment: datetime) -> None:
    """Bring the objects of a booking in line with it; the caller holds the claim of every resource concerned."""
    standing = {found.calendar_id: found for found in session.scalars(_STANDING, {"booking": booking.id})}
    wanted: dict[int, Calendar] = {}
    if booking.status in status.IN_CALENDAR:
        people = {a.resource_id for a in booking.allocations if a.resource.kind == "staff"}
        calendars = [bookings_calendar(session, resource_id) for resource_id in sorted(people)]
        calendars += copies(session, {a.resource_id for a in booking.allocations})
        wanted = {calendar.id: calendar for calendar in calendars}
    extras = next((found.extras for found in standing.values() if found.extras), "")
    for calendar_id in sorted(wanted):
        found = standing.get(calendar_id) or new(wanted[calendar_id], booking, extras)
        session.add(found)
        write(hall, wanted[calendar_id], found, booking, moment)
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


def copies(session: Session, resource_ids: Iterable[int]) -> list[Calendar]:
    """The calendars of these resources that others read; there are some where somebody has switched them on."""
    return list(session.scalars(_COPIES, {"resources": sorted(resource_ids)}))


def opaque(calendar: Calendar, kind: str, row_id: int) -> str:
    """UID and name of a copy: always the same, and telling nothing of what it is copied from."""
    return hashlib.sha256(f"{calendar.id} {kind} {row_id}".encode()).hexdigest()[:32]


def busy_word(hall: Hall) -> str:
    """What stands for all that is not told, in the practice's language."""
    return _in_practices_language(hall, N_("Busy"))


def _in_practices_language(hall: Hall, text: str) -> str:
    return hall.texts.reader(hall.config.settings.practice.languages[0]).gettext(text)


def new(calendar: Calendar, booking: Booking, extras: str = "") -> CalendarObject:
    """The object of a booking in a calendar, which says nothing yet."""
    own = calendar.kind == BOOKINGS
    uid = booking.uid if own else opaque(calendar, "booking", booking.id)
    return CalendarObject(
        calendar_id=calendar.id,
        href=f"{uid}.ics",
        uid=uid,
        booking_id=booking.id,
        extras=extras if own else "",
    )


def write(hall: Hall, calendar: Calendar, found: CalendarObject, booking: Booking, moment: datetime) -> None:
    """Let an object say what its calendar tells of the booking."""
    event = ical.booking_event(booking)
    if calendar.kind != BOOKINGS:  # when it takes the resource, which may be for a part only
        taken = [each for each in booking.allocations if each.resource_id == calendar.resource_id]
        starts, ends = min(each.starts for each in taken), max(each.ends for each in taken)
        event = replace(event, uid=found.uid, starts=starts, ends=ends)
    elif booking.note:  # that there is one; who may read it, reads it in the office
        told = _in_practices_language(hall, N_("There is an internal note in the office."))
        event = replace(event, description="\n".join(filter(None, [event.description, told])))
    if calendar.kind == BUSY:
        found.text = ical.busy_calendar(event, busy_word(hall), stamp=moment)
    else:
        found.text = ical.booking_calendar(booking, event=event, extras=found.extras, stamp=moment)
    found.etag = etag(found.text)
    found.starts, found.ends = event.starts, event.ends
    found.remarks = []
    found.modified_at = moment


def etag(text: str) -> str:
    """The entity tag of a text, without quotes."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
