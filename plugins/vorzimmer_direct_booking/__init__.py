"""Direct booking: the right code confirms at once. Deadlines and a limit for customers who book many times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.config import Table
from vorzimmer.hookspecs import BookingPolicy, Deadlines, Refusal, hookimpl
from vorzimmer.models import Booking, Customer, Service, Status
from vorzimmer.reasons import N_

POLICY = "direct"
OPEN = (Status.REQUESTED, Status.CONFIRMED)


class Settings(Table):
    """`[plugins.vorzimmer_direct_booking]`: how many future appointments one customer may have; None is no limit."""

    open_bookings_per_customer: int | None = Field(
        None, ge=1, title=N_("Coming appointments that one customer may have at most")
    )


class Plugin:
    """The policy `direct`, the services' own deadlines, and the limit on open bookings."""

    title = N_("Direct booking")
    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.config = config

    @hookimpl
    def booking_policy(self, service: Service) -> BookingPolicy | None:
        """Confirmed at once where the service says so (O58)."""
        return BookingPolicy(Status.CONFIRMED) if service.policy == POLICY else None

    @hookimpl
    def booking_refusals(
        self, session: Session, service: Service, starts: Sequence[datetime], customer: Customer | None
    ) -> list[Refusal]:
        """All starts, for a customer who already has as many open bookings as allowed (rule 40)."""
        limit = self.config.open_bookings_per_customer
        if limit is None or customer is None or _open_bookings(session, customer) < limit:
            return []
        text = N_("You already have as many appointments as can be booked online. Please call us.")
        return [Refusal(start, "40", text, "vorzimmer_direct_booking") for start in starts]

    @hookimpl
    def booking_deadlines(self, booking: Booking) -> Deadlines:
        """What the service says, counted back from the start (rule 38)."""
        return Deadlines(
            booking.starts - timedelta(minutes=booking.service.cancel_until),
            booking.starts - timedelta(minutes=booking.service.move_until),
        )


def _open_bookings(session: Session, customer: Customer) -> int:
    """Future bookings of everybody with the customer's proved address."""
    same = Customer.email_key == customer.email_key if customer.email_key else Customer.id == customer.id
    return (
        session.scalar(
            select(func.count())
            .select_from(Booking)
            .join(Customer)
            .where(same, Booking.status.in_(OPEN), Booking.starts > database.now(session))
        )
        or 0
    )
