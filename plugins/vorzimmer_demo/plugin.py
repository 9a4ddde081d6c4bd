"""Offers `vorzimmer demo`, and the practice itself to tests."""

from __future__ import annotations

from datetime import date

import click
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import hookimpl
from vorzimmer.plugins import NoConfig
from vorzimmer.practice import Hall
from vorzimmer_demo.command import demo
from vorzimmer_demo.practice import fill_practice


class Plugin:
    """Fills and serves the demo practice."""

    title = "Demo"

    def __init__(self, config: NoConfig) -> None: ...

    def fill_practice(self, session: Session, hall: Hall) -> date:
        """Write the demo practice without bookings; returns the day that its data are counted from."""
        return fill_practice(session, hall)

    @hookimpl
    def commands(self) -> list[click.Command]:
        """`vorzimmer demo`."""
        return [demo]
