"""Booking by request: the right code makes a request, which the practice accepts or declines (O59, O60)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from vorzimmer.hookspecs import BookingPolicy, hookimpl
from vorzimmer.models import Service, Status
from vorzimmer.reasons import N_
from vorzimmer.settings.config import Table

POLICY = "request"


class Settings(Table):
    """`[plugins.vorzimmer_booking_request]`: how long a request waits for an answer."""

    hours: int = Field(48, ge=1, le=24 * 30, title=N_("Hours until an unanswered request lapses"))


class Plugin:
    """The policy `request`."""

    title = N_("Booking by request")
    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.config = config

    @hookimpl
    def booking_policy(self, service: Service, start: datetime, now: datetime) -> BookingPolicy | None:
        """Requested where the service says so; it expires by itself, never later than the start (rule 50)."""
        if service.policy != POLICY:
            return None
        return BookingPolicy(Status.REQUESTED, min(now + timedelta(hours=self.config.hours), start))
