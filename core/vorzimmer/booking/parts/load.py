"""How use cases find, claim and place bookings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from vorzimmer import database
from vorzimmer.addresses import leads_to
from vorzimmer.availability import Assignment
from vorzimmer.database import LostRace
from vorzimmer.models import Allocation, Booking, Model, Service
from vorzimmer.reasons import Reason, Refused

WHOLE = (
    joinedload(Booking.location),
    joinedload(Booking.staff),
    joinedload(Booking.customer),
    joinedload(Booking.service),
    selectinload(Booking.allocations).joinedload(Allocation.resource),
)


_SERVICE = (
    select(Service)
    .where(Service.slug == bindparam("slug"), Service.active)
    .options(joinedload(Service.requirements))
)


def service(session: Session, slug: str) -> Service:
    """An active service with its requirements, also by what it was called before (B31), or `NOT_FOUND` (A12)."""
    found = session.scalars(_SERVICE, {"slug": slug}).unique().first()
    if found is None and (now := leads_to(session, Service, slug)) is not None:
        found = session.scalars(_SERVICE, {"slug": now}).unique().first()
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


_BOOKING = (
    select(Booking)
    .where(Booking.uid == bindparam("uid"))
    .options(*WHOLE[:-1], joinedload(Booking.allocations).joinedload(Allocation.resource))
)


def booking(session: Session, uid: str) -> Booking:
    """A booking with all that belongs to it, or `NOT_FOUND`."""
    found = session.scalars(_BOOKING, {"uid": uid}).unique().first()
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def locked(session: Session, uid: str) -> Booking:
    """The booking with its row locked against parallel acts (PostgreSQL; SQLite has one writer)."""
    if not database.alone(session):
        session.execute(select(Booking.id).where(Booking.uid == uid).with_for_update())
        session.expire_all()
    return booking(session, uid)


def claimed(session: Session, uid: str, *, more: Iterable[int] = ()) -> tuple[Booking, datetime]:
    """The booking under the claim of its resources (and `more`), and the time after the claim.

    Raises `LostRace` where another act gave it other resources before the claim was had.
    """
    found = booking(session, uid)
    first = {allocation.resource_id for allocation in found.allocations} | set(more)
    database.claim(session, first)
    moment = database.now(session)
    if not database.alone(session):
        found = locked(session, uid)
    if not {allocation.resource_id for allocation in found.allocations} <= first:
        raise LostRace
    release_expired(session, first, moment, keep=found)
    return found, moment


_ALLOCATION = Model.metadata.tables[Allocation.__tablename__]
_RELEASE = delete(_ALLOCATION).where(
    # not by the index of the resource, which has years of appointments: few rows expire at all
    (_ALLOCATION.c.resource_id + 0).in_(bindparam("ids", expanding=True)),
    _ALLOCATION.c.expires_at <= bindparam("moment"),
    func.coalesce(_ALLOCATION.c.booking_id, -1) != bindparam("keep"),
)


def release_expired(
    session: Session, resource_ids: Iterable[int], moment: datetime, *, keep: Booking | None = None
) -> None:
    """Delete the allocations of expired holds: a constraint cannot look at the clock (rule 45).

    Those of `keep` stay, whose use case is at work on them.
    """
    given = {"ids": list(resource_ids), "moment": moment, "keep": keep.id if keep else 0}
    session.execute(_RELEASE, given)


def put(
    booking: Booking,
    chosen: Assignment,
    start: datetime,
    expires_at: datetime | None,
    *,
    guarded: bool = True,
) -> None:
    """Give the booking its place, times and allocations; the wall-clock promise is kept beside the instant (rule 1)."""
    booking.location = chosen.location
    booking.staff = next((item.resource for item in chosen.items if item.resource.kind == "staff"), None)
    booking.starts = start
    booking.ends = start + timedelta(minutes=booking.service.minutes)
    booking.zone = chosen.location.zone
    booking.wall = start.astimezone(ZoneInfo(booking.zone)).strftime("%Y-%m-%dT%H:%M:%S")
    booking.allocations = [
        Allocation(
            resource=item.resource,
            requirement_id=item.requirement_id,
            starts=item.starts,
            ends=item.ends,
            before=item.before,
            after=item.after,
            seat=item.seat,
            expires_at=expires_at,
            guarded=guarded,
        )
        for item in chosen.items
    ]
