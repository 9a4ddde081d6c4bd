"""Staff enter a booking for a customer: by telephone, at the desk (K77 to K79, O10 to O14)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from vorzimmer import access, availability, database, fields
from vorzimmer.access import Actor
from vorzimmer.availability import Wish
from vorzimmer.booking import load
from vorzimmer.booking.changes import record
from vorzimmer.booking.confirm import customer_for, start_payment
from vorzimmer.booking.details import Details, checked
from vorzimmer.booking.override import Override, allow
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Status


@dataclass(frozen=True)
class Entry:
    """What staff typed. `staff` None means any; an e-mail address is not needed (D5). `fields`: answers by slug."""

    service: str
    start: datetime
    name: str
    staff: str | None = None
    location: str | None = None
    email: str = ""
    phone: str = ""
    language: str = "de"
    seats: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)


def enter(
    session: Session, hall: Hall, actor: Actor, entry: Entry, override: Override | None = None
) -> Booking:
    """Make a confirmed booking; the customer is told where there is an address (K79).

    Refuses with `INVALID`, `NOT_OFFERED` (`warnings`) or `SLOT_TAKEN` (`conflicts`) unless overridden.
    """
    service = load.service(session, entry.service)
    languages = hall.config.settings.practice.languages
    typed = Details(entry.name, entry.email, entry.phone, "", entry.language, entry.fields)
    who = checked(typed, languages, fields.asked(session, service.id), by_staff=True)
    wish: Wish = {"staff": entry.staff, "location": entry.location, "seats": entry.seats}
    moment = database.now(session)
    placed = availability.placement(session, hall.plugins, service, entry.start, moment, **wish)
    ids = frozenset(item.resource.id for item in placed.assignment.items)
    database.claim(session, ids)
    moment = database.now(session)
    load.release_expired(session, ids, moment)
    wish["only"] = ids
    placed = availability.placement(session, hall.plugins, service, entry.start, moment, **wish)
    for item in placed.assignment.items:
        access.require(access.may_touch_resource(actor, item.resource.id) or item.resource.kind != "staff")
    guarded, notes = allow(actor, placed, override)
    booking = Booking(
        uid=str(uuid.uuid4()),
        status=Status.CONFIRMED,
        service=service,
        customer=customer_for(session, who.name, who.email, who.phone, who.language, moment),
        seats=entry.seats,
        price=service.price,
        currency=service.currency,
        source=actor.door,
        created_at=moment,
        changed_at=moment,
        name=who.name,
        email=who.email,
        phone=who.phone,
        language=who.language,
        fields=dict(who.fields),
    )
    load.put(booking, placed.assignment, entry.start, None, guarded=guarded)
    start_payment(hall, booking)
    session.add(booking)
    session.flush()
    record(session, hall, actor, booking, "confirmed", moment, details=notes)
    return booking
