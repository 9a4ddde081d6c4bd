"""Staff accept or decline a request, one by one (O60)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor
from vorzimmer.booking import load, status
from vorzimmer.booking.changes import record
from vorzimmer.booking.confirm import expire_at
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Reason, Refused


def accept(session: Session, hall: Hall, actor: Actor, uid: str, message: str = "") -> Booking:
    """Make a request an appointment. It blocked its time all along (rule 50); one that has run out is refused."""
    return _decide(session, hall, actor, uid, Status.CONFIRMED, "accepted", message)


def decline(session: Session, hall: Hall, actor: Actor, uid: str, message: str = "") -> Booking:
    """Refuse a request and free its time."""
    return _decide(session, hall, actor, uid, Status.DECLINED, "declined", message)


def _decide(
    session: Session, hall: Hall, actor: Actor, uid: str, to: Status, kind: str, message: str
) -> Booking:
    booking, moment = load.claimed(session, uid)
    access.require(access.may_touch_booking(actor, booking))
    if booking.status != Status.REQUESTED or (booking.expires_at and booking.expires_at <= moment):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    status.change(booking, to)
    booking.sequence += 1
    expire_at(booking, None)
    record(session, hall, actor, booking, kind, moment, before=before, details={"message": message})
    if to == Status.DECLINED:
        booking.allocations = []
    return booking
