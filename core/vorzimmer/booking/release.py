"""Give a held time back before its end."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer.access import Actor
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused


def release(session: Session, hall: Hall, actor: Actor, uid: str) -> None:
    """End a hold; refuses with `WRONG_STATE` what is no hold any more."""
    booking, moment = load.claimed(session, uid)
    status.change(booking, Status.EXPIRED)
    booking.expires_at = moment
    booking.code_issue = 0  # its code is void
    booking.allocations = []
    record(session, hall, actor, booking, "released", moment)


def drop(session: Session, hall: Hall, actor: Actor, uid: str) -> None:
    """End a hold that another choice replaces, if it still is one (rule 46)."""
    try:
        release(session, hall, actor, uid)
    except Refused:
        return
