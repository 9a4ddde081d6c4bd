"""Close what ran out: holds and undecided requests. Correctness does not wait for this (rule 45)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import audit
from vorzimmer.access import SYSTEM
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Booking, Status
from vorzimmer.practice import Hall


def overdue(session: Session, moment: datetime, limit: int = 100) -> list[str]:
    """The uids of holds and requests that have run out."""
    return list(
        session.scalars(
            select(Booking.uid)
            .where(Booking.status.in_([Status.HELD, Status.REQUESTED]), Booking.expires_at <= moment)
            .order_by(Booking.expires_at)
            .limit(limit)
        )
    )


def expire(session: Session, hall: Hall, uid: str) -> None:
    """Close one booking that has run out, if it still is so; the customer of a request is told (rule 50)."""
    booking, moment = load.claimed(session, uid)
    if booking.status not in (Status.HELD, Status.REQUESTED) or (booking.expires_at or moment) > moment:
        return
    before = audit.snapshot(booking)
    asked = booking.status == Status.REQUESTED
    status.change(booking, Status.EXPIRED)
    booking.sequence += asked
    record(session, hall, SYSTEM, booking, "expired" if asked else "released", moment, before=before)
    booking.allocations = []
