"""Enter, list and delete absences; each in one transaction, with the claim of the resource (rules 18, 19)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.models import Allocation, Booking, Resource, Status
from vorzimmer.periods import MINUTES_A_DAY, Period, local_instant
from vorzimmer.reasons import Reason, Refused
from vorzimmer_absences.models import Absence, Kind

BLOCKING = (Status.HELD, Status.REQUESTED, Status.CONFIRMED)


def period_of(start: date | datetime, end: date | datetime, zone: ZoneInfo) -> Period:
    """What an absence covers. Dates are local days of `zone`, `end` inclusive; times must be aware (rule 18).

    Raises `Refused(INVALID)` for an end that is not after the start, or a date beside a time.
    """
    if isinstance(start, datetime) and isinstance(end, datetime):
        period = Period(start, end)
    elif isinstance(start, datetime) or isinstance(end, datetime):
        raise Refused(Reason.INVALID, errors={"end": "not the same form as the start"})
    else:
        first = local_instant(start, 0, zone, edge="start")
        period = Period(first, local_instant(end, MINUTES_A_DAY, zone, edge="end"))
    if period.start >= period.end:
        raise Refused(Reason.INVALID, errors={"end": "not after the start"})
    return period


def zone_of(resource: Resource | Booking, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of local days: that of the fixed place, if there is one, else the practice's."""
    return ZoneInfo(resource.location.zone) if resource.location else otherwise


def enter(
    session: Session,
    actor: Actor,
    resource_id: int,
    start: date | datetime,
    end: date | datetime,
    kind: Kind,
    *,
    zone: ZoneInfo,
    keep: Collection[str] = (),
) -> Absence:
    """Enter an absence. `keep` holds the uids of appointments that shall stay in it all the same.

    Raises `Refused`: `AFFECTED` with `bookings`, the appointments in it that nobody decided on (rule 19);
    `INVALID`; `FORBIDDEN`; `NOT_FOUND`.
    """
    require(actor, resource_id)
    database.claim(session, [resource_id])
    moment = database.now(session)
    resource = session.get(Resource, resource_id)
    if resource is None:
        raise Refused(Reason.NOT_FOUND)
    period = period_of(start, end, zone_of(resource, zone))
    undecided = [
        booking for booking in affected(session, resource_id, period, moment) if booking.uid not in keep
    ]
    if undecided:
        raise Refused(Reason.AFFECTED, bookings=undecided)
    absence = Absence(resource_id=resource_id, kind=kind, starts=period.start, ends=period.end)
    if not isinstance(start, datetime):
        absence.first, absence.last = start, end
    session.add(absence)
    session.flush()
    audit.write(session, moment, actor, "absence entered", f"absence {absence.id}", after=_snapshot(absence))
    return absence


def affected(session: Session, resource_id: int, period: Period, moment: datetime) -> list[Booking]:
    """Appointments, requests and running holds of the resource that overlap the period, first ones first."""
    occupying = select(Allocation.booking_id).where(
        Allocation.resource_id == resource_id,
        Allocation.ends > period.start,
        Allocation.starts < period.end,
        Allocation.expires_at.is_(None) | (Allocation.expires_at > moment),
    )
    wanted = select(Booking).where(Booking.id.in_(occupying), Booking.status.in_(BLOCKING))
    whole = (joinedload(Booking.service), joinedload(Booking.location), selectinload(Booking.allocations))
    return list(session.scalars(wanted.options(*whole).order_by(Booking.starts, Booking.id)))


def delete(session: Session, actor: Actor, absence_id: int) -> None:
    """Take an absence back. Raises `Refused(NOT_FOUND)`, also for somebody else's: ids tell nothing (A1)."""
    resource_id = session.scalar(select(Absence.resource_id).where(Absence.id == absence_id))
    if resource_id is None or not _may(actor, resource_id):
        raise Refused(Reason.NOT_FOUND)
    database.claim(session, [resource_id])
    absence = session.get(Absence, absence_id)
    if absence is None:  # somebody else was quicker
        raise Refused(Reason.NOT_FOUND)
    moment = database.now(session)
    audit.write(session, moment, actor, "absence deleted", f"absence {absence.id}", before=_snapshot(absence))
    session.delete(absence)


def listed(session: Session, actor: Actor, since: datetime) -> list[Absence]:
    """Absences that are not over, of everybody whose calendar the actor may touch."""
    wanted = select(Absence).where(Absence.ends > since).options(joinedload(Absence.resource))
    if Right.CALENDARS not in actor.rights:
        wanted = wanted.where(Absence.resource_id == actor.resource_id)
    return list(session.scalars(wanted.order_by(Absence.starts, Absence.id)))


def require(actor: Actor, resource_id: int) -> None:
    """Refuse with `FORBIDDEN` unless the actor may change the availability of the resource."""
    access.require(_may(actor, resource_id))


def _may(actor: Actor, resource_id: int) -> bool:
    return access.may(actor, Right.AVAILABILITY) and access.may_touch_resource(actor, resource_id)


def _snapshot(absence: Absence) -> dict[str, Any]:
    return {
        "resource": absence.resource_id,
        "kind": absence.kind,
        "starts": absence.starts.isoformat(),
        "ends": absence.ends.isoformat(),
    }
