"""Payment at the practice: nothing happens online."""

from __future__ import annotations

from vorzimmer.hookspecs import PaymentMethod, PaymentStart, hookimpl
from vorzimmer.models import Service
from vorzimmer.plugins import NoConfig
from vorzimmer.reasons import N_

METHOD = "on_site"


class Plugin:
    """The method `on_site` for every service that costs something."""

    title = N_("Payment at the practice")

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    @hookimpl
    def payment_methods(self, service: Service) -> list[PaymentMethod]:
        """One method, or none where there is nothing to pay."""
        if not service.price:
            return []
        return [PaymentMethod(METHOD, N_("Pay at the practice"), N_("You pay after your appointment."))]

    @hookimpl
    def payment_start(self, method: str) -> PaymentStart | None:
        """Nothing to do before the appointment."""
        return PaymentStart(METHOD) if method == METHOD else None
