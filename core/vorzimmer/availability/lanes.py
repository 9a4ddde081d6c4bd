"""Who and what could take an appointment, place by place: hours, closures and neighbours laid side by side."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vorzimmer import hookspecs, slots
from vorzimmer.availability.facts import Facts, Need, Occupied, Question
from vorzimmer.models import Location, Resource, Service
from vorzimmer.periods import Period, merge, subtract
from vorzimmer.slots import Run, Shape, Span

WALK_IN_STEP = 5 * 60
JUST_NOW = timedelta(minutes=10)  # so long the "now" that the desk was shown can be entered


class Closing(NamedTuple):
    """A period in which a place, a service or a resource takes no customers, and what says so."""

    start: int
    end: int
    rule: str
    text: str
    source: str


@dataclass
class Place:
    """A location during one search: its zone, what notice and horizon mean there, and when it is closed."""

    location: Location
    zone: ZoneInfo
    notice_end: int
    horizon_end: int
    closed: list[Closing] = field(default_factory=list)
    closures: list[Closing] = field(default_factory=list)


@dataclass
class Lane:
    """One resource at one place for one need; all times shifted to the start of the whole appointment.

    `again` are its lanes for the needs that follow this one.
    """

    resource: Resource
    need: Need
    shape: Shape
    runs: list[Run]
    taken: Sequence[Occupied]
    absences: list[Closing]
    closures: list[Closing]
    no_starts: list[Span]
    no_joining: list[Span]
    again: list[Lane] = field(default_factory=list)

    @cached_property
    def allowed(self) -> list[Span]:
        """All starts that suit the resource, on the grid or off it."""
        own = slots.allowed(self.runs, self.no_starts, self.shape)
        return slots.covered([own, *self._back], 1 + len(self._back))

    @cached_property
    def _back(self) -> list[list[Span]]:
        return [lane.allowed for lane in self.again]

    @cached_property
    def joinable(self) -> list[Span]:
        """The same if the service's own group events were not there (rule 63)."""
        return slots.allowed(self.runs, self.no_joining, self.shape)

    def near(self, window: Span) -> bool:
        """Whether the resource works at all in the window."""
        return any(run.anchor < window[1] and run.end > window[0] for run in self.runs)

    def grid(self, step: int, window: Span) -> list[int]:
        """The starts of the grid that suit the resource (rules 21 to 23)."""
        starts = slots.grid(self.runs, self.no_starts, self.shape, step, window)
        for spans in self._back:
            starts = slots.within(starts, spans)
        return starts


