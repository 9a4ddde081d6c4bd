"""Staff accept or decline a request, one by one (O60)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor
from vorzimmer.availability import standing
from vorzimmer.booking.confirm import expire_at
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.override import Override, allow_closed
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Booking, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


def accept(
    session: Session,
    hall: Hall,
    actor: Actor,
    uid: str,
    message: str = "",
    *,
    override: Override | None = None,
) -> Booking:
    """Make a request an appointment. It blocked its time all along (rule 50); one that has run out is refused.

    Where the time has been closed meanwhile, `NOT_OFFERED` (`warnings`) unless overridden (rules 19, 42).
    """
    booking, moment = _open(session, actor, uid)
    reasons = standing.against(session, hall.plugins, standing.one(session, booking)).get(uid, [])
    notes = allow_closed(actor, [one.why for one in reasons], override)
    return _decide(session, hall, actor, booking, moment, Status.CONFIRMED, {"message": message, **notes})


def decline(session: Session, hall: Hall, actor: Actor, uid: str, message: str = "") -> Booking:
    """Refuse a request and free its time."""
    booking, moment = _open(session, actor, uid)
    _decide(session, hall, actor, booking, moment, Status.DECLINED, {"message": message})
    booking.allocations = []
    return booking


def _open(session: Session, actor: Actor, uid: str) -> tuple[Booking, datetime]:
    """The request under its claim, if it still is one."""
    booking, moment = load.claimed(session, uid)
    access.require(access.may_touch_booking(actor, booking))
    if booking.status != Status.REQUESTED or (booking.expires_at and booking.expires_at <= moment):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    return booking, moment


def _decide(
    session: Session,
    hall: Hall,
    actor: Actor,
    booking: Booking,
    moment: datetime,
    to: Status,
    details: dict[str, str],
) -> Booking:
    before = audit.snapshot(booking)
    status.change(booking, to)
    booking.sequence += 1
    expire_at(booking, None)
    kind = "accepted" if to is Status.CONFIRMED else "declined"
    record(session, hall, actor, booking, kind, moment, before=before, details=details)
    return booking
