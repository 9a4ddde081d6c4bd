"""Whom it is about: every record, appointment, name, address and number of one person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from vorzimmer.accounts import customers_only
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.customers import trail, waiting
from vorzimmer.customers.search import SAME_NUMBER
from vorzimmer.hookspecs import Person
from vorzimmer.messages import outbox
from vorzimmer.models import Account, AuditEntry, Booking, Customer, Message
from vorzimmer.models.customer import folded


@dataclass(frozen=True)
class Known:
    """One customer with what the core has: appointments, holds without a record, logins, entries of the log."""

    customer: Customer
    person: Person
    bookings: Sequence[Booking]
    holds: Sequence[Booking]
    logins: Sequence[Account]
    entries: Sequence[AuditEntry]

    @property
    def messages(self) -> ColumnElement[bool]:
        """Which messages were about appointments or record, or went to an address that is nobody else’s."""
        ids = [one.id for one in (*self.bookings, *self.holds)]
        facts = [Message.key.startswith(outbox.record_key(uid), autoescape=True) for uid in self.person.uids]
        mails = func.lower(Message.recipient).in_(self.person.emails)
        return or_(Message.booking_id.in_(ids), mails, *facts)


def of(session: Session, customer: Customer) -> Known:
    """Everything about a customer."""
    uids, entries = trail(session, customer.uid)
    wanted = select(Booking).options(*WHOLE, selectinload(Booking.payments)).order_by(Booking.starts)
    bookings = session.scalars(wanted.where(Booking.customer_id == customer.id)).all()
    said = [side for one in entries for side in (one.before, one.after) if side]
    said += [one.values for one in waiting(session, customer)]

    def ever(name: str) -> set[str]:
        found = {getattr(row, name) for row in (customer, *bookings)}
        found |= {side.get(key) for side in said for key in (name, f"other {name}")}
        return {str(one) for one in found if one}

    person = Person(
        uids=frozenset(uids),
        bookings=frozenset(one.id for one in bookings),
        names=_own(session, customer, ever("name"), _called),
        emails=_own(session, customer, {one.lower() for one in ever("email")}, _mailed)
        - frozenset(session.scalars(select(func.lower(Account.email)).where(~customers_only()))),
        phones=_own(session, customer, ever("phone"), _phoned),
    )
    held = Booking.customer_id.is_(None), func.lower(Booking.email).in_(person.emails)
    theirs = customers_only(), func.lower(Account.email).in_(person.emails)
    return Known(
        customer,
        person,
        bookings,
        session.scalars(wanted.where(*held)).all(),
        session.scalars(select(Account).where(*theirs)).all(),
        entries,
    )


def _own(
    session: Session, customer: Customer, values: Iterable[str], same: Callable[[str], ColumnElement[bool]]
) -> frozenset[str]:
    """Those by which no other record is known."""
    others = select(Customer.id).where(Customer.id != customer.id).limit(1)
    return frozenset(one for one in values if session.scalar(others.where(same(one))) is None)


def _called(name: str) -> ColumnElement[bool]:
    return Customer.search_key.startswith(f" {' '.join(folded(name).split())} ", autoescape=True)


def _mailed(email: str) -> ColumnElement[bool]:
    return or_(Customer.email_key == email, func.lower(Customer.email) == email)


def _phoned(phone: str) -> ColumnElement[bool]:
    digits = "".join(sign for sign in phone if sign.isdigit())
    return Customer.search_key.contains(f"{digits[-SAME_NUMBER:]} ")
