"""Ask a customer to choose another time: the appointment stands until then (rule 19)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor
from vorzimmer.booking import load, status
from vorzimmer.booking.changes import record
from vorzimmer.hall import Hall
from vorzimmer.models import Booking
from vorzimmer.reasons import N_, Reason, Refused


def offer(session: Session, hall: Hall, actor: Actor, uid: str, message: str = "") -> Booking:
    """Mail the link to move it; until its start, for the deadlines are the customer's promise, not the practice's.

    Refuses with `WRONG_STATE` what is closed or over, with `INVALID` one without an address.
    """
    booking, moment = load.claimed(session, uid)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    status.require_open(booking)
    if booking.starts <= moment:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    if not booking.email:
        raise Refused(Reason.INVALID, errors={"decisions": N_("There is no e-mail address.")})
    before = audit.snapshot(booking)
    booking.offered_at = moment
    record(session, hall, actor, booking, "offered", moment, before=before, details={"message": message})
    return booking
