"""Take a time for ten minutes: a real reservation in the transaction of the check (rule 44, O23)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from vorzimmer import availability, database, failpoint
from vorzimmer.access import Actor
from vorzimmer.availability import Assignment, Wish
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.online import require_open
from vorzimmer.booking.parts.record import record
from vorzimmer.booking.release import drop
from vorzimmer.database import LostRace
from vorzimmer.models import Booking, Service, Status
from vorzimmer.practice import Hall


@dataclass(frozen=True)
class HoldRequest:
    """What a customer chose. `staff` None means any; `replaces` is the uid of the hold that this one ends (rule 46)."""

    service: str
    start: datetime
    staff: str | None = None
    location: str | None = None
    seats: int = 1
    replaces: str | None = None


def hold(session: Session, hall: Hall, actor: Actor, request: HoldRequest) -> Booking:
    """Hold the time, or refuse with `SLOT_TAKEN` (with `alternatives`), `NOT_OFFERED`, `ONLINE_CLOSED`, `NOT_FOUND`.

    Notice is judged here and not again at the end (rule 49). The person is fixed here (rule 55).
    """
    failpoint.reach("begin")
    require_open(hall, actor)
    service = load.service(session, request.service)
    if request.replaces:
        drop(session, hall, actor, request.replaces)
    chosen, moment = take(session, hall, service, request)
    booking = Booking(
        uid=str(uuid.uuid4()),
        status=Status.HELD,
        service=service,
        seats=request.seats,
        price=service.price,
        currency=service.currency,
        source=actor.door,
        created_at=moment,
        changed_at=moment,
        expires_at=moment + timedelta(minutes=hall.config.settings.booking.hold_minutes),
    )
    load.put(booking, chosen, request.start, booking.expires_at)
    session.add(booking)
    session.flush()
    failpoint.reach("hold")
    record(session, hall, actor, booking, "held", moment)
    return booking


def take(session: Session, hall: Hall, service: Service, request: HoldRequest) -> tuple[Assignment, datetime]:
    """Choose, claim, look again: the assignment that is free under the claim, and the time after it (rule 57)."""
    wish: Wish = {"staff": request.staff, "location": request.location, "seats": request.seats}
    moment = database.now(session)
    chosen = availability.assignment(session, hall.plugins, service, request.start, moment, **wish)
    if chosen is None:
        raise availability.refusal(session, hall.plugins, service, request.start, moment, **wish)
    ids = frozenset(item.resource.id for item in chosen.items)
    database.claim(session, ids)
    failpoint.reach("claim")
    moment = database.now(session)
    load.release_expired(session, ids, moment)
    if hall.database.one_writer:  # nobody wrote since this transaction began
        return chosen, moment
    wish["only"] = ids
    again = availability.assignment(session, hall.plugins, service, request.start, moment, **wish)
    if again is None:
        raise LostRace
    return again, moment
