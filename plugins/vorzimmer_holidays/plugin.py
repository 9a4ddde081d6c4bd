"""The hooks: closures of each location, and a page of the office to set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import Right
from vorzimmer.hookspecs import Busy, NavigationEntry, Pages, hookimpl
from vorzimmer.models import Location
from vorzimmer.periods import MINUTES_A_DAY, Period, day_period, local_instant
from vorzimmer.reasons import N_
from vorzimmer_holidays.pages import pages
from vorzimmer_holidays.settings import OwnDay, Settings

PLACES = select(Location).where(Location.active).order_by(Location.id)


class Plugin:
    """Closes places; a person's "works on holidays" overrides it (rule 15)."""

    title = N_("Holidays")
    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.config = config

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/holidays`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """A card of the settings."""
        line = N_("Public holidays of your state, and days of your own")
        entry = "vorzimmer_holidays.overview"
        return [NavigationEntry(N_("Holidays"), entry, Right.SETTINGS, "settings", line, "practice")]

    @hookimpl
    def busy_periods(self, session: Session, window: Period) -> list[Busy]:
        """Every closed day, or part of a day, that overlaps the window."""
        places = session.scalars(PLACES)
        return [
            Busy(period, f"location:{place.slug}", "17", text, location_id=place.id, closure=True)
            for place in places
            for period, text in self._closed(place, window)
            if period.start < window.end and period.end > window.start
        ]

    def _closed(self, place: Location, window: Period) -> Iterator[tuple[Period, str]]:
        zone = ZoneInfo(place.zone)
        region = self.config.region(place.slug)
        first, last = (edge.astimezone(zone).date() for edge in window)
        own = [day for day in self.config.own if day.location in ("", place.slug)]
        public = {
            day: name
            for year in range(first.year, last.year + 1)
            for day, name in _public(region.country, region.subdivision, year).items()
            if first <= day <= last
        }
        for day in sorted(public):
            yield day_period(day, zone), public[day]
        for number in range((last - first).days + 1) if own else ():
            day = first + timedelta(days=number)
            for closed in own:
                if closed.falls_on(day):
                    yield _part(closed, day, zone), closed.name or N_("closed")


@cache
def _public(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The public holidays of a region in a year, as they are called there; movable feasts are slow to compute."""
    if not country:
        return {}
    found = holidays.country_holidays(country, subdiv=subdivision or None)
    spoken = found.default_language  # else the language of the server's own environment
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=spoken))


def _part(closed: OwnDay, day: date, zone: ZoneInfo) -> Period:
    end = closed.end or MINUTES_A_DAY
    return Period(
        local_instant(day, closed.start, zone, edge="start"), local_instant(day, end, zone, edge="end")
    )
