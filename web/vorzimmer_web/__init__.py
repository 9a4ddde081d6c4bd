"""The pages: booking, a customer's own booking, accounts, the office, the API."""

from __future__ import annotations

from flask import Blueprint

from vorzimmer.hookspecs import hookimpl
from vorzimmer.plugins import NoConfig
from vorzimmer_web.booking import booking
from vorzimmer_web.manage import manage
from vorzimmer_web.site import site


class Plugin:
    """Offers every page of the product."""

    def __init__(self, config: NoConfig) -> None: ...

    @hookimpl
    def blueprints(self) -> list[Blueprint]:
        """What all pages share first, then the doors."""
        return [site, booking, manage]
