"""Direct booking: the right code confirms at once. Deadlines and a limit for customers who book many times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import BookingPolicy, Deadlines, Refusal, hookimpl
from vorzimmer.models import Booking, Customer, Service, Status
from vorzimmer.reasons import N_
from vorzimmer.settings.config import Table
from vorzimmer_direct_booking import limits

POLICY = "direct"
TOO_MANY = N_("You already have as many appointments as can be booked online. Please call us.")
AT_ONCE = N_("You already have an appointment at this time. If somebody else is to come, please call us.")


class Settings(Table):
    """`[plugins.vorzimmer_direct_booking]`: how many future appointments one customer may have; None is no limit.

    `several_at_once`: also such as overlap.
    """

    open_bookings_per_customer: int | None = Field(
        None, ge=1, title=N_("Coming appointments that one customer may have at most")
    )
    several_at_once: bool = Field(
        False, title=N_("One customer may book several appointments at the same time, as for two children")
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
        self,
        session: Session,
        service: Service,
        starts: Sequence[datetime],
        customer: Customer | None,
        ignoring: int | None,
    ) -> list[Refusal]:
        """All starts, for who has as many open bookings as allowed; those that meet one of their own (rule 40)."""
        if customer is None or not starts:
            return []
        limit, source = self.config.open_bookings_per_customer, "vorzimmer_direct_booking"
        if limit is not None and limits.open_bookings(session, customer, ignoring) >= limit:
            return [Refusal(start, "40", TOO_MANY, source) for start in starts]
        if self.config.several_at_once:
            return []
        met = limits.met(session, service, starts, customer, ignoring)
        return [Refusal(start, "40", AT_ONCE, source) for start in met]

    @hookimpl
    def booking_deadlines(self, booking: Booking) -> Deadlines:
        """What the service says, counted back from the start (rule 38)."""
        return Deadlines(
            booking.starts - timedelta(minutes=booking.service.cancel_until),
            booking.starts - timedelta(minutes=booking.service.move_until),
        )
