"""What waits: requests, calls, offers that customers have not answered, clashes, changed records (office 5, 36)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from vorzimmer import booking, database
from vorzimmer.access import Actor, Right, may
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.models import Booking, CustomerChange, Message, Resource, Status
from vorzimmer_web.office.reach import reach
from vorzimmer_web.shell.requests import reading, signed_in

MOST = 50


@dataclass(frozen=True)
class Waiting:
    """All of it, the nearest first; `count` is what waits for the office, not for customers.

    `undelivered` is what could not be sent to those who are to be called, by the booking's id.
    """

    now: datetime
    requests: Sequence[Booking]
    calls: Sequence[Booking]
    undelivered: Mapping[int, Message]
    offers: Sequence[Booking]
    clashes: Sequence[booking.Clash]
    changes: int

    @property
    def count(self) -> int:
        """As the number beside the page's name says."""
        return len(self.requests) + len(self.calls) + len(self.clashes) + self.changes


def waiting(session: Session, person: Actor, staff: int | None = None) -> Waiting:
    """What waits for a person, in the calendars within reach; `staff` narrows it to one of them."""
    moment, seen = database.now(session), reach(person, staff)

    def found(*wanted: ColumnElement[bool]) -> Sequence[Booking]:
        query = select(Booking).where(*wanted, seen).options(*WHOLE)
        return session.scalars(query.order_by(Booking.starts, Booking.id)).all()

    calls = sorted(found(*_to_call(moment)), key=lambda one: one.call_until or one.starts)
    return Waiting(
        moment,
        found(*_requested(moment)),
        calls,
        booking.given_up(session, calls),
        found(Booking.offered_at.is_not(None), Booking.call_since.is_(None), *_open(moment)),
        clashes(session, person, moment, staff),
        _changes(session, person),
    )


def count() -> int:
    """The number beside the page's name in the navigation; for templates."""
    session, person = reading(), signed_in()
    moment = database.now(session)
    either = _requested(moment), _to_call(moment)
    numbers = [
        session.scalar(select(func.count(Booking.id)).where(*one, reach(person))) or 0 for one in either
    ]
    return sum(numbers) + len(clashes(session, person, moment)) + _changes(session, person)


def clashes(
    session: Session, actor: Actor, moment: datetime, staff: int | None = None
) -> list[booking.Clash]:
    """Private events over appointments, of everybody whose calendar the actor may see; `staff` narrows it to one."""
    seen = [reach(actor, staff)]
    if staff is not None or not may(actor, Right.CALENDARS):
        seen.append(Resource.id == (actor.resource_id if staff is None else staff))
    return booking.clashes(session, moment, *seen, most=MOST)


def _requested(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return Booking.status == Status.REQUESTED, Booking.expires_at > moment


def _to_call(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return Booking.call_since.is_not(None), Booking.ends > moment


def _open(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return Booking.status.in_(OPEN), Booking.ends > moment


def _changes(session: Session, person: Actor) -> int:
    """How many changes of records by customers wait, for who may decide on them."""
    if not may(person, Right.CUSTOMERS) or "office.customers" not in current_app.view_functions:
        return 0
    return session.scalar(select(func.count(CustomerChange.id))) or 0
