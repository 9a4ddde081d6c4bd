"""Cancel an appointment or a request: its time is free at once (rule 73)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor
from vorzimmer.booking.offer import settle
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.deadlines import require_in_time
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Booking, Status
from vorzimmer.practice import Hall


def cancel(session: Session, hall: Hall, actor: Actor, uid: str, message: str = "") -> Booking:
    """Cancel with an optional personal message (O15).

    A customer is bound to the service's deadline (`TOO_LATE`), staff are not. Refuses with `WRONG_STATE`.
    Of an appointment that was closed already it is a correction (K72): nobody is told that it won't take place.
    """
    booking, moment = load.claimed(session, uid)
    if actor.is_staff:
        access.require(access.may_touch_booking(actor, booking))
    else:
        require_in_time(hall, booking, moment, "cancel")
    before = audit.snapshot(booking)
    kind = "cancelled" if booking.status in status.OPEN else "corrected"
    status.change(booking, Status.CANCELLED)
    booking.sequence += 1
    booking.expires_at = None
    settle(booking)
    record(session, hall, actor, booking, kind, moment, before=before, details={"message": message})
    booking.allocations = []
    return booking
