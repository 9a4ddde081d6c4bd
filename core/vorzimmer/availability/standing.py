"""What stands against appointments where they are: hours, closures, absences, the archive (rules 12 to 18).

The grid, notice and horizon were settled when they were booked, and neighbours are no matter of opening times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.availability.why import Phrase, Why, of
from vorzimmer.models import Allocation, Booking, Location, Resource, Service, Status
from vorzimmer.periods import Period, intersect, merge, subtract
from vorzimmer.plugins import Plugins
from vorzimmer.reasons import N_

BLOCKING = (Status.HELD, Status.REQUESTED, Status.CONFIRMED)


class Taken(NamedTuple):
    """An appointment, as far as its place and times go: what it takes, each resource (an id) for its period."""

    uid: str
    service_id: int
    location_id: int
    period: Period
    resources: tuple[tuple[int, Period], ...]


@dataclass(frozen=True)
class Against:
    """One thing that stands against an appointment; `resource_id` is who or what is not there, None for the place."""

    why: Why
    resource_id: int | None = None
    period: Period | None = None


def coming(session: Session, moment: datetime, resource_ids: Iterable[int] | None = None) -> list[Taken]:
    """Appointments, requests and running holds that are not over; those that take one of the resources if given."""
    wanted = _rows().where(
        Booking.status.in_(BLOCKING),
        Booking.ends > moment,
        Allocation.expires_at.is_(None) | (Allocation.expires_at > moment),
    )
    if resource_ids is not None:
        taking = select(Allocation.booking_id).where(
            Allocation.resource_id.in_(resource_ids), Allocation.ends > moment
        )
        wanted = wanted.where(Booking.id.in_(taking))
    return _gathered(session, wanted)


def one(session: Session, booking: Booking) -> list[Taken]:
    """A single appointment."""
    return _gathered(session, _rows().where(Booking.id == booking.id))


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Booking.uid, Booking.service_id, Booking.location_id, Booking.starts, Booking.ends),
            *(Allocation.resource_id, Allocation.starts, Allocation.ends),
        )
        .join(Allocation, Allocation.booking_id == Booking.id)
        .order_by(Booking.starts, Booking.id, Allocation.id)
    )


def _gathered(session: Session, rows: Select[*tuple[Any, ...]]) -> list[Taken]:
    whole: dict[str, Taken] = {}
    parts: defaultdict[str, dict[tuple[int, Period], None]] = defaultdict(dict)
    for uid, service, place, starts, ends, resource, begin, end in session.execute(rows):
        whole[uid] = Taken(uid, service, place, Period(starts, ends), ())
        parts[uid][resource, Period(begin, end)] = None
    return [taken._replace(resources=tuple(parts[uid])) for uid, taken in whole.items()]


def against(session: Session, plugins: Plugins, taken: Sequence[Taken]) -> dict[str, list[Against]]:
    """What stands against each of the appointments (by uid) that something stands against."""
    if not taken:
        return {}
    ids = {resource for each in taken for resource, _period in each.resources}
    window = Period(min(each.period.start for each in taken), max(each.period.end for each in taken))
    calendar = Calendar(session, plugins, ids, window, {each.service_id for each in taken})
    found = {each.uid: list(calendar.against(each)) for each in taken}
    return {uid: reasons for uid, reasons in found.items() if reasons}


class Calendar:
    """Hours and closures of resources in a window, and of services and all places, asked once."""

    def __init__(
        self,
        session: Session,
        plugins: Plugins,
        ids: Collection[int],
        window: Period,
        service_ids: Collection[int] = (),
    ) -> None:
        self.resources = {
            row.id: row for row in session.scalars(select(Resource).where(Resource.id.in_(ids)))
        }
        self.places = {row.id: row for row in session.scalars(select(Location))}
        self.services = {
            row.id: row for row in session.scalars(select(Service).where(Service.id.in_(service_ids)))
        }
        kinds = plugins.ask(hookspecs.resource_kinds)
        self.with_hours = {kind.name for kind in kinds if kind.needs_hours}
        rows = list(self.resources.values())
        self.available = plugins.ask(
            hookspecs.available_periods, session=session, resources=rows, service=None, window=window
        )
        for service in self.services.values():
            answers = plugins.ask(
                hookspecs.available_periods, session=session, resources=[], service=service, window=window
            )
            self.available += [answer for answer in answers if answer.service_id == service.id]
        busy = plugins.ask(hookspecs.busy_periods, session=session, resources=rows, window=window)
        self.closings = [each for each in busy if each.resource_id is None]
        self.away: defaultdict[int, list[hookspecs.Busy]] = defaultdict(list)
        for each in busy:
            if each.resource_id is not None:
                self.away[each.resource_id].append(each)
        self._open: dict[tuple[str, int, int], list[tuple[datetime, datetime]] | None] = {}

    def against(self, taken: Taken) -> Iterator[Against]:
        """Every reason against one appointment."""
        place, service = self.places[taken.location_id], self.services[taken.service_id]
        where = f"location:{place.slug}"
        if not place.active:
            yield _gone(place.name, where)
        if not service.active:
            yield _gone(service.name, f"service:{service.slug}")
        if self._is_outside("location", place.id, place.id, taken.period):
            yield Against(_why("13", N_("%(who)s is closed at this time."), where, who=place.name))
        if self._is_outside("service", service.id, place.id, taken.period):
            source = f"service:{service.slug}"
            yield Against(_why("13", N_("%(who)s is not given at this time."), source, who=service.name))
        yield from self._closed(taken)
        for resource_id, period in taken.resources:
            yield from self._not_there(self.resources[resource_id], taken.location_id, period)

    def open_time(self, resource: Resource, window: Period) -> list[tuple[datetime, datetime]]:
        """When the resource can be had at any place, whatever is booked."""
        found: list[tuple[datetime, datetime]] = []
        for place in self.places.values():
            if not (place.active and resource.active and resource.location_id in (None, place.id)):
                continue
            spans: list[tuple[datetime, datetime]] = [window]
            for kind, subject in (("resource", resource.id), ("location", place.id)):
                hours = self._hours(kind, subject, place.id)
                spans = spans if hours is None else intersect(spans, hours)
            here = [each for each in self.closings if each.location_id in (None, place.id)]
            closed = merge(each.period for each in here if each.closure)
            away = [each for each in self.away[resource.id] if each.location_id in (None, place.id)]
            hard = merge(each.period for each in (*here, *away) if not each.closure)
            closed = subtract(closed, self._despite(resource.id, place.id))
            found += subtract(spans, merge([*closed, *hard]))
        return merge(found)

    def _closed(self, taken: Taken) -> Iterator[Against]:
        """Closures of the place, unless all who work there then do so all the same (rule 15)."""
        here = [each for each in self.closings if each.location_id in (None, taken.location_id)]
        for closing in here:
            if not _meet(closing.period, taken.period):
                continue
            people = [found for found, _ in taken.resources if self.resources[found].kind in self.with_hours]
            spans = [(closing.period.start, closing.period.end)]
            left = [subtract(spans, self._despite(one, taken.location_id)) for one in people] or [spans]
            if not closing.closure or any(
                _meet(Period(*span), taken.period) for rest in left for span in rest
            ):
                yield _busy(closing)

    def _not_there(self, resource: Resource, place_id: int, period: Period) -> Iterator[Against]:
        source = of(resource)
        if not resource.active:
            yield _gone(resource.name, source, resource.id)
        if resource.location_id not in (None, place_id):
            yield Against(
                _why("61", N_("%(who)s is at another place."), source, who=resource.name), resource.id
            )
        elif self._is_outside("resource", resource.id, place_id, period):
            text = N_("%(who)s does not work here at this time.")
            yield Against(_why("13", text, source, who=resource.name), resource.id)
        for away in self.away[resource.id]:
            if away.location_id in (None, place_id) and _meet(away.period, period):
                yield _busy(away)

    def _is_outside(self, kind: str, subject: int, place_id: int, period: Period) -> bool:
        """Whether hours of the subject leave the period out; without any, people never work and all else always."""
        key = kind, subject, place_id
        if key not in self._open:
            self._open[key] = self._hours(kind, subject, place_id)
        spans = self._open[key]
        if spans is None:
            return False
        index = bisect_right(spans, period.start, key=itemgetter(0)) - 1
        return index < 0 or spans[index][1] < period.end

    def _hours(self, kind: str, subject: int, place_id: int) -> list[tuple[datetime, datetime]] | None:
        records = [each for each in self.available if _subject(each) == (kind, subject)]
        if not records and not (kind == "resource" and self.resources[subject].kind in self.with_hours):
            return None
        here = [each for each in records if each.location_id in (None, place_id)]
        if kind == "service" and not here:
            return None
        return merge(period for each in here for period in each.periods)

    def _despite(self, resource_id: int, place_id: int) -> list[tuple[datetime, datetime]]:
        return merge(
            period
            for each in self._of_resource[resource_id]
            if each.location_id in (None, place_id)
            for period in each.despite_closure
        )

    @cached_property
    def _of_resource(self) -> Mapping[int, list[hookspecs.Available]]:
        found: defaultdict[int, list[hookspecs.Available]] = defaultdict(list)
        for each in self.available:
            if each.resource_id is not None:
                found[each.resource_id].append(each)
        return found


def _subject(answer: hookspecs.Available) -> tuple[str, int | None]:
    if answer.resource_id is not None:
        return "resource", answer.resource_id
    if answer.service_id is not None:
        return "service", answer.service_id
    return "location", answer.location_id


def _meet(one: Period, other: Period) -> bool:
    return one.start < other.end and other.start < one.end


def _busy(busy: hookspecs.Busy) -> Against:
    why = _why(busy.rule, busy.office_text or busy.text, busy.source)
    return Against(why, busy.resource_id, busy.period)


def _gone(name: str, source: str, resource_id: int | None = None) -> Against:
    return Against(_why("12", N_("%(who)s is in the archive."), source, who=name), resource_id)


def _why(rule: str, text: str, source: str, **facts: object) -> Why:
    return Why(rule, Phrase(text, facts), source, Phrase(N_("the time were not closed")))
