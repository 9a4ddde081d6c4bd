"""A reminder by hand, beside those that go out by themselves (K91)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor
from vorzimmer.booking.parts import load
from vorzimmer.messages import outbox
from vorzimmer.models import Booking, Message, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused

PAUSE = timedelta(minutes=1)


def remind(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """Send the reminder of a confirmed appointment to come now.

    Refuses with `WRONG_STATE` any other, with `INVALID` one without an address, with `RATE_LIMITED` a second one
    within a minute.
    """
    booking, moment = load.claimed(session, uid)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    if booking.status != Status.CONFIRMED or booking.starts <= moment:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    if not booking.email:
        raise Refused(Reason.INVALID, errors={"email": N_("There is no e-mail address.")})
    latest = select(func.max(Message.planned_at)).where(
        Message.booking_id == booking.id, Message.topic == "reminder", Message.planned_at <= moment
    )
    last = session.scalar(latest)
    if last is not None and last > moment - PAUSE:
        raise Refused(Reason.RATE_LIMITED)
    key = f"{uid}/reminder/by hand/{int(moment.timestamp())}"
    outbox.tell_person(session, hall, booking, "reminder", moment, recipient=booking.email, key=key)
    audit.write(session, moment, actor, "reminded", f"booking {uid}", after=audit.snapshot(booking))
    return booking
