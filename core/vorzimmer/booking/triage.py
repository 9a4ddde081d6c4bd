"""Somebody will be away: what becomes of each appointment in that time (rule 19, O31 to O34, B9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import availability, database
from vorzimmer.access import Actor, may_touch_resource
from vorzimmer.booking import load
from vorzimmer.booking.cancel import cancel
from vorzimmer.booking.offer import offer
from vorzimmer.booking.reassign import reassign
from vorzimmer.booking.release import release
from vorzimmer.database import LostRace
from vorzimmer.hall import Hall
from vorzimmer.models import Allocation, Booking, Resource, Status
from vorzimmer.periods import Period
from vorzimmer.reasons import N_, Reason, Refused

KEEP, OFFER, CANCEL, REASSIGN = "keep", "offer", "cancel", "reassign:"
BLOCKING = (Status.HELD, Status.REQUESTED, Status.CONFIRMED)


def affected(session: Session, resource_id: int, period: Period, moment: datetime) -> list[Booking]:
    """Appointments, requests and running holds of the resource that overlap the period, first ones first."""
    occupying = select(Allocation.booking_id).where(
        Allocation.resource_id == resource_id,
        Allocation.ends > period.start,
        Allocation.starts < period.end,
        Allocation.expires_at.is_(None) | (Allocation.expires_at > moment),
    )
    wanted = select(Booking).where(
        Booking.id.in_(occupying), Booking.status.in_(BLOCKING), Booking.ends > moment
    )
    whole = (*load.WHOLE, selectinload(Booking.payments))
    return list(session.scalars(wanted.options(*whole).order_by(Booking.starts, Booking.id)))


def stand_ins(
    session: Session, hall: Hall, actor: Actor, bookings: Sequence[Booking], away: int, moment: datetime
) -> dict[str, list[Resource]]:
    """For each appointment (by uid) who or what is free to take it over, as far as the actor may decide that."""
    standing = [booking for booking in bookings if booking.status != Status.HELD]
    found = availability.stand_ins(session, hall.plugins, standing, away, moment)
    return {
        uid: [other for other in others if other.kind != "staff" or may_touch_resource(actor, other.id)]
        for uid, others in found.items()
    }


def settle(
    session: Session,
    hall: Hall,
    actor: Actor,
    resource_id: int,
    period: Period,
    decisions: Mapping[str, str],
    message: str = "",
) -> list[Booking]:
    """Do with each appointment what was decided: `keep`, `offer`, `cancel`, `reassign:<slug>`; all or nothing.

    The claim of everything concerned is taken here, so that no booking slips in meanwhile. Refuses with `AFFECTED`
    (`bookings`: those without a decision), `INVALID`, and as `cancel` and `reassign` do (`booking`: which one).
    """
    ids = {resource_id, *_named(session, decisions)}
    before = affected(session, resource_id, period, database.now(session))
    ids |= {allocation.resource_id for booking in before for allocation in booking.allocations}
    database.claim(session, ids)
    moment = database.now(session)
    found = affected(session, resource_id, period, moment)
    if any(allocation.resource_id not in ids for booking in found for allocation in booking.allocations):
        raise LostRace
    undecided = [booking for booking in found if not decisions.get(booking.uid)]
    if undecided:
        raise Refused(Reason.AFFECTED, bookings=undecided)
    for booking in found:
        try:
            _do(session, hall, actor, booking, resource_id, decisions[booking.uid], message)
        except Refused as refusal:
            refusal.facts["booking"] = booking.uid  # which one it was
            raise
    return found


def _named(session: Session, decisions: Mapping[str, str]) -> Sequence[int]:
    """The ids of those who shall take something over."""
    slugs = {what.removeprefix(REASSIGN) for what in decisions.values() if what.startswith(REASSIGN)}
    return session.scalars(select(Resource.id).where(Resource.slug.in_(slugs))).all() if slugs else []


def _do(
    session: Session, hall: Hall, actor: Actor, booking: Booking, away: int, decision: str, message: str
) -> None:
    if decision == KEEP:
        return
    if decision == CANCEL and booking.status == Status.HELD:
        release(session, hall, actor, booking.uid)
    elif decision == OFFER and booking.status != Status.HELD:
        offer(session, hall, actor, booking.uid, message)
    elif decision == CANCEL:
        cancel(session, hall, actor, booking.uid, message)
    elif decision.startswith(REASSIGN):
        reassign(session, hall, actor, booking.uid, away, decision.removeprefix(REASSIGN), message)
    else:
        raise Refused(Reason.INVALID, errors={"decisions": N_("Please decide on each appointment.")})
