"""Which starts are free: hours, closures and neighbours of every resource laid over each other (rules 13, 52-55)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from vorzimmer import hookspecs, slots
from vorzimmer.availability.facts import Facts, Need, Occupied, Question, gather
from vorzimmer.models import Location, Resource
from vorzimmer.periods import Period, merge, subtract
from vorzimmer.plugins import Plugins
from vorzimmer.slots import Run, Shape, Span

STAFF = "staff"


class Slot(NamedTuple):
    """A start on offer at a place; `end` without buffers. `staff`: slugs of those who could take it, sorted."""

    start: datetime
    end: datetime
    location: Location
    staff: tuple[str, ...]


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
    """One resource at one place for one need; all times shifted to the start of the whole appointment."""

    resource: Resource
    need: Need
    shape: Shape
    runs: list[Run]
    taken: Sequence[Occupied]
    absences: list[Closing]
    closures: list[Closing]
    no_starts: list[Span]
    no_joining: list[Span]

    @cached_property
    def allowed(self) -> list[Span]:
        """All starts that suit the resource, on the grid or off it."""
        return slots.allowed(self.runs, self.no_starts, self.shape)

    @cached_property
    def joinable(self) -> list[Span]:
        """The same if the service's own group events were not there (rule 63)."""
        return slots.allowed(self.runs, self.no_joining, self.shape)

    def near(self, window: Span) -> bool:
        """Whether the resource works at all in the window."""
        return any(run.anchor < window[1] and run.end > window[0] for run in self.runs)

    def grid(self, step: int, window: Span) -> list[int]:
        """The starts of the grid that suit the resource (rules 21 to 23)."""
        return slots.grid(self.runs, self.no_starts, self.shape, step, window)


class Event(NamedTuple):
    """A group event that somebody opened: its start, place and resources are fixed (rule 63)."""

    start: int
    location_id: int
    resource_ids: frozenset[int]
    seats: frozenset[int]


