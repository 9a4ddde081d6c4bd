"""From rows of hours to periods of a window: what the hook `available_periods` answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Result, Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import Available
from vorzimmer.models import Location, Resource, Service
from vorzimmer.periods import Period
from vorzimmer_weekly_hours.days import ONE, WHOLE_DAY, DayHours, Days
from vorzimmer_weekly_hours.models import Hours

Known = dict[Any, tuple[list[Period], list[Period]]]
Found = Row[*tuple[Any, ...]]
"""A row of hours with its place."""
ROWS = (  # put together once: every search asks it
    select(
        Hours.resource_id,
        Hours.service_id,
        Hours.weekday,
        Hours.day,
        Hours.periods,
        Hours.despite_closure,
        Location.id.label("place_id"),
        Location.slug.label("place"),
        Location.zone,
    )
    .join(Location, and_(or_(Hours.location_id == Location.id, Hours.location_id.is_(None)), Location.active))
    .where(
        or_(
            Hours.resource_id.in_(bindparam("resources", expanding=True)),
            and_(Hours.resource_id.is_(None), Hours.service_id.is_(None)),
            Hours.service_id == bindparam("service"),
        ),
        or_(Hours.weekday.is_not(None), Hours.day.between(bindparam("first"), bindparam("last"))),
    )
    .order_by(Hours.location_id.is_not(None), Hours.id, Location.id)  # what is said of one place counts there
)


def available(
    session: Session, resources: Sequence[Resource], service: Service | None, window: Period
) -> list[Available]:
    """The hours of every subject in the window, unclipped: their starts anchor the grid (rules 22, 23)."""
    days = Days(window)
    by_id = {resource.id: resource for resource in resources}
    exceptions: dict[int, set[date]] = defaultdict(set)
    subjects: dict[tuple[int | None, int, int | None], _Week] = {}
    for hours in _rows(session, by_id, service, window):
        key = (hours.resource_id, hours.place_id, hours.service_id)
        if key not in subjects:
            source = _source(by_id.get(hours.resource_id or 0), service, hours)
            subjects[key] = _Week(source, hours.zone)
        subjects[key].add(hours)
        if hours.resource_id and hours.day and hours.periods:
            exceptions[hours.resource_id].add(hours.day)
    known: Known = {}
    return [
        week.available(key, days, exceptions[key[0]] if key[0] else frozenset(), known)
        for key, week in subjects.items()
    ]


class _Week:
    """The hours of one subject at one place, gathered from its rows."""

    def __init__(self, source: str, zone: str) -> None:
        self.source = source
        self.zone = ZoneInfo(zone)
        self.weekdays: dict[int, tuple[DayHours, bool]] = {}
        self.dates: dict[date, tuple[DayHours, bool]] = {}

    def add(self, hours: Found) -> None:
        """Take in one row."""
        known = tuple((start, end) for start, end in hours.periods), hours.despite_closure
        if hours.day:
            self.dates[hours.day] = known
        elif hours.weekday is not None:
            self.weekdays[hours.weekday] = known

    def available(
        self, key: tuple[int | None, int, int | None], days: Days, elsewhere: Collection[date], known: Known
    ) -> Available:
        """The record of the subject. On a date `elsewhere` the person works by an exception, maybe not here.

        `known`: who has the same hours as somebody before shares that one's lists.
        """
        resource_id, location_id, service_id = key
        # a place with nothing but exceptions is open otherwise
        otherwise = (WHOLE_DAY if resource_id is None and not self.weekdays else (), False)
        weekdays, dates = tuple(sorted(self.weekdays.items())), tuple(sorted(self.dates.items()))
        alike = self.zone, otherwise, weekdays, dates, frozenset(elsewhere)
        if alike not in known:
            known[alike] = self._periods(days, elsewhere, otherwise)
        periods, despite = known[alike]
        return Available(periods, self.source, resource_id, location_id, service_id, despite)

    def _periods(
        self, days: Days, elsewhere: Collection[date], otherwise: tuple[DayHours, bool]
    ) -> tuple[list[Period], list[Period]]:
        """All periods, and those that hold although the place is closed."""
        periods: list[Period] = []
        despite: list[Period] = []
        for day in days.of(self.zone):
            hours = self.dates.get(day.date)
            if hours is None and day.date not in elsewhere:
                hours = self.weekdays.get(day.weekday)
            minutes, despite_closure = hours or otherwise
            found = days.periods(day, self.zone, minutes)
            periods += found
            if despite_closure:
                despite += found
        return periods, despite


def _rows(
    session: Session, resource_ids: Collection[int], service: Service | None, window: Period
) -> Result[*tuple[Any, ...]]:
    """The rows that matter, each with its place; hours of a service without a place come once for each place."""
    given = {
        "resources": list(resource_ids),
        "service": service.id if service else -1,
        "first": window.start.date() - 2 * ONE,
        "last": window.end.date() + ONE,
    }
    return session.execute(ROWS, given)


def _source(resource: Resource | None, service: Service | None, hours: Found) -> str:
    if resource:
        return f"{'person' if resource.kind == 'staff' else resource.kind}:{resource.slug}"
    return f"service:{service.slug}" if service and hours.service_id else f"location:{hours.place}"
