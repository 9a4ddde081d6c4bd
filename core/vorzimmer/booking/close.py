"""How an appointment ended: the customer came, or did not (C15, K71, K72)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor
from vorzimmer.booking import load, status
from vorzimmer.booking.changes import record
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Reason, Refused


def complete(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The appointment took place. Also corrects `missed`."""
    return _close(session, hall, actor, uid, Status.COMPLETED)


def missed(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The customer did not come and had not cancelled (C15). Also corrects `completed`."""
    return _close(session, hall, actor, uid, Status.MISSED)


def _close(session: Session, hall: Hall, actor: Actor, uid: str, to: Status) -> Booking:
    booking, moment = load.claimed(session, uid)
    access.require(access.may_touch_booking(actor, booking))
    if booking.starts > moment:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    status.change(booking, to)
    record(session, hall, actor, booking, to.value, moment, before=before)
    return booking
