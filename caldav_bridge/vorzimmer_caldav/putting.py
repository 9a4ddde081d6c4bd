"""What a PUT means: a booking is moved or cancelled, anything else is the person's own and closes its time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from vorzimmer import booking, database
from vorzimmer.booking import objects as published
from vorzimmer.hall import Hall
from vorzimmer.icalendar.text import CalendarDataError, Component, SafeCalendar
from vorzimmer.icalendar.writer import folded
from vorzimmer.icalendar.zones import Clock
from vorzimmer.models import Booking, Calendar, CalendarObject, Status
from vorzimmer_caldav import deleting, objects
from vorzimmer_caldav.multistatus import C
from vorzimmer_caldav.refusal import RefusalError
from vorzimmer_caldav.visit import Visit

_LARGEST_EXTRAS = 32_768
SUPPORTED = "C:supported-calendar-component-set"

# What a client may keep at a booking, beside alarms and X- properties; all else is the server's.
_CLIENTS_OWN = frozenset({"COLOR", "CATEGORIES", "PRIORITY"})


def put(
    visit: Visit, hall: Hall, calendar: Calendar, href: str, row: CalendarObject | None, sent: SafeCalendar
) -> CalendarObject:
    """Store what was sent at that place, under the claim; raises `Refused`, `RefusalError`, `CalendarDataError`."""
    if row is not None and row.booking_id is not None:
        return _put_booking(visit, hall, row, sent)
    check_component(calendar, sent)
    stored = objects.store(visit.session, hall, visit.actor, calendar, href, row, sent)
    if stored.expanded_until and stored.expanded_until < stored.modified_at + objects.HORIZON:
        raise CalendarDataError("max-instances", "more occurrences than are kept of one series")
    return stored


def check_component(calendar: Calendar, sent: SafeCalendar) -> None:
    """`bookings` holds events; a calendar made for some kinds of components holds these (RFC 4791 §5.2.3)."""
    allowed = "VEVENT" if calendar.kind == published.BOOKINGS else calendar.properties.get(SUPPORTED, "")
    if allowed and sent.entries[0].name not in allowed.split(","):
        raise CalendarDataError("supported-calendar-component", f"only {allowed} here")


def check_uid(visit: Visit, calendar: Calendar, row: CalendarObject | None, uid: str) -> None:
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


def _put_booking(visit: Visit, hall: Hall, row: CalendarObject, sent: SafeCalendar) -> CalendarObject:
    """Cancel, move, accept, or keep what is the client's own; what is the server's own is restored."""
    session = visit.session
    entry = _single_event(sent)
    row.extras = client_lines(entry)
    session.flush()  # the use cases read everything anew
    found = session.get_one(Booking, row.booking_id)
    starts = _start(entry, sent, found)
    status = entry.value("STATUS").upper()
    if status == "CANCELLED":
        deleting.cancel(visit, hall, found)
        return row
    moved = starts != found.starts
    if moved:
        booking.move(session, hall, visit.actor, found.uid, booking.Target(starts))
    if status == "CONFIRMED" and found.status == Status.REQUESTED:
        booking.accept(session, hall, visit.actor, found.uid)
    elif not moved:
        published.publish(session, hall, found, database.now(session))
    return row


def _single_event(sent: SafeCalendar) -> Component:
    entry = sent.entries[0]
    series = any(entry.first(name) for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    if len(sent.entries) > 1 or entry.name != "VEVENT" or series:
        raise CalendarDataError("valid-calendar-object-resource", "an appointment is a single event")
    return entry


def _start(entry: Component, sent: SafeCalendar, found: Booking) -> datetime:
    line = entry.first("DTSTART")
    if line is None or "T" not in line.value:
        raise CalendarDataError("valid-calendar-data", "an appointment has a time")
    clock = Clock(sent.root, ZoneInfo(found.zone))
    starts = clock.instant(line)
    if clock.strange and starts != found.starts:  # nobody is told of a time that is guessed
        raise CalendarDataError("valid-calendar-data", f"the time zone {clock.strange[0]} is unknown")
    return starts


def client_lines(entry: Component) -> str:
    """The lines of an event that are the client's own, folded again."""
    lines = [
        folded(f"{line.name}{line.params}:{line.value}")
        for line in entry.lines
        if line.name in _CLIENTS_OWN or line.name.startswith("X-")
    ]
    text = "".join(lines + [_alarm(child) for child in entry.children if child.name == "VALARM"])
    if len(text) > _LARGEST_EXTRAS:
        raise CalendarDataError(
            "max-resource-size", f"more than {_LARGEST_EXTRAS} characters of alarms and the like"
        )
    return text


def _alarm(alarm: Component) -> str:
    lines = "".join(folded(f"{line.name}{line.params}:{line.value}") for line in alarm.lines)
    return f"BEGIN:VALARM\r\n{lines}END:VALARM\r\n"
