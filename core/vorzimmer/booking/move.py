"""Move an appointment: another time, person or service, in one atomic step (rules 60, 71, 72)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from vorzimmer import access, audit, availability, database
from vorzimmer.access import Actor
from vorzimmer.availability import Assignment, Placement, Wish
from vorzimmer.booking.offer import settle
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.deadlines import require_in_time
from vorzimmer.booking.parts.override import Override, allow, require_still_free
from vorzimmer.booking.parts.record import kind_of, record
from vorzimmer.database import LostRace
from vorzimmer.models import Booking
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


@dataclass(frozen=True)
class Target:
    """Where to, by slugs. `staff` None keeps the person (rule 60), `service` None the service.

    `location` None keeps the place where that is on offer there, else takes the one that fits best.
    `is_offered`: staff chose the start from those they are offered, without customers' notice and horizon.
    """

    start: datetime
    staff: str | None = None
    service: str | None = None
    location: str | None = None
    is_offered: bool = False


def move(
    session: Session,
    hall: Hall,
    actor: Actor,
    uid: str,
    target: Target,
    *,
    sequence: int | None = None,
    message: str = "",
    override: Override | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Booking:
    """Move the booking; the old time is released only as the new one is taken.

    `fields` are columns that are set in the same step: one act is one change.
    A customer's move must be offered and in time. Staff may break rules with `override`; a true conflict only with
    level `double` (rule 42). A stale `sequence` refuses with `WRONG_STATE` (A109).
    """
    first = load.booking(session, uid)
    status.require_open(first)
    _may(hall, actor, first, database.now(session))
    looked = look(session, hall, actor, first, target)
    ids = {item.resource.id for item in looked.assignment.items}
    booking, moment = load.claimed(session, uid, more=ids)
    status.require_open(booking)
    if sequence is not None and sequence != booking.sequence:
        raise Refused(Reason.WRONG_STATE, status=booking.status, sequence=booking.sequence)
    claimed = frozenset(ids | {allocation.resource_id for allocation in booking.allocations})
    placed = look(session, hall, actor, booking, target, claimed)
    require_still_free(hall, looked, placed)
    chosen = placed.assignment
    guarded, notes = allow(session, actor, placed, override) if actor.is_staff else (True, {})
    if not _differs(booking, chosen, target):
        return booking
    before = audit.snapshot(booking) | {name: getattr(booking, name) for name in fields or ()}
    if target.service:
        booking.service = load.service(session, target.service)
        booking.price, booking.currency = booking.service.price, booking.service.currency
    expires_at = min(booking.expires_at, target.start) if booking.expires_at else None
    booking.allocations = []
    session.flush()  # the own old time does not conflict with itself (rule 71)
    booking.expires_at = expires_at
    settle(booking)
    load.put(booking, chosen, target.start, expires_at, guarded=guarded)
    for name, value in (fields or {}).items():
        setattr(booking, name, value)
    kind = kind_of(before, booking)
    booking.sequence += kind != "reassigned"
    details = {**(fields or {}), "message": message, **notes}
    record(session, hall, actor, booking, kind, moment, before=before, details=details)
    return booking


def stays(booking: Booking, start: datetime, staff: str | None) -> bool:
    """Whether a move to this start would leave the booking where it is. `staff`: a slug, None for any person."""
    own = booking.staff.slug if booking.staff else None
    return start == booking.starts and staff in (None, own)


def _differs(booking: Booking, chosen: Assignment, target: Target) -> bool:
    """Whether anything would change: nobody is told of a move to where the appointment is."""
    taken = {allocation.resource_id for allocation in booking.allocations}
    stays = booking.starts == target.start and taken == {item.resource.id for item in chosen.items}
    here = booking.location_id == chosen.location.id
    return not (stays and here) or target.service not in (None, booking.service.slug)


def _may(hall: Hall, actor: Actor, booking: Booking, moment: datetime) -> None:
    if actor.is_staff:
        access.require(access.may_touch_booking(actor, booking))
    else:
        require_in_time(hall, booking, moment, "move")


def look(
    session: Session,
    hall: Hall,
    actor: Actor,
    booking: Booking,
    target: Target,
    only: frozenset[int] | None = None,
) -> Placement:
    """Where a move would put it, and what that breaks; a customer's is on offer, else refused as `move` does.

    `only` are the resources that are claimed.
    """
    service = load.service(session, target.service) if target.service else booking.service
    staff = target.staff or (booking.staff.slug if booking.staff else None)
    moment = database.now(session)
    wish: Wish = {"staff": staff, "seats": booking.seats, "ignoring": booking.id, "only": only}
    wish["location"] = target.location or booking.location.slug
    if not actor.is_staff:
        wish["customer"] = booking.customer
        chosen = availability.assignment(session, hall.plugins, service, target.start, moment, **wish)
        if chosen is None and target.location is None:
            wish["location"] = None
            chosen = availability.assignment(session, hall.plugins, service, target.start, moment, **wish)
        if chosen is None and only is not None and not hall.database.one_writer:
            raise LostRace
        if chosen is None:
            refusal = availability.refusal(session, hall.plugins, service, target.start, moment, **wish)
            if near := refusal.facts.get("alternatives"):
                others = [slot for slot in near if not stays(booking, slot.start, staff)]
                refusal.facts["alternatives"] = others
            raise refusal
        return Placement(chosen, [], [])
    wish["by_staff"] = target.is_offered
    if target.location is None:
        here = availability.assignment(session, hall.plugins, service, target.start, moment, **wish)
        wish["location"] = booking.location.slug if here else None
    placed = availability.placement(session, hall.plugins, service, target.start, moment, **wish)
    for item in placed.assignment.items:
        access.require(access.may_touch_resource(actor, item.resource.id) or item.resource.kind != "staff")
    return placed
