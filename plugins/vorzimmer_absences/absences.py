"""Enter, list and delete absences; each in one transaction, with the claim of the resource (rules 18, 19)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, booking, database
from vorzimmer.access import Actor, Right
from vorzimmer.availability.why import At, Phrase
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import Booking, Resource
from vorzimmer.periods import MINUTES_A_DAY, Period, local_instant
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_absences.models import LONGEST_NOTE, Absence, Kind

LATEST = timedelta(days=366)
"""So long ago may an absence be over that is entered late; what is earlier is a slip of the year."""


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


def enter(session: Session, hall: Hall, actor: Actor, wanted: NewAbsence) -> Absence:
    """Enter an absence, and do what was decided with each appointment in it: one transaction (rule 19).

    Raises `Refused`: `AFFECTED` with `bookings`, the appointments that nobody decided on, and `stand_ins`, who could
    take each of them; `INVALID`, also for what is long over or entered already; `FORBIDDEN`; `NOT_FOUND`.
    """
    resource = session.scalar(select(Resource).where(Resource.slug == wanted.resource))
    if resource is None:
        raise Refused(Reason.NOT_FOUND)
    require(actor, resource.id)
    if wanted.kind not in set(Kind):
        raise Refused(Reason.INVALID, errors={"kind": N_("Please choose a reason.")})
    if len(wanted.note) > LONGEST_NOTE:
        raise Refused(Reason.INVALID, errors={"note": N_("At most 100 characters.")})
    period = period_of(wanted.start, wanted.end, zone_of(resource, hall.config.zone))
    if period.end < database.now(session) - LATEST:
        raise Refused(
            Reason.INVALID, errors={"start": N_("This is more than a year ago. Is the year right?")}
        )
    decisions = booking.Decisions(wanted.decisions, wanted.message)
    return booking.close_time(
        session,
        hall,
        actor,
        lambda: _stored(session, hall, actor, resource, period, wanted),
        decisions,
        whose=[resource.id],
    )


def _refuse_twice(session: Session, hall: Hall, resource: Resource, period: Period, kind: str) -> None:
    """Refuse what adds nothing to an absence of its kind that is there, and name that one.

    Illness within a vacation is another thing: its days are given back (BUrlG §9).
    """
    around = select(Absence).where(
        Absence.resource_id == resource.id,
        Absence.kind == kind,
        Absence.starts <= period.start,
        Absence.ends >= period.end,
    )
    there = session.scalars(around.order_by(Absence.id)).first()
    if there is None:
        return
    zone = zone_of(resource, hall.config.zone)
    first: object = there.first or At(int(there.starts.timestamp()), zone)
    last: object = there.last or At(int(there.ends.timestamp()), zone)
    msgid = N_("This absence is entered already: %(first)s – %(last)s.")
    if first == last:
        msgid = N_("This absence is entered already: %(first)s.")
    raise Refused(Reason.INVALID, errors={"start": Phrase(msgid, {"first": first, "last": last})})


def _stored(
    session: Session, hall: Hall, actor: Actor, resource: Resource, period: Period, wanted: NewAbsence
) -> Absence:
    _refuse_twice(session, hall, resource, period, wanted.kind)
    absence = Absence(resource_id=resource.id, kind=wanted.kind, starts=period.start, ends=period.end)
    absence.note = wanted.note
    if not isinstance(wanted.start, datetime):
        absence.first, absence.last = wanted.start, wanted.end
    session.add(absence)
    session.flush()
    after = _snapshot(absence) | ({"decisions": dict(wanted.decisions)} if wanted.decisions else {})
    audit.write(
        session, database.now(session), actor, "absence entered", f"absence {absence.id}", after=after
    )
    return absence


def find(session: Session, actor: Actor, absence_id: int) -> Absence:
    """One absence. Raises `Refused(NOT_FOUND)`, also for somebody else's: ids tell nothing (A1)."""
    wanted = select(Absence).where(Absence.id == absence_id)
    found = session.scalar(wanted.options(joinedload(Absence.resource).joinedload(Resource.location)))
    if found is None or not _may(actor, found.resource_id):
        raise Refused(Reason.NOT_FOUND)
    return found


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


def listed(session: Session, actor: Actor, window: Period | None = None) -> list[Absence]:
    """Absences in the window, of everybody whose calendar the actor may touch; without one, those not over."""
    since = window.start if window else database.now(session)
    wanted = select(Absence).where(Absence.ends > since).options(joinedload(Absence.resource))
    if window:
        wanted = wanted.where(Absence.starts < window.end)
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
    } | ({"note": absence.note} if absence.note else {})
