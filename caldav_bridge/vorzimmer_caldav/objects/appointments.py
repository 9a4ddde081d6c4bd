"""What a PUT and a DELETE mean for an appointment: moved, accepted, cancelled, noted; or refused.

What an app changed is told by what it last saw. A text says little of that: apps send all of it, whatever they
touched. The tag of If-Match tells, else the SEQUENCE that came back.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, booking, database
from vorzimmer.access import Right
from vorzimmer.booking.parts import published
from vorzimmer.icalendar.text import (
    CalendarDataError,
    Component,
    SafeCalendar,
    duration,
    parse,
    unescaped,
)
from vorzimmer.icalendar.writer import folded
from vorzimmer.icalendar.zones import Clock
from vorzimmer.models import AuditEntry, Booking, Calendar, CalendarObject, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer_caldav.objects import stored
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml import refusal

_LARGEST_EXTRAS = 32_768

# What a client may keep at a booking, beside alarms and X- properties; all else is the server's.
_CLIENTS_OWN = frozenset({"COLOR", "CATEGORIES", "PRIORITY"})

ELSEWHERE = "elsewhere_refused"
"""The act in the log where an app has put an appointment into another calendar, the first half of a move there."""
_HALF = timedelta(minutes=1)
"""How long an app takes at least from one half of such a move to the other."""


@dataclass(frozen=True)
class Times:
    """Start and end of an appointment in one version of it; `ends` None where an app does not say."""

    starts: datetime
    ends: datetime | None


def put(
    visit: Visit, hall: Hall, row: CalendarObject, sent: SafeCalendar, *, current: bool
) -> CalendarObject:
    """Do what was changed; what is the server's own is restored. `current`: the app has seen the last version."""
    session = visit.session
    entry, before = _single_event(sent), row.etag
    row.extras = client_lines(entry)
    session.flush()  # the use cases read everything anew
    found = session.get_one(Booking, row.booking_id)
    told = _sequence(entry)
    stale = not current and told is not None and told < found.sequence
    state = entry.value("STATUS").upper()
    if state == "CANCELLED":
        if stale:
            raise Refused(Reason.WRONG_STATE, status=found.status)
        cancel(visit, hall, found)
        return row
    if not stale:
        _keep_note(visit, hall, row, entry, found)
    wanted = _times(entry, sent, found)
    _move(
        visit,
        hall,
        found,
        wanted,
        Times(found.starts, found.ends) if current else _seen(session, found, told, wanted),
    )
    if state == "CONFIRMED" and found.status == Status.REQUESTED:
        booking.accept(session, hall, visit.actor, found.uid)
    if row.etag == before:
        published.publish(session, hall, found, database.now(session))
    if row.etag == before:  # the app reads anew what has come back, although it is what it was
        stored.deliver_again(session, row, database.now(session))
    return row


def _move(visit: Visit, hall: Hall, found: Booking, wanted: Times, seen: Times | None) -> None:
    """Move the appointment where its start was changed, and nothing else of its time.

    A start that was dragged while the end stayed is a longer or shorter appointment, which services do not allow.
    Refuses with `WRONG_STATE` where somebody else has moved it since.
    """
    if seen is None:
        raise Refused(Reason.WRONG_STATE, status=found.status)
    if wanted.ends and seen.ends and wanted.ends - wanted.starts != seen.ends - seen.starts:
        raise refusal.of_appointment("duration-fixed", "The service says how long this appointment lasts.")
    if wanted.starts in (seen.starts, found.starts):
        return
    if seen.starts != found.starts:
        raise Refused(Reason.WRONG_STATE, status=found.status)
    if wanted.starts <= database.now(visit.session) < found.starts:
        raise refusal.of_appointment("in-the-past", "This time is over.")
    booking.move(visit.session, hall, visit.actor, found.uid, booking.Target(wanted.starts))


def _seen(session: Session, found: Booking, told: int | None, wanted: Times) -> Times | None:
    """The times of the version that an app has changed which sent no tag; None where nobody knows it any more.

    Some apps raise SEQUENCE themselves: a time that the appointment had once is no wish of theirs, but an old copy.
    """
    now = Times(found.starts, found.ends)
    if wanted.starts == found.starts or (told is None and found.sequence == 0):
        return now
    versions: dict[int, Times] = {}
    entries = select(AuditEntry).where(AuditEntry.subject == f"booking {found.uid}").order_by(AuditEntry.id)
    for entry in session.scalars(entries):
        for said in (entry.before, entry.after):
            if said and {"sequence", "starts", "ends"} <= said.keys():
                starts, ends = (datetime.fromisoformat(said[name]) for name in ("starts", "ends"))
                versions[said["sequence"]] = Times(starts, ends)
    if told is not None and told < found.sequence:
        return versions.get(told)
    return next((one for one in versions.values() if one.starts == wanted.starts), now)


