"""Whose record a booking belongs to, and what it says that the record does not (O37, O39, O40, B17)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers.record import locked, log_change, snapshot, subject
from vorzimmer.messages import outbox
from vorzimmer.models import AuditEntry, Booking, Customer, CustomerChange
from vorzimmer.practice import Hall
from vorzimmer.questions import fields
from vorzimmer.reasons import Reason, Refused
from vorzimmer.text.contact import canonical

IGNORED = "change_ignored"
_KEY = 7243002  # of the locks of addresses, among other locks of the database

_SAME_ADDRESS = (
    select(Customer)
    .where(Customer.email_key == bindparam("key"))
    .order_by(Customer.id)
    .with_for_update(read=True, key_share=True)  # none of them is merged away until the booking stands
)
_TYPED_BEFORE = (
    select(Booking.customer_id, Booking.name)
    .where(Booking.customer_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)


def of_booking(session: Session, booking: Booking, moment: datetime) -> Customer:
    """The record of whoever booked: the one that is known, else a new one with all that was told (O37).

    The new one is not stored yet, see `keep`.
    """
    return find(session, booking.name, booking.email) or _new(booking, moment)


def alone(session: Session, email: str) -> None:
    """Let nobody else with this address book until the transaction ends: limits are each customer's (rule 40)."""
    if email and not database.alone(session):
        session.execute(select(func.pg_advisory_xact_lock(_KEY, func.hashtext(canonical(email)))))


def keep(
    session: Session, hall: Hall, actor: Actor, booking: Booking, customer: Customer, moment: datetime
) -> Customer:
    """Store a new record; what differs from a known one waits for staff as a change.

    Nobody overwrites a record by typing its address (B17).
    """
    is_new, answers = customer.id is None, dict(customer.attributes)
    session.add(customer)
    told = {"phone": booking.phone, "language": booking.language}
    differing = {name: value for name, value in told.items() if value and value_of(customer, name) != value}
    differing |= fields.keep(session, booking, customer)
    if is_new or customer.attributes != answers:
        kind = "added" if is_new else "changed"
        outbox.tell_of_record(session, hall, actor, kind, customer, moment)
    if differing:
        _propose(session, customer, booking, differing, moment)
    return customer


def find(session: Session, name: str, email: str) -> Customer | None:
    """Who has this address and this name, or typed this name before staff corrected it (D5, O40)."""
    if not email:
        return None
    with session.no_autoflush:  # what is changed so far goes out together with what follows
        sharing = session.scalars(_SAME_ADDRESS, {"key": canonical(email)}).all()
        for customer in sharing:
            if customer.name.casefold() == name.casefold():
                return customer
        return _by_pseudonym(session, sharing, name)


def _by_pseudonym(session: Session, sharing: Sequence[Customer], name: str) -> Customer | None:
    by_id = {customer.id: customer for customer in sharing}
    if not by_id:
        return None
    typed = session.execute(_TYPED_BEFORE, {"ids": list(by_id)})
    found = {number for number, before in typed if number and before.casefold() == name.casefold()}
    return by_id[min(found)] if found else None


def _new(booking: Booking, moment: datetime) -> Customer:
    """A record of what a booking says."""
    return Customer(
        uid=str(uuid.uuid4()),
        name=booking.name,
        email=booking.email or None,
        email_key=canonical(booking.email) if booking.email else None,
        phone=booking.phone,
        language=booking.language,
        attributes={},
        created_at=moment,
    )


def _propose(
    session: Session, customer: Customer, booking: Booking, differing: dict[str, Any], moment: datetime
) -> None:
    """Lay before the staff what differs, unless it waits already or was ignored before."""
    with session.no_autoflush:
        known = [
            *session.scalars(select(CustomerChange.values).where(CustomerChange.customer_id == customer.id)),
            *session.scalars(
                select(AuditEntry.after).where(
                    AuditEntry.subject == subject(customer), AuditEntry.act == IGNORED
                )
            ),
        ]
    news = {
        name: value
        for name, value in differing.items()
        if not any(values and values.get(name) == value for values in known)
    }
    if news:
        session.add(CustomerChange(customer=customer, booking=booking, values=news, created_at=moment))


def value_of(customer: Customer, name: str) -> Any:
    """What the record has under a name of a change: a column, or an answer (`fields.` and its slug)."""
    kind, _, slug = name.partition(".")
    return customer.attributes.get(slug) if kind == "fields" else getattr(customer, name)


# ---- staff decide ----------------------------------------------------------------------------------------------------


def waiting(session: Session, customer: Customer) -> Sequence[CustomerChange]:
    """What waits for a decision, the oldest first."""
    query = select(CustomerChange).where(CustomerChange.customer_id == customer.id)
    return session.scalars(
        query.options(joinedload(CustomerChange.booking)).order_by(CustomerChange.id)
    ).all()


def accept(session: Session, hall: Hall, actor: Actor, uid: str, number: int) -> Customer:
    """Take what the customer typed into the record (O39)."""
    customer, change = _waiting(session, actor, uid, number)
    before = snapshot(customer)
    answers = dict(customer.attributes)
    for name, value in change.values.items():
        kind, _, slug = name.partition(".")
        if kind == "fields":
            answers[slug] = value
        else:
            setattr(customer, name, value)
    customer.attributes = answers
    session.delete(change)
    session.flush()
    log_change(session, hall, actor, "change_accepted", customer, before)
    return customer


def ignore(session: Session, _hall: Hall, actor: Actor, uid: str, number: int) -> Customer:
    """Leave the record as it is; the log keeps what was typed (O39)."""
    customer, change = _waiting(session, actor, uid, number)
    audit.write(session, database.now(session), actor, IGNORED, subject(customer), after=change.values)
    session.delete(change)
    session.flush()
    return customer


def _waiting(session: Session, actor: Actor, uid: str, number: int) -> tuple[Customer, CustomerChange]:
    """The change as it waits; one that somebody else has decided is gone."""
    customer = locked(session, actor, uid)
    access.require(access.may(actor, Right.CUSTOMERS))
    change = session.get(CustomerChange, number)
    if change is None or change.customer_id != customer.id:
        raise Refused(Reason.NOT_FOUND)
    return customer, change
