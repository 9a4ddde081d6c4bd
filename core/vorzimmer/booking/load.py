"""How use cases find, claim and place bookings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, joinedload, selectinload

from vorzimmer import database
from vorzimmer.availability import Assignment
from vorzimmer.database import LostRace
from vorzimmer.models import Allocation, Booking, Service
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
    """An active service with its requirements, or `NOT_FOUND` (A12)."""
    found = session.scalars(_SERVICE, {"slug": slug}).unique().first()
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def booking(session: Session, uid: str) -> Booking:
    """A booking with all that belongs to it, or `NOT_FOUND`."""
    found = session.scalar(select(Booking).where(Booking.uid == uid).options(*WHOLE))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def locked(session: Session, uid: str) -> Booking:
    """The booking with its row locked against parallel acts (PostgreSQL; SQLite has one writer)."""
    session.execute(select(Booking.id).where(Booking.uid == uid).with_for_update())
    session.expire_all()
    return booking(session, uid)


def claimed(session: Session, uid: str, *, more: Iterable[int] = ()) -> tuple[Booking, datetime]:
    """The booking under the claim of its resources (and `more`), and the time after the claim.

    Raises `LostRace` where another act gave it other resources before the claim was had.
    """
    first = _resource_ids(session, uid) | set(more)
    database.claim(session, first)
    moment = database.now(session)
    found = locked(session, uid)
    if not {allocation.resource_id for allocation in found.allocations} <= first:
        raise LostRace
    release_expired(session, first, moment, keep=found)
    return found, moment


def _resource_ids(session: Session, uid: str) -> set[int]:
    return set(
        session.scalars(select(Allocation.resource_id).join(Booking).where(Booking.uid == uid)),
    )


def release_expired(
    session: Session, resource_ids: Iterable[int], moment: datetime, *, keep: Booking | None = None
) -> None:
    """Delete the allocations of expired holds: a constraint cannot look at the clock (rule 45).

    Those of `keep` stay, whose use case is at work on them.
    """
    session.execute(
        delete(Allocation)
        .where(
            Allocation.resource_id.in_(set(resource_ids)),
            Allocation.expires_at <= moment,
            Allocation.booking_id.is_distinct_from(keep.id if keep else None),
        )
        .execution_options(synchronize_session=False)
    )


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
