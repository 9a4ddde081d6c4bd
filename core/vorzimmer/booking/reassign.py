"""Hand an appointment to somebody else, or to another room, at the same time (rule 19, O32)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, availability
from vorzimmer.access import Actor
from vorzimmer.booking.offer import settle
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.record import kind_of, record
from vorzimmer.models import Booking, Resource
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused


def reassign(
    session: Session, hall: Hall, actor: Actor, uid: str, away: int, to: str, message: str = ""
) -> Booking:
    """Put the resource `to` (slug) in the place of `away` (id). The customer is told of another person, not of a room.

    Refuses with `SLOT_TAKEN` where it is not free then, with `NOT_OFFERED` where it can't do this or is away itself.
    """
    other = session.scalar(select(Resource).where(Resource.slug == to, Resource.active))
    if other is None:
        raise Refused(Reason.INVALID, errors={"decisions": N_("Please choose who takes it over.")})
    booking, moment = load.claimed(session, uid, more=[other.id])
    status.require_open(booking)
    for resource_id in (away, other.id):
        resource = session.get_one(Resource, resource_id)
        access.require(access.may_touch_resource(actor, resource_id) or resource.kind != "staff")
    taken = {allocation.resource_id for allocation in booking.allocations}
    chosen = availability.in_place_of(
        session, hall.plugins, booking, frozenset(taken - {away} | {other.id}), moment
    )
    before = audit.snapshot(booking)
    expires_at = booking.expires_at
    booking.allocations = []
    settle(booking)
    session.flush()  # its own time is not in its way (rule 71)
    load.put(booking, chosen, booking.starts, expires_at)
    kind = kind_of(before, booking)
    booking.sequence += kind != "reassigned"
    record(session, hall, actor, booking, kind, moment, before=before, details={"message": message})
    return booking
