"""What people do in tests, by the core's own door: hold, type, confirm, ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from vorzimmer import availability, booking, database, urls
from vorzimmer.access import CUSTOMER, ROLES, Actor
from vorzimmer.models import AuditEntry, Booking, CalendarObject, Message
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.testing import berlin

DESK = Actor("empfang@praxis.example", "office", rights=ROLES["desk"])
OLGA = booking.Details("Александра Константинопольская-Воскресенская", "olga@kunde.example", language="ru")
TEN = "2027-03-02 10:00"  # a Tuesday; the clock of `practice` stands at Monday 08:00


def staff(resource_id: int, door: str = "office") -> Actor:
    """A therapist with the rights of one."""
    return Actor("anna@praxis.example", door, resource_id=resource_id, rights=ROLES["staff"])


def hold(hall: Hall, when: str = TEN, service: str = "massage", **wish: Any) -> Booking:
    """A customer holds a time."""
    request = booking.HoldRequest(service, berlin(when), **wish)
    return hall.database.write(lambda session: booking.hold(session, hall, CUSTOMER, request))


def type_details(hall: Hall, uid: str, who: booking.Details = OLGA) -> Booking:
    """The customer says who they are; a code goes out."""
    return hall.database.write(lambda session: booking.details(session, hall, CUSTOMER, uid, who))


def code_of(hall: Hall, held: Booking) -> str:
    """The digits of the newest mail."""
    with hall.database.reading() as session:
        return urls.code(hall.config, held.uid, booking.parts.load.booking(session, held.uid).code_issue)


def confirm(hall: Hall, held: Booking, code: str | None = None) -> Booking:
    """The customer types the code of the mail, or another one."""
    digits = code or code_of(hall, held)
    return hall.database.write(lambda session: booking.confirm(session, hall, CUSTOMER, held.uid, digits))


def book(
    hall: Hall, when: str = TEN, service: str = "massage", who: booking.Details = OLGA, **wish: Any
) -> Booking:
    """All of it: hold, details, code."""
    held = hold(hall, when, service, **wish)
    type_details(hall, held.uid, who)
    return confirm(hall, held)


def act(hall: Hall, use_case: Any, actor: Actor, *given: Any, **named: Any) -> Any:
    """Any use case in a transaction of its own."""
    return hall.database.write(lambda session: use_case(session, hall, actor, *given, **named))


def again(hall: Hall, uid: str) -> Booking:
    """The booking as it stands now."""
    with hall.database.reading() as session:
        return booking.parts.load.booking(session, uid)


def told(hall: Hall, uid: str) -> list[tuple[str, str]]:
    """Topic and state of every message to a person about a booking, in order."""
    with hall.database.reading() as session:
        found = session.scalars(
            select(Message)
            .join(Booking, Booking.id == Message.booking_id)
            .where(Booking.uid == uid)
            .order_by(Message.id)
        )
        return [(message.topic, message.state) for message in found if message.recipient]


def entries(hall: Hall, uid: str) -> list[tuple[str, str]]:
    """Act and door of every audit entry of a booking, in order."""
    with hall.database.reading() as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"booking {uid}").order_by(AuditEntry.id)
        )
        return [(entry.act, entry.door) for entry in found]


def calendar_texts(hall: Hall, uid: str) -> list[str]:
    """The calendar objects of a booking."""
    with hall.database.reading() as session:
        found = session.scalars(select(CalendarObject).where(CalendarObject.uid == uid))
        return [one.text for one in found]


def offered(hall: Hall, service: str, day: str, staff: str | None = None) -> list[datetime]:
    """The starts that the page offers on a day."""
    midnight = berlin(f"{day} 00:00")
    with hall.database.reading() as session:
        found = availability.free_slots(
            session,
            hall.plugins,
            booking.parts.load.service(session, service),
            Period(midnight, midnight + timedelta(days=1)),
            database.now(session),
            staff=staff,
        )
        return [slot.start for slot in found]