def _sequence(entry: Component) -> int | None:
    told = entry.value("SEQUENCE")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _single_event(sent: SafeCalendar) -> Component:
    entry = sent.entries[0]
    series = any(entry.first(name) for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    if len(sent.entries) > 1 or entry.name != "VEVENT" or series:
        raise CalendarDataError("valid-calendar-object-resource", "an appointment is a single event")
    return entry


def _times(entry: Component, sent: SafeCalendar, found: Booking) -> Times:
    line = entry.first("DTSTART")
    if line is None or "T" not in line.value:
        raise CalendarDataError("valid-calendar-data", "an appointment has a time")
    clock = Clock(sent.root, ZoneInfo(found.zone))
    starts, ends = clock.instant(line), None
    if (end := entry.first("DTEND")) and "T" in end.value:
        ends = clock.instant(end)
    elif entry.first("DURATION"):
        ends = starts + duration(entry.value("DURATION"))
    if clock.strange and starts != found.starts:  # nobody is told of a time that is guessed
        raise CalendarDataError("valid-calendar-data", f"the time zone {clock.strange[0]} is unknown")
    return Times(starts, ends)


# ---- what is kept of a text ------------------------------------------------------------------------------------------


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


def _keep_note(visit: Visit, hall: Hall, row: CalendarObject, entry: Component, found: Booking) -> None:
    """What somebody has typed into the description goes to the internal note of the appointment (O17).

    What was there before is the customer's, and comes back. Whoever may not write notes writes none here, either.
    """
    if not access.may(visit.actor, Right.NOTES):
        return
    shown = SafeCalendar(row.text, parse(row.text)).entries[0]
    known = {*_description(shown), *map(str.strip, found.note.splitlines())}
    typed = [line for line in _description(entry) if line not in known]
    if typed:
        note = "\n".join(filter(None, [found.note, *typed]))
        booking.change(visit.session, hall, visit.actor, found.uid, {"note": note})


def _description(entry: Component) -> list[str]:
    lines = map(str.strip, unescaped(entry.value("DESCRIPTION")).splitlines())
    return [line for line in lines if line]


# ---- the end of an appointment ---------------------------------------------------------------------------------------


def cancel(visit: Visit, hall: Hall, found: Booking) -> None:
    """An appointment that goes is cancelled, a request is declined."""
    act = booking.decline if found.status == Status.REQUESTED else booking.cancel
    act(visit.session, hall, visit.actor, found.uid)


def delete(visit: Visit, hall: Hall, row: CalendarObject) -> None:
    """Cancel; but not where it is the second half of a move to another calendar, whose first was refused (S8)."""
    found = visit.session.get_one(Booking, row.booking_id)
    last = visit.session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject == f"booking {found.uid}")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    if last is not None and last.act == ELSEWHERE and last.actor == visit.actor.name:
        pause = max(_HALF, timedelta(seconds=hall.config.settings.booking.undo_seconds))
        if last.at + pause > database.now(visit.session):
            raise refusal.of_appointment("stays", "An appointment stays in the calendar of the practice.")
    cancel(visit, hall, found)


def restore(visit: Visit, hall: Hall, calendar: Calendar, href: str, uid: str) -> CalendarObject | None:
    """Take back what was deleted at this place a moment ago; None where that was not so (S7)."""
    session = visit.session
    found = session.scalar(select(Booking).where(Booking.uid == uid))
    if found is None or calendar.kind != published.BOOKINGS or href != f"{uid}.ics":
        return None
    if booking.can_be_taken_back(session, hall, found, database.now(session)) is None:
        return None
    booking.take_back(session, hall, visit.actor, uid)
    return session.scalar(
        select(CalendarObject).where(CalendarObject.calendar_id == calendar.id, CalendarObject.uid == uid)
    )


def keep(visit: Visit, hall: Hall, uid: str) -> None:
    """An app was refused to put an appointment elsewhere: whichever half of the move comes second, it stays."""
    session, moment = visit.session, database.now(visit.session)
    found = session.scalar(select(Booking).where(Booking.uid == uid))
    if found is None or not access.may_touch_booking(visit.actor, found):
        return
    if booking.can_be_taken_back(session, hall, found, moment) is None:
        audit.write(session, moment, visit.actor, ELSEWHERE, f"booking {uid}")
        return
    with suppress(Refused), session.begin_nested():  # somebody else may have the time by now
        booking.take_back(session, hall, visit.actor, uid)
