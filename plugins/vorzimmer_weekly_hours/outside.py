"""Appointments that lie outside the hours: a change of hours lists them and touches none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from vorzimmer.hookspecs import Available
from vorzimmer.models import Allocation, Booking, Resource, Service
from vorzimmer.periods import Period, merge
from vorzimmer_weekly_hours.answering import available
from vorzimmer_weekly_hours.hours import Subject

STANDING = ("held", "requested", "confirmed")
MOST = 200


def outside(session: Session, subject: Subject, moment: datetime) -> list[Booking]:
    """Future appointments that the subject's hours do not cover, first ones first; of at most 200."""
    coming = _coming(session, subject, moment)
    if not coming:
        return []
    window = Period(moment, max(booking.ends for booking in coming))
    row = subject.row
    answers = available(
        session,
        [row] if isinstance(row, Resource) else [],
        row if isinstance(row, Service) else None,
        window,
    )
    mine = [answer for answer in answers if _is_of(answer, subject)]
    if not mine and not (isinstance(row, Resource) and row.kind == "staff"):
        return []  # without any hours a place, a service or a room is always open
    return [booking for booking in coming if not _covered(booking, mine)]


def _coming(session: Session, subject: Subject, moment: datetime) -> list[Booking]:
    taken = select(Allocation.booking_id).where(
        Allocation.resource_id == subject.row.id, Allocation.ends > moment
    )
    whose: dict[str, ColumnElement[bool]] = {
        "resource": Booking.id.in_(taken),
        "location": Booking.location_id == subject.row.id,
        "service": Booking.service_id == subject.row.id,
    }
    wanted = (
        select(Booking)
        .where(whose[subject.kind], Booking.ends > moment, Booking.status.in_(STANDING), Booking.name != "")
        .options(joinedload(Booking.service), joinedload(Booking.location), joinedload(Booking.customer))
    )
    return list(session.scalars(wanted.order_by(Booking.starts, Booking.id).limit(MOST)))


def _is_of(answer: Available, subject: Subject) -> bool:
    if subject.kind == "location":
        return (answer.resource_id, answer.service_id, answer.location_id) == (None, None, subject.row.id)
    return bool(getattr(answer, f"{subject.kind}_id") == subject.row.id)


def _covered(booking: Booking, answers: Iterable[Available]) -> bool:
    there = [
        period
        for answer in answers
        if answer.location_id in (None, booking.location_id)
        for period in answer.periods
    ]
    return any(start <= booking.starts and booking.ends <= end for start, end in merge(there))
