"""Who takes an appointment: one start, all its resources at once (rules 52 to 57)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from vorzimmer.availability.lanes import Lane, Place
from vorzimmer.availability.search import Event, Search
from vorzimmer.availability.why import Why, against, general, off_grid_together, refused
from vorzimmer.models import Booking, Location, Resource
from vorzimmer.periods import day_period
from vorzimmer.slots import Span


@dataclass(frozen=True)
class Item:
    """One resource on one seat for its bare period (aware UTC), with its buffers in minutes."""

    resource: Resource
    requirement_id: int
    starts: datetime
    ends: datetime
    before: int
    after: int
    seat: int


@dataclass(frozen=True)
class Assignment:
    """Everything that one appointment takes, the staff first."""

    location: Location
    items: list[Item]


@dataclass(frozen=True)
class Placement:
    """Where staff put an appointment: rules that it breaks, and resources that are taken (rule 42)."""

    assignment: Assignment
    warnings: list[Why]
    conflicts: list[Why]


def best(search: Search, start: int) -> Assignment | None:
    """The assignment for a start on offer; None where it is not."""
    offered = [slot.location for slot in search.slots()]
    for place in search.places:
        if place.location in offered:
            return _offered(search, place, start)
    return None


def _offered(search: Search, place: Place, start: int) -> Assignment | None:
    lanes = search.lanes(place)
    for event in search.joinable_events(place, lanes):
        if event.start == start:
            return _join(search, place, search.joinable(lanes, start), event)
    options = [by_load(search, place, group, start) for group in search.options(lanes, start)]
    chosen = search.fill(options)
    return _assignment(search, place, chosen, start, range(search.question.seats)) if chosen else None


def _join(search: Search, place: Place, lanes: list[list[Lane]], event: Event) -> Assignment | None:
    chosen = search.taken_by(event, lanes)
    free = [seat for seat in range(search.service.capacity) if seat not in event.seats]
    if chosen is None:
        return None
    return _assignment(search, place, chosen, event.start, free[: search.question.seats])


def by_load(search: Search, place: Place, lanes: Sequence[Lane], start: int) -> list[Lane]:
    """Least minutes booked on that local day first, then by slug: ties have one answer (rule 56)."""
    low, high = _day(place, start)
    return sorted(lanes, key=lambda lane: (_booked(search, lane, low, high), lane.resource.slug))


def _day(place: Place, start: int) -> Span:
    """The local day of a start."""
    day = day_period(datetime.fromtimestamp(start, place.zone).date(), place.zone)
    return int(day.start.timestamp()), int(day.end.timestamp())


def _booked(search: Search, lane: Lane, low: int, high: int) -> int:
    rows = search.facts.occupied.get(lane.resource.id, ())
    spans = {
        (max(row[0], low), min(row[1], high)) for row in rows if row[5] and row[1] > low and row[0] < high
    }
    return sum(end - start for start, end in spans)


def _assignment(
    search: Search, place: Place, chosen: Sequence[Lane], start: int, seats: Sequence[int]
) -> Assignment:
    items = [_item(lane, start, seat) for lane in chosen for seat in seats]
    return Assignment(place.location, sorted(items, key=lambda item: item.resource.kind != "staff"))


def _item(lane: Lane, start: int, seat: int) -> Item:
    begin = datetime.fromtimestamp(start + lane.need.offset, UTC)
    end = begin + timedelta(seconds=lane.need.length)
    before, after = lane.shape.before // 60, lane.shape.after // 60
    return Item(lane.resource, lane.need.requirement_id, begin, end, before, after, seat)


def anyway(search: Search, start: int) -> Placement | None:
    """The best place for an appointment that may break rules; None where a need has nobody at all.

    Fewest conflicts first, then a place where somebody works that day, then where it was, then fewest broken rules.
    What is on offer is placed as the search would.
    """
    offered = best(search, start)
    if offered is not None:
        return Placement(offered, [], [])
    here = _location_before(search)
    found = [
        (len(placed.conflicts), not at_work, place.location.id != here, len(placed.warnings), index, placed)
        for index, place in enumerate(search.places)
        for placed, at_work in _at(search, place, start)
    ]
    return min(found, key=lambda entry: entry[:5])[5] if found else None


def _location_before(search: Search) -> int | None:
    if search.question.ignoring is None:
        return None
    return search.session.scalar(select(Booking.location_id).where(Booking.id == search.question.ignoring))


def _at(search: Search, place: Place, start: int) -> Iterator[tuple[Placement, bool]]:
    """The placement at one place, if there is any, and whether somebody who takes it works there that day."""
    lanes = search.lanes(place, anybody=True)
    broken = [*general(search, place, start), *map(refused, search.refusals([start]))]
    for event in search.events_with_seats(place, start):
        joined = _join(search, place, lanes, event)
        if joined is not None:
            yield Placement(joined, broken, []), True
            return
    known = {id(lane): list(against(search, place, lane, start)) for group in lanes for lane in group}

    def badness(lane: Lane) -> tuple[int, int]:
        found = [why for each in (lane, *lane.again) for why in known[id(each)]]
        return sum(why.conflict for why in found), len(found)

    chosen = search.fill([sorted(by_load(search, place, group, start), key=badness) for group in lanes])
    if chosen is None:
        return
    broken += [why for lane in chosen for why in known[id(lane)]]
    broken += off_grid_together(search, place, search.leads(list(chosen)), start)
    yield (
        Placement(
            _assignment(search, place, chosen, start, range(search.question.seats)),
            [why for why in broken if not why.conflict],
            [why for why in broken if why.conflict],
        ),
        any(lane.runs for lane in chosen),
    )
