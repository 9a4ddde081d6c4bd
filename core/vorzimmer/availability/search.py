"""Which starts are free: the lanes of every need laid over each other (rules 13, 52 to 55, 62, 63)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from sqlalchemy.orm import Session

from vorzimmer import hookspecs, slots
from vorzimmer.availability.facts import Need, Question, gather
from vorzimmer.availability.lanes import Lane, Layout, Place, contains
from vorzimmer.models import Location
from vorzimmer.periods import day_period
from vorzimmer.plugins import Plugins
from vorzimmer.slots import Span

STAFF = "staff"


class Slot(NamedTuple):
    """A start on offer at a place; `end` without buffers. `staff`: slugs of those who could take it, sorted."""

    start: datetime
    end: datetime
    location: Location
    staff: tuple[str, ...]


class Event(NamedTuple):
    """A group event that somebody opened: its start, place and resources are fixed (rule 63).

    `parts` are its resources, each with the second of the appointment from which it is taken.
    """

    start: int
    location_id: int
    parts: frozenset[tuple[int, int]]
    seats: frozenset[int]

    @property
    def resource_ids(self) -> set[int]:
        """Who and what it takes."""
        return {resource_id for resource_id, _offset in self.parts}


class Search(Layout):
    """One question and what was found for it; slots, assignments and explanations read from the same one."""

    def __init__(self, session: Session, plugins: Plugins, question: Question, *, wide: bool = False) -> None:
        wide = wide or question.service.capacity > 1
        super().__init__(question, gather(session, plugins, question, wide=wide))
        self.session = session
        self.plugins = plugins
        self._refusals: dict[tuple[int, ...], list[hookspecs.Refusal]] = {}

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
        window, step = self.window(place), self.step
        if window[0] >= window[1]:
            return
        for lane in self.leads(lanes[0]):
            starts, slug = lane.grid(step, window), lane.resource.slug
            for spans in filters:
                starts = slots.within(starts, spans)
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
            if not self._pools_meet:
                extra = {lane.resource.slug for lane in others if contains(lane.allowed, start)}
                found[start] = sorted({*found[start], *extra})
                continue
            options = self.options(lanes, start)
            if self.fill(options) is None:
                del found[start]
                continue
            people = {
                lane.resource.slug for group in options for lane in group if lane.resource.kind == STAFF
            }
            found[start] = sorted(slug for slug in people if self.fill(options, slug))

    def relevant_places(self, start: int) -> list[Place]:
        """The places where somebody asked for, or who could lead, works on that day; else within a day, else all."""
        found = [
            place
            for place in self.places
            if any(lane.near(_day(place, start)) for lane in self._wanted(place))
        ]
        if not found:
            near = (start - slots.DAY, start + slots.DAY)
            found = [place for place in self.places if any(lane.near(near) for lane in self._wanted(place))]
        return found or self.places

    def _wanted(self, place: Place) -> list[Lane]:
        lanes = self.lanes(place)
        if self.question.staff is None:
            return lanes[0] if lanes else []
        return [lane for group in lanes for lane in group if self.is_asked(lane)]

    # ---- one start ----

    def options(self, lanes: list[list[Lane]], start: int) -> list[list[Lane]]:
        """For each need the lanes that are free at one start; a sole lead also has to have it on the grid."""
        found = [[lane for lane in group if contains(lane.allowed, start)] for group in lanes]
        if self.facts.needs[0].quantity == 1:
            found[0] = [lane for lane in found[0] if lane.grid(self.step, (start, start + 1))]
        return found

    def fill(self, options: list[list[Lane]], somebody: str | None = None) -> list[Lane] | None:
        """One lane for each place in each need, the first of the options that go together (rules 52, 53).

        Nobody is wanted twice at one time, and who is there already comes first. The asked person is among them, and
        `somebody` (a slug).
        """
        needs = [need for need in self.facts.needs for _ in range(need.quantity)]
        wanted = [
            group for group, need in zip(options, self.facts.needs, strict=True) for _ in range(need.quantity)
        ]
        people = {self.question.staff, somebody} - {None}
        return self._fill(list(zip(needs, wanted, strict=True)), [], people)

    def _fill(
        self, wanted: list[tuple[Need, list[Lane]]], chosen: list[Lane], people: set[str | None]
    ) -> list[Lane] | None:
        if len(chosen) == len(wanted):
            return chosen if people <= {lane.resource.slug for lane in chosen} else None
        for lane in self._in_turn(*wanted[len(chosen)], chosen):
            done = self._fill(wanted, [*chosen, lane], people)
            if done is not None:
                return done
        return None

    def _in_turn(self, need: Need, group: list[Lane], chosen: list[Lane]) -> list[Lane]:
        """Who may fill a need beside those chosen for the ones before it."""
        there = {lane.resource.id for lane in chosen}
        engaged = {lane.resource.id for lane in chosen if need.meets(lane.need)}
        if need.follows is not None:
            first = self.facts.needs[need.follows]
            engaged |= {lane.resource.id for lane in group} - {
                lane.resource.id for lane in chosen if lane.need is first
            }
        free = [lane for lane in group if lane.resource.id not in engaged]
        return sorted(free, key=lambda lane: lane.resource.id not in there)

    # ---- groups ----

    @cached_property
    def events(self) -> list[Event]:
        """The group events of the service that already have a booking (rules 62, 63)."""
        if not self.group:
            return []
        parts: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        seats: defaultdict[int, set[int]] = defaultdict(set)
        where: dict[int, tuple[int, int]] = {}
        for rows in self.facts.occupied.values():
            for row in rows:
                if row.service_id == self.service.id:
                    parts[row.booking_id].add((row.resource_id, row.start - row.booked_start))
                    seats[row.booking_id].add(row.seat)
                    where[row.booking_id] = (row.booked_start, row.location_id)
        joined: defaultdict[tuple[int, int, frozenset[tuple[int, int]]], set[int]] = defaultdict(set)
        for booking_id, place in where.items():
            joined[*place, frozenset(parts[booking_id])] |= seats[booking_id]
        return sorted(
            (Event(*key, frozenset(taken)) for key, taken in joined.items()),
            key=lambda event: (event.start, sorted(event.parts)),
        )

    def events_with_seats(self, place: Place, start: int | None = None) -> list[Event]:
        """The group events at a place that have seats enough; at one start or at any."""
        here = [event for event in self.events if event.location_id == place.location.id]
        free = self.service.capacity - self.question.seats
        return [event for event in here if len(event.seats) <= free and start in (None, event.start)]

    def joinable_events(self, place: Place, lanes: list[list[Lane]]) -> list[Event]:
        """The events at a place that have seats enough and that nothing else stands against."""
        low, high = self.window(place)
        return [
            event
            for event in self.events_with_seats(place)
            if low <= event.start < high
            and self.taken_by(event, self.joinable(lanes, event.start)) is not None
        ]

    def joinable(self, lanes: list[list[Lane]], start: int) -> list[list[Lane]]:
        """Those that nothing but the service's own group stands against at one start."""
        return [[lane for lane in group if contains(lane.joinable, start)] for group in lanes]

    def taken_by(self, event: Event, lanes: list[list[Lane]]) -> list[Lane] | None:
        """The lanes that an event has taken; None where it is not what the service needs now."""
        found = []
        for need, group in zip(self.facts.needs, lanes, strict=True):
            there = [lane for lane in group if (lane.resource.id, need.offset) in event.parts]
            found.append(there or [lane for lane in group if lane.resource.id in event.resource_ids])
        taken = self.fill(found)
        if taken is None or event.resource_ids != {lane.resource.id for lane in taken}:
            return None
        return taken

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
                ignoring=self.question.ignoring,
            )
        return self._refusals.get(key, [])


def _day(place: Place, start: int) -> Span:
    """The local day of a start."""
    low, high = day_period(datetime.fromtimestamp(start, place.zone).date(), place.zone)
    return int(low.timestamp()), int(high.timestamp())