class Layout:
    """The places and lanes of one question."""

    def __init__(self, question: Question, facts: Facts) -> None:
        self.question = question
        self.facts = facts
        self.service = question.service
        self.group = self.service.capacity > 1
        self.duration = self.service.minutes * 60
        self.step = WALK_IN_STEP if question.walk_in else self.service.step * 60
        inside = self.service.buffers_inside
        margins = (self.service.before * 60, self.service.after * 60) if inside else (0, 0)
        self.place_shape = Shape(self.duration, *margins, inside=inside)
        self._lanes: dict[tuple[int, bool], list[list[Lane]]] = {}
        self._spans: dict[int, list[Span]] = {}
        self._known_runs: dict[tuple[str, tuple[Span, ...]], list[Run]] = {}

    @cached_property
    def places(self) -> list[Place]:
        """The places in question, in the order of their slugs."""
        return [self._place(location) for location in self.facts.locations]

    def _place(self, location: Location) -> Place:
        zone, now = ZoneInfo(location.zone), self.question.now
        notice, horizon = for_customers(self.service, zone, now)
        if self.question.by_staff or self.question.walk_in:
            notice = now - JUST_NOW if self.question.walk_in else now
            horizon = max(horizon, datetime.fromtimestamp(self.question.window[1], UTC))
        place = Place(location, zone, -int(-notice.timestamp() // 1), int(horizon.timestamp()))
        place.closed = [*self._closed_hours(location.id), *self._closings(location.id, closure=False)]
        place.closures = list(self._closings(location.id, closure=True))
        return place

    def _closed_hours(self, location_id: int) -> Iterable[Closing]:
        """What opening hours of the place and hours of the service leave out (rule 13)."""
        ours = [record for record in self.facts.openings if record.location_id in (None, location_id)]
        for records in (
            [record for record in ours if record.service_id is None],
            [record for record in ours if record.service_id == self.service.id],
        ):
            if records:
                opened = merge(span for record in records for span in seconds(record.periods))
                for start, end in subtract([self.facts.asked], opened):
                    yield Closing(start, end, "13", "closed", records[0].source)

    def _closings(self, location_id: int, *, closure: bool) -> Iterable[Closing]:
        for busy in self.facts.closings:
            if busy.location_id in (None, location_id) and busy.closure is closure:
                yield _closing(busy)

    def window(self, place: Place) -> Span:
        """What notice and horizon leave of the starts asked for (rules 36, 37)."""
        low, high = self.question.window
        return max(low, place.notice_end), min(high, place.horizon_end)

    def lanes(self, place: Place, *, anybody: bool = False) -> list[list[Lane]]:
        """For each need the resources of its pool that are at this place at all; `anybody` asks for all."""
        key = (place.location.id, anybody)
        if key not in self._lanes:
            self._lanes[key] = [list(self._lanes_of(place, need, anybody)) for need in self.facts.needs]
            self._link(self._lanes[key])
        return self._lanes[key]

    def _link(self, lanes: list[list[Lane]]) -> None:
        """Let each lane know those of the needs that follow its own: who cannot come back does not begin."""
        for need, group in zip(self.facts.needs, lanes, strict=True):
            if need.follows is not None:
                first = {lane.resource.id: lane for lane in lanes[need.follows]}
                for lane in group:
                    first[lane.resource.id].again.append(lane)

    def _lanes_of(self, place: Place, need: Need, anybody: bool) -> Iterator[Lane]:
        for resource in need.pool:
            if resource.location_id in (None, place.location.id):
                hours = self._hours(place, resource)
                if anybody or hours is not None:
                    yield self._lane(place, need, resource, hours or [])

    def _hours(self, place: Place, resource: Resource) -> list[Span] | None:
        """The resource's own periods at the place; None where it never is (rule 12)."""
        records = self.facts.hours.get(resource.id)
        if records is None:
            return None if resource.kind in self.facts.kinds_with_hours else [self.facts.asked]
        here = [record for record in records if record.location_id in (None, place.location.id)]
        return [span for record in here for span in self._seconds(record.periods)] if here else None

    def _seconds(self, periods: Sequence[Period]) -> list[Span]:
        """Periods as epoch seconds, once for all who have the same list of them."""
        if id(periods) not in self._spans:
            self._spans[id(periods)] = seconds(periods)
        return self._spans[id(periods)]

    def _runs(self, hours: list[Span], zone: ZoneInfo) -> list[Run]:
        """Working runs, once for all who have the same hours."""
        key = zone.key, tuple(hours)
        if key not in self._known_runs:
            self._known_runs[key] = slots.working_runs(hours, zone)
        return self._known_runs[key]

    def _lane(self, place: Place, need: Need, resource: Resource, hours: list[Span]) -> Lane:
        shape, shift = self.shape(resource, need.length), need.offset
        runs = self._runs(hours, place.zone)
        taken = self.facts.occupied.get(resource.id, ())
        if shift:
            runs = [Run(*(instant - shift for instant in run)) for run in runs]
            taken = [row._replace(start=row.start - shift, end=row.end - shift) for row in map(_whole, taken)]
        absences = self._absences(place, resource, shift)
        closures = self._closures(place, resource)
        closed = [*place.closed, *closures]
        no_places = slots.forbidden(
            [(closing.start, closing.end, 0, 0) for closing in closed], self.place_shape
        )
        away = slots.forbidden([(closing.start, closing.end, 0, 0) for closing in absences], shape)
        rules = no_places + away
        no_starts = sorted(slots.forbidden(taken, shape) + rules)
        no_joining = no_starts
        if self.group:
            strangers = [row for row in taken if row.service_id != self.service.id]
            no_joining = sorted(slots.forbidden(strangers, shape) + rules)
        return Lane(resource, need, shape, runs, taken, absences, closures, no_starts, no_joining)

    def shape(self, resource: Resource, length: int) -> Shape:
        """What the appointment takes of this resource; its own buffers go before the service's (rules 31, 32)."""
        service = self.service
        before = service.before if resource.before is None else resource.before
        after = service.after if resource.after is None else resource.after
        inside = service.buffers_inside
        return Shape(length, before * 60, after * 60, service.buffer_rule, inside)

    def _absences(self, place: Place, resource: Resource, shift: int) -> list[Closing]:
        found = [
            _closing(busy)
            for busy in self.facts.busy.get(resource.id, ())
            if busy.location_id in (None, place.location.id)
        ]
        return [item._replace(start=item.start - shift, end=item.end - shift) for item in found]

    def _closures(self, place: Place, resource: Resource) -> list[Closing]:
        """The place's closures, but for what a person works all the same (rule 15).

        Rooms and devices have no say in it: they are open as soon as a person is.
        """
        if not place.closures or resource.kind not in self.facts.kinds_with_hours:
            leads = any(resource in need.pool for need in self.facts.needs[:1])
            return place.closures if leads else []
        records = self.facts.hours.get(resource.id, ())
        despite = merge(
            span
            for record in records
            if record.location_id in (None, place.location.id)
            for span in seconds(record.despite_closure)
        )
        return [
            closing._replace(start=start, end=end)
            for closing in place.closures
            for start, end in subtract([(closing.start, closing.end)], despite)
        ]


def for_customers(service: Service, zone: ZoneInfo, now: datetime) -> Period:
    """What notice and horizon leave to customers at a place of the zone; staff are not bound (rules 36, 37)."""
    notice = slots.notice_end(
        now,
        zone,
        minutes=service.notice,
        working_days=service.notice_working_days,
        cut_off=service.notice_cut_off,
    )
    return Period(notice, slots.horizon_end(now, zone, service.horizon))


def seconds(periods: Iterable[Period]) -> list[Span]:
    """Periods as epoch seconds."""
    return [(int(start.timestamp()), int(end.timestamp())) for start, end in periods]


def _closing(busy: hookspecs.Busy) -> Closing:
    start, end = busy.period
    return Closing(int(start.timestamp()), int(end.timestamp()), busy.rule, busy.text, busy.source)


def _whole(row: Occupied) -> Occupied:
    return Occupied(*row)


def contains(spans: Sequence[Span], instant: int) -> bool:
    """Whether an instant lies in one of the sorted, disjoint spans."""
    index = bisect_right(spans, (instant, 1 << 62)) - 1
    return index >= 0 and instant < spans[index][1]
