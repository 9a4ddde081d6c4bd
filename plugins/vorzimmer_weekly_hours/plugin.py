"""The hooks: working hours are available time; a page of the office to set them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from vorzimmer.access import Right
from vorzimmer.hookspecs import Available, Draft, NavigationEntry, Pages, hookimpl
from vorzimmer.models import Resource, Service
from vorzimmer.periods import Period
from vorzimmer.plugins import NoConfig
from vorzimmer.reasons import N_
from vorzimmer_weekly_hours import storing
from vorzimmer_weekly_hours.answering import available
from vorzimmer_weekly_hours.pages import pages
from vorzimmer_weekly_hours.store import Store


class Plugin:
    """Answers when people work, places are open and services are given."""

    title = N_("Hours")

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    set_week = staticmethod(storing.set_week)
    set_day = staticmethod(storing.set_day)

    @hookimpl
    def available_periods(
        self, session: Session, resources: Sequence[Resource], service: Service | None, window: Period
    ) -> list[Available]:
        """The hours of every subject in the window."""
        return available(session, resources, service, window)

    @hookimpl
    def working_hours(self) -> Store:
        """Where hours are stored."""
        return Store()

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/hours`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """A card of the settings, and a link beside each person, room, place and service."""
        line = N_("When people work and places are open, week by week and on single days")
        return [
            NavigationEntry(
                N_("Hours"),
                "vorzimmer_weekly_hours.overview",
                Right.AVAILABILITY,
                "settings",
                line,
                "people",
            ),
            NavigationEntry(
                N_("Working hours"), "vorzimmer_weekly_hours.resource", Right.SETTINGS, "resource"
            ),
            NavigationEntry(
                N_("Opening hours"), "vorzimmer_weekly_hours.location", Right.SETTINGS, "location"
            ),
            NavigationEntry(
                N_("Hours of its own"), "vorzimmer_weekly_hours.service", Right.SETTINGS, "service"
            ),
        ]

    @hookimpl
    def demo_data(self, session: Session, draft: Draft) -> None:
        """The hours of the demo's people."""
        for hours in draft.hours:
            self.set_week(session, hours.week, resource_id=hours.resource.id, location_id=hours.location.id)
