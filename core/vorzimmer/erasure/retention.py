"""What customers answered goes when its time is over: each question says how long it is kept (T47, Art. 5 GDPR)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from vorzimmer import audit
from vorzimmer.access import SYSTEM
from vorzimmer.customers.history import trail
from vorzimmer.customers.record import subject
from vorzimmer.messages.outbox import NOTICE
from vorzimmer.models import Attribute, Booking, Customer, CustomerChange, Message
from vorzimmer.questions import fields

BATCH = 200
"""How many bookings and how many records lose answers in one transaction."""
ACT = "answers_forgotten"


def forget(session: Session, moment: datetime) -> bool:
    """Delete answers that were kept long enough, a batch of them; whether there may be more.

    An appointment's count from its end, a record's from the end of the last appointment.
    """
    ending = [one for one in fields.attributes(session) if one.retention_days is not None]
    if not ending:
        return False
    more = [_of_bookings(session, ending, moment), _of_customers(session, ending, moment)]
    return any(more)


def _of_bookings(session: Session, ending: Sequence[Attribute], moment: datetime) -> bool:
    over = or_(*(_over(Booking.fields, Booking.ends, one, moment) for one in ending))
    wanted = select(Booking).where(over).order_by(Booking.id).limit(BATCH)
    found = session.scalars(wanted.with_for_update(of=Booking, skip_locked=True)).all()
    for one in found:
        gone = _slugs(ending, one.fields, one.ends, moment)
        one.fields = {slug: value for slug, value in one.fields.items() if slug not in gone}
        _log(session, moment, f"booking {one.uid}", gone)
    _from_notices(session, [one.id for one in found])
    return len(found) == BATCH


def _from_notices(session: Session, ids: Sequence[int]) -> None:
    """What staff were told held the answers, too."""
    for one in session.scalars(select(Message).where(Message.booking_id.in_(ids), Message.topic == NOTICE)):
        one.text, one.details = "", {**one.details, "facts": []}


def _of_customers(session: Session, ending: Sequence[Attribute], moment: datetime) -> bool:
    last = select(func.max(Booking.ends)).where(Booking.customer_id == Customer.id)
    since = func.coalesce(last.correlate(Customer).scalar_subquery(), Customer.created_at)
    over = or_(*(_over(Customer.attributes, since, one, moment) for one in ending))
    wanted = select(Customer, since).where(over).order_by(Customer.id).limit(BATCH)
    found = session.execute(wanted.with_for_update(of=Customer, skip_locked=True)).all()
    for customer, ended in found:
        gone = _slugs(ending, customer.attributes, ended, moment)
        customer.attributes = {slug: value for slug, value in customer.attributes.items() if slug not in gone}
        _from_changes(session, customer, gone)
        _from_log(session, customer.uid, gone)
        _log(session, moment, subject(customer), gone)
    return len(found) == BATCH


def _over(answers: Any, since: Any, one: Attribute, moment: datetime) -> ColumnElement[bool]:
    """There is an answer, and its time is over."""
    return and_(since <= _before(one, moment), answers[one.slug].as_string().is_not(None))


def _before(one: Attribute, moment: datetime) -> datetime:
    return moment - timedelta(days=one.retention_days or 0)


def _slugs(
    ending: Sequence[Attribute], answers: Mapping[str, Any], since: datetime, moment: datetime
) -> list[str]:
    return [one.slug for one in ending if one.slug in answers and since <= _before(one, moment)]


def _log(session: Session, moment: datetime, about: str, gone: list[str]) -> None:
    audit.write(session, moment, SYSTEM, ACT, about, after={"fields": gone})


def _from_changes(session: Session, customer: Customer, gone: Collection[str]) -> None:
    """What waits for a decision was answered before; a change without anything left is none."""
    for change in session.scalars(select(CustomerChange).where(CustomerChange.customer_id == customer.id)):
        change.values = _without(change.values, gone)
        if not change.values:
            session.delete(change)


def _from_log(session: Session, of: str, gone: Collection[str]) -> None:
    """The log says who changed a record when; the answers themselves leave it, also those of merged records."""
    for entry in trail(session, of)[1]:
        entry.before, entry.after = _without(entry.before, gone), _without(entry.after, gone)


def _without(told: dict[str, Any] | None, gone: Collection[str]) -> Any:
    """The same without these answers: `fields.<slug>`, or by slug in one of its tables."""
    if told is None:
        return None
    return {
        name: {slug: answer for slug, answer in value.items() if slug not in gone}
        if isinstance(value, dict)
        else value
        for name, value in told.items()
        if name not in {f"fields.{slug}" for slug in gone}
    }
