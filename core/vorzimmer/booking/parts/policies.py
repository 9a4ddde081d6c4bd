"""What the policies have against a customer who is known by now (rules 40, 41)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from vorzimmer import availability, customers
from vorzimmer.models import Booking, Customer
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


def require_allowed(session: Session, hall: Hall, booking: Booking, moment: datetime) -> Customer:
    """The record of whoever booked, not stored where it is new; refuses with the `reasons` of the policies.

    Nobody else with the same address gets to ask until the transaction ends.
    """
    customers.alone(session, booking.email)
    customer = customers.of_booking(session, booking, moment)
    against = availability.policies(
        session, hall.plugins, booking.service, booking.starts, customer=customer, ignoring=booking.id
    )
    if against:
        raise Refused(Reason.NOT_OFFERED, reasons=against)
    return customer