class Search:
    """One question and what was found for it; slots, assignments and explanations read from the same one."""

    def __init__(self, session: Session, plugins: Plugins, question: Question, *, wide: bool = False) -> None:
        self.session = session
        self.plugins = plugins
        self.question = question
        self.service = question.service
        self.group = self.service.capacity > 1
        self.facts: Facts = gather(session, plugins, question, wide=wide or self.group)
        self.duration = self.service.minutes * 60
        self._lanes: dict[tuple[int, bool], list[list[Lane]]] = {}
        self._refusals: dict[tuple[int, ...], list[hookspecs.Refusal]] = {}
        inside = self.service.buffers_inside
        margins = (self.service.before * 60, self.service.after * 60) if inside else (0, 0)
        self.place_shape = Shape(self.duration, *margins, inside=inside)

    # ---- places ----

    @cached_property
    def places(self) -> list[Place]:
        """The places in question, in the order of their slugs."""
        return [self._place(location) for location in self.facts.locations]

    def _place(self, location: Location) -> Place:
        zone, service, now = ZoneInfo(location.zone), self.service, self.question.now
        notice = slots.notice_end(
            now,
            zone,
            minutes=service.notice,
            working_days=service.notice_working_days,
            cut_off=service.notice_cut_off,
        )
        horizon = slots.horizon_end(now, zone, service.horizon)
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

    def relevant_places(self, start: int) -> list[Place]:
        """The places where somebody asked for, or who could lead, works within a day; all where nobody does."""
        near = (start - slots.DAY, start + slots.DAY)
        found = [place for place in self.places if any(lane.near(near) for lane in self._wanted(place))]
        return found or self.places

    def _wanted(self, place: Place) -> list[Lane]:
        lanes = self.lanes(place)
        if self.question.staff is None:
            return lanes[0] if lanes else []
        return [lane for group in lanes for lane in group if self.is_asked(lane)]

    # ---- lanes ----

    def lanes(self, place: Place, *, anybody: bool = False) -> list[list[Lane]]:
        """For each need the resources of its pool that are at this place at all; `anybody` asks for all."""
        key = (place.location.id, anybody)
        if key not in self._lanes:
            self._lanes[key] = [list(self._lanes_of(place, need, anybody)) for need in self.facts.needs]
        return self._lanes[key]

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
        return [span for record in here for span in seconds(record.periods)] if here else None

    def _lane(self, place: Place, need: Need, resource: Resource, hours: list[Span]) -> Lane:
        shape, shift = self.shape(resource, need.length), need.offset
        runs = slots.working_runs(hours, place.zone)
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

    # ---- starts ----

    def starts(self, place: Place, lanes: list[list[Lane]]) -> dict[int, list[str]]:
        """The free starts at a place, each with the slugs of the staff who could take it."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        if not lanes or self.question.seats > self.service.capacity:
            return found
        filters = self._filters(lanes)
        if filters is not None:
            self._grid_starts(place, lanes, filters, found)
        if self.group:
            for event in self.joinable_events(place, lanes):
                found[event.start] = sorted({*found[event.start], *self._staff_of(event, lanes)})
        return found

    def _grid_starts(
        self, place: Place, lanes: list[list[Lane]], filters: list[list[Span]], found: dict[int, list[str]]
    ) -> None:
        window, step = self.window(place), self.service.step * 60
        if window[0] >= window[1]:
            return
        for lane in self.leads(lanes[0]):
            starts, slug = lane.grid(step, window), lane.resource.slug
            for spans in filters:
                starts = within(starts, spans)
            for start in starts:
                found[start].append(slug)
        others = [lane for lane in self._companions(lanes) if lane.resource.kind == STAFF]
        if others or self._pools_meet:
            self._with_companions(lanes, others, found)

    def leads(self, lanes: list[Lane]) -> list[Lane]:
        """The lanes whose hours make the grid; only the asked person's where one was asked for."""
        asked = [lane for lane in lanes if self.is_asked(lane)]
        return asked or lanes

    def is_asked(self, lane: Lane) -> bool:
        """Whether this is the person that was asked for."""
        return lane.resource.slug == self.question.staff

    def _filters(self, lanes: list[list[Lane]]) -> list[list[Span]] | None:
        """What the other needs, and larger quantities, leave of the starts; None where a need can't be met."""
        filters = []
        for index, group in enumerate(lanes):
            quantity = self.facts.needs[index].quantity
            if len(group) < quantity:
                return None
            if index or quantity > 1:
                filters.append(slots.covered([lane.allowed for lane in group], quantity))
        if self.question.staff is not None:
            asked = [lane for group in lanes for lane in group if self.is_asked(lane)]
            if not asked:
                return None
            filters.append(slots.covered([lane.allowed for lane in asked], 1))
        return filters

    def _companions(self, lanes: list[list[Lane]]) -> list[Lane]:
        """Lanes beside the lead's that may add people to a slot."""
        first = lanes[0] if self.facts.needs[0].quantity > 1 else []
        return [*first, *(lane for group in lanes[1:] for lane in group)]

    @cached_property
    def _pools_meet(self) -> bool:
        """Whether one resource could fill two needs, so that counting each need alone is not enough."""
        members = [resource.id for need in self.facts.needs for resource in need.pool]
        return len(members) != len(set(members))

    def _with_companions(
        self, lanes: list[list[Lane]], others: list[Lane], found: dict[int, list[str]]
    ) -> None:
        for start in list(found):
            if self._pools_meet and self.fill(self.options(lanes, start)) is None:
                del found[start]
                continue
            extra = {lane.resource.slug for lane in others if contains(lane.allowed, start)}
            found[start] = sorted({*found[start], *extra})

    # ---- one start ----

    def options(self, lanes: list[list[Lane]], start: int) -> list[list[Lane]]:
        """For each need the lanes that are free at one start; a sole lead also has to have it on the grid."""
        found = [[lane for lane in group if contains(lane.allowed, start)] for group in lanes]
        if self.facts.needs[0].quantity == 1:
            step = self.service.step * 60
            found[0] = [lane for lane in found[0] if lane.grid(step, (start, start + 1))]
        return found

    def fill(self, options: list[list[Lane]]) -> list[Lane] | None:
        """One lane for each place in each need, no resource twice, the first of the options that go together.

        The asked person is among them.
        """
        wanted = [
            group for group, need in zip(options, self.facts.needs, strict=True) for _ in range(need.quantity)
        ]
        return self._fill(wanted, [])

    def _fill(self, wanted: list[list[Lane]], chosen: list[Lane]) -> list[Lane] | None:
        if len(chosen) == len(wanted):
            asked = self.question.staff is None or any(self.is_asked(lane) for lane in chosen)
            return chosen if asked else None
        used = {lane.resource.id for lane in chosen}
        for lane in wanted[len(chosen)]:
            if lane.resource.id not in used:
                done = self._fill(wanted, [*chosen, lane])
                if done is not None:
                    return done
        return None

    # ---- groups ----

    @cached_property
    def events(self) -> list[Event]:
        """The group events of the service that already have a booking (rules 62, 63)."""
        if not self.group:
            return []
        resources: defaultdict[int, set[int]] = defaultdict(set)
        seats: defaultdict[int, set[int]] = defaultdict(set)
        where: dict[int, tuple[int, int]] = {}
        for rows in self.facts.occupied.values():
            for row in rows:
                if row.service_id == self.service.id:
                    resources[row.booking_id].add(row.resource_id)
                    seats[row.booking_id].add(row.seat)
                    where[row.booking_id] = (row.booked_start, row.location_id)
        joined: defaultdict[tuple[int, int, frozenset[int]], set[int]] = defaultdict(set)
        for booking_id, place in where.items():
            joined[*place, frozenset(resources[booking_id])] |= seats[booking_id]
        return sorted(
            (Event(*key, frozenset(taken)) for key, taken in joined.items()),
            key=lambda event: (event.start, sorted(event.resource_ids)),
        )

    def events_with_seats(self, place: Place, start: int | None = None) -> list[Event]:
        """The group events at a place that have seats enough; at one start or at any."""
        here = [event for event in self.events if event.location_id == place.location.id]
        free = self.service.capacity - self.question.seats
        return [event for event in here if len(event.seats) <= free and start in (None, event.start)]

    def joinable_events(self, place: Place, lanes: list[list[Lane]]) -> list[Event]:
        """The events at a place that have seats enough and that nothing else stands against."""
        by_id = {lane.resource.id: lane for group in lanes for lane in group}
        low, high = self.window(place)
        return [
            event
            for event in self.events_with_seats(place)
            if low <= event.start < high
            and event.resource_ids <= by_id.keys()
            and self.question.staff in (None, *self._staff_of(event, lanes))
            and all(contains(by_id[member].joinable, event.start) for member in event.resource_ids)
        ]

    def _staff_of(self, event: Event, lanes: list[list[Lane]]) -> set[str]:
        members = [
            lane.resource for group in lanes for lane in group if lane.resource.id in event.resource_ids
        ]
        return {member.slug for member in members if member.kind == STAFF}

    # ---- the answer ----

    def slots(self) -> list[Slot]:
        """Every slot, sorted by start and place, after one question to all policies."""
        found = [(place, self.starts(place, self.lanes(place))) for place in self.places]
        offers = sorted(
            (start, index, staff)
            for index, (_place, starts) in enumerate(found)
            for start, staff in starts.items()
        )
        refused = {refusal.start for refusal in self.refusals({start for start, _, _ in offers})}
        return [
            Slot(
                begin,
                datetime.fromtimestamp(start + self.duration, UTC),
                found[index][0].location,
                tuple(staff),
            )
            for start, index, staff in offers
            if (begin := datetime.fromtimestamp(start, UTC)) not in refused
        ]

    def refusals(self, starts: Iterable[int]) -> list[hookspecs.Refusal]:
        """What the policies say against the starts; asked once for all of them."""
        key = tuple(sorted(starts))
        if key and key not in self._refusals:
            self._refusals[key] = self.plugins.ask(
                hookspecs.booking_refusals,
                session=self.session,
                service=self.service,
                starts=[datetime.fromtimestamp(start, UTC) for start in key],
                customer=self.question.customer,
            )
        return self._refusals.get(key, [])


def seconds(periods: Iterable[Period]) -> list[Span]:
    """Periods as epoch seconds."""
    return [(int(start.timestamp()), int(end.timestamp())) for start, end in periods]


def _closing(busy: hookspecs.Busy) -> Closing:
    start, end = busy.period
    return Closing(int(start.timestamp()), int(end.timestamp()), busy.rule, busy.text, busy.source)


def _whole(row: Occupied) -> Occupied:
    return Occupied(*row)


def within(starts: list[int], spans: Sequence[Span]) -> list[int]:
    """The starts that lie in one of the spans; both sorted."""
    kept: list[int] = []
    index, count = 0, len(spans)
    for start in starts:
        while index < count and spans[index][1] <= start:
            index += 1
        if index == count:
            break
        if spans[index][0] <= start:
            kept.append(start)
    return kept


def contains(spans: Sequence[Span], instant: int) -> bool:
    """Whether an instant lies in one of the sorted, disjoint spans."""
    index = bisect_right(spans, (instant, 1 << 62)) - 1
    return index >= 0 and instant < spans[index][1]
