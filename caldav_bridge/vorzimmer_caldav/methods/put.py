"""What a PUT means: an appointment is changed, anything else is the person's own and closes its time."""

from __future__ import annotations

from sqlalchemy import select

from vorzimmer.booking.parts import published
from vorzimmer.icalendar.text import CalendarDataError, SafeCalendar
from vorzimmer.models import Booking, Calendar, CalendarObject
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects import appointments, copies
from vorzimmer_caldav.objects import stored as objects
from vorzimmer_caldav.storage.collections import SUPPORTED
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml.multistatus import C
from vorzimmer_caldav.xml.refusal import RefusalError


def put(
    visit: Visit,
    hall: Hall,
    calendar: Calendar,
    href: str,
    row: CalendarObject | None,
    sent: SafeCalendar,
    *,
    current: bool,
) -> CalendarObject:
    """Store what was sent at that place, under the claim; raises `Refused`, `RefusalError`, `CalendarDataError`.

    `current`: the tag of what is there was sent along. What is there already changes nothing.
    """
    uid = objects.check(sent)
    row = row or appointments.restore(visit, hall, calendar, href, uid)
    _check_uid(visit, calendar, row, uid)
    remarks = [remark.record() for remark in sent.remarks]
    if row is not None and row.text == sent.text:
        row.remarks = remarks
        return row
    if row is not None and row.booking_id is not None:
        stored = appointments.put(visit, hall, row, sent, current=current)
        stored.remarks = remarks
        return stored
    check_component(calendar, sent)
    sent = copies.marked(visit.session, hall, sent)
    stored = objects.store(visit.session, hall, visit.actor, calendar, href, row, sent)
    if stored.expanded_until and stored.expanded_until < stored.modified_at + objects.HORIZON:
        raise CalendarDataError("max-instances", "more occurrences than are kept of one series")
    return stored


def check_component(calendar: Calendar, sent: SafeCalendar) -> None:
    """`bookings` holds events; a calendar made for some kinds of components holds these (RFC 4791 §5.2.3)."""
    allowed = "VEVENT" if calendar.kind == published.BOOKINGS else calendar.properties.get(SUPPORTED, "")
    if allowed and sent.entries[0].name not in allowed.split(","):
        raise CalendarDataError("supported-calendar-component", f"only {allowed} here")


def _check_uid(visit: Visit, calendar: Calendar, row: CalendarObject | None, uid: str) -> None:
    """Refuse another UID on an address, a UID that is at another address, and that of an appointment (A137)."""
    if row is not None:
        if row.uid != uid:
            raise RefusalError(409, f"{C}no-uid-conflict")
        return
    session = visit.session
    other = session.scalar(
        select(CalendarObject.href).where(
            CalendarObject.calendar_id == calendar.id, CalendarObject.uid == uid
        )
    )
    if other is not None or session.scalar(select(Booking.id).where(Booking.uid == uid)):
        raise RefusalError(409, f"{C}no-uid-conflict")
