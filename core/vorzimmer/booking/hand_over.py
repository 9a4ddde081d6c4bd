"""Give an appointment to another customer (O19)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from vorzimmer import audit
from vorzimmer.access import Actor
from vorzimmer.booking.confirm import start_payment
from vorzimmer.booking.offer import settle
from vorzimmer.booking.parts import status
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Allocation, Booking, Customer, Payment, Status
from vorzimmer.practice import Hall
from vorzimmer.text.contact import canonical

APPOINTMENT = (
    *("status", "service", "location", "staff", "starts", "ends", "wall", "zone", "seats", "expires_at"),
    *("price", "currency", "policy", "note", "place", "link"),
)
PLACE = (
    *("resource", "requirement_id", "starts", "ends", "before", "after", "seat"),
    *("expires_at", "guarded"),
)


def hand_over(
    session: Session,
    hall: Hall,
    actor: Actor,
    booking: Booking,
    customer: Customer,
    moment: datetime,
    message: str = "",
) -> Booking:
    """The appointment of another customer, under the claim of the caller.

    Where nobody else holds a link to it, it is the same one. Else the old one is cancelled and a new one, with its
    time, resources and payments, takes its place; both people are told.
    """
    status.require_open(booking)
    if not booking.email or canonical(booking.email) == (customer.email_key or ""):
        return _rename(session, hall, actor, booking, customer, moment)
    before = audit.snapshot(booking)
    made = _twin(booking, customer, actor, moment)
    taken = [_copy(allocation) for allocation in booking.allocations]
    status.change(booking, Status.CANCELLED)
    booking.sequence += 1
    booking.expires_at = None
    settle(booking)
    details = {"message": message, "given to": made.uid}
    record(session, hall, actor, booking, "cancelled", moment, before=before, details=details)
    booking.allocations = []
    session.flush()  # the new one takes the time in the same step
    made.allocations = taken
    start_payment(hall, made)
    session.add(made)
    session.flush()
    session.execute(update(Payment).where(Payment.booking_id == booking.id).values(booking_id=made.id))
    session.expire(booking, ["payments"])
    session.expire(made, ["payments"])
    details = {"in place of": booking.uid}
    record(session, hall, actor, made, made.status, moment, before=before, details=details)
    return made


def _rename(
    session: Session, hall: Hall, actor: Actor, booking: Booking, customer: Customer, moment: datetime
) -> Booking:
    before = audit.snapshot(booking) | {"name": booking.name}
    unknown = not booking.email
    booking.customer = customer
    booking.name, booking.email, booking.phone = customer.name, customer.email or "", customer.phone
    booking.language = customer.language
    booking.sequence += 1
    kind = booking.status if unknown else "changed"
    details = {"name": booking.name}
    record(session, hall, actor, booking, kind, moment, before=before, details=details)
    return booking


def _twin(booking: Booking, customer: Customer, actor: Actor, moment: datetime) -> Booking:
    """The same appointment of another person; what the first one typed is not theirs."""
    return Booking(
        uid=str(uuid.uuid4()),
        customer=customer,
        name=customer.name,
        email=customer.email or "",
        phone=customer.phone,
        language=customer.language,
        source=actor.door,
        created_at=moment,
        changed_at=moment,
        **_same(booking, APPOINTMENT),
    )


def _copy(allocation: Allocation) -> Allocation:
    return Allocation(**_same(allocation, PLACE))


def _same(row: Allocation | Booking, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
