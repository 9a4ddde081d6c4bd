"""Take a cancellation by a calendar app back before anybody was told of it: it was a slip, or half of a move (S7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database, hookspecs
from vorzimmer.access import Actor
from vorzimmer.booking.close import anew, take_again
from vorzimmer.booking.confirm import expire_at
from vorzimmer.booking.offer import settle
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.record import record
from vorzimmer.messages import outbox
from vorzimmer.models import AuditEntry, Booking, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


def can_be_taken_back(session: Session, hall: Hall, booking: Booking, moment: datetime) -> Status | None:
    """What the appointment would be again, within the undo window; None where it is over or there was none."""
    if booking.status not in status.TAKEN_BACK:
        return None
    entry = session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject == f"booking {booking.uid}", AuditEntry.act.in_(status.TAKEN_BACK))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    pause = timedelta(seconds=hall.config.settings.booking.undo_seconds)
    if entry is None or entry.door != "caldav" or entry.at + pause <= moment:
        return None
    return Status((entry.before or {})["status"])


def take_back(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """Let the appointment stand again at its time; the message that waited is withdrawn, nobody is told anything.

    Refuses with `WRONG_STATE` where it is too late, and with `SLOT_TAKEN` where somebody has the time by now.
    """
    first = load.booking(session, uid)
    looked = anew(session, hall, first, None)
    needed = {item.resource.id for item in looked.assignment.items}
    booking, moment = load.claimed(session, uid, more=needed)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    to = can_be_taken_back(session, hall, booking, moment)
    if to is None:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    status.change(booking, to, status.TAKEN_BACK)
    take_again(session, hall, booking, looked)
    settle(booking)  # nobody need be called
    if to is Status.REQUESTED:
        expire_at(booking, _until(session, hall, booking))
    outbox.withdraw(session, booking, status.TAKEN_BACK)
    record(session, hall, actor, booking, "reinstated", moment, before=before)
    return booking


def _until(session: Session, hall: Hall, booking: Booking) -> datetime:
    """Until when a request waits that is asked once more."""
    policy = hall.plugins.ask_first(
        hookspecs.booking_policy, service=booking.service, start=booking.starts, now=database.now(session)
    )
    return min(policy.expires_at, booking.starts) if policy and policy.expires_at else booking.starts
