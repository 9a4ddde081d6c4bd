"""What one customer may have beside what is there already (rule 40)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.models import Booking, Customer, Service, Status

OPEN = (Status.REQUESTED, Status.CONFIRMED)


def open_bookings(session: Session, customer: Customer, ignoring: int | None) -> int:
    """Future bookings of everybody with the customer's proved address."""
    coming = Booking.starts > database.now(session)
    wanted = select(func.count()).select_from(Booking).where(coming, *_theirs(customer, ignoring))
    return session.scalar(wanted) or 0


def met(
    session: Session, service: Service, starts: Sequence[datetime], customer: Customer, ignoring: int | None
) -> list[datetime]:
    """Those of the starts at which an appointment of the service would meet another one of theirs."""
    duration = timedelta(minutes=service.minutes)
    near = (Booking.ends > min(starts), Booking.starts < max(starts) + duration)
    wanted = select(Booking.starts, Booking.ends).where(*near, *_theirs(customer, ignoring))
    taken = session.execute(wanted).all()
    return [
        start for start in starts if any(begin < start + duration and start < end for begin, end in taken)
    ]


def _theirs(customer: Customer, ignoring: int | None) -> list[ColumnElement[bool]]:
    """Open bookings of whoever has the address: identity is the proved contact, not the typed name."""
    same = Customer.email_key == customer.email_key if customer.email_key else Customer.id == customer.id
    return [
        Booking.customer_id.in_(select(Customer.id).where(same)),
        Booking.status.in_(OPEN),
        Booking.id != (ignoring or 0),
    ]
