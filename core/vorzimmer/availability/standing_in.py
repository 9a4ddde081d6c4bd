"""Who could take an appointment over that stands already: its time and place stay, one resource changes (rule 19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from vorzimmer.availability.assign import Assignment, anyway, by_load
from vorzimmer.availability.facts import Question
from vorzimmer.availability.lanes import Lane, Place
from vorzimmer.availability.search import Search
from vorzimmer.availability.why import Why, against
from vorzimmer.models import Booking, Resource
from vorzimmer.plugins import Plugins
from vorzimmer.reasons import Reason, Refused
from vorzimmer.slots import Span

SETTLED = frozenset({"21", "36", "37"})
"""Grid, notice and horizon were settled when it was booked; hours, absences and neighbours count anew."""


def stand_ins(
    session: Session, plugins: Plugins, bookings: Iterable[Booking], away: int, moment: datetime
) -> dict[str, list[Resource]]:
    """For each booking (by uid) who is free to take the place of `away` (an id), least booked on that day first.

    One search for all of the same service, place and size, however many there are.
    """
    alike: defaultdict[tuple[int, int, int], list[Booking]] = defaultdict(list)
    for booking in bookings:
        alike[booking.service_id, booking.location_id, booking.seats].append(booking)
    found: dict[str, list[Resource]] = {}
    for those in alike.values():
        starts = [int(booking.starts.timestamp()) for booking in those]
        search = _search(session, plugins, those[0], moment, (min(starts), max(starts) + 1))
        found |= {booking.uid: _free(search, booking, away) for booking in those}
    return found


def _free(search: Search, booking: Booking, away: int) -> list[Resource]:
    """Who could take one of them; what it takes itself is on none of their lanes."""
    start = int(booking.starts.timestamp())
    taken = {allocation.resource_id for allocation in booking.allocations}
    # What is in the archive, or at another place now, is on no lane any more: the need says for what it was taken.
    needs = {found.requirement_id for found in booking.allocations if found.resource_id == away}
    for place in search.places:
        lanes = search.lanes(place, anybody=True)
        each = list(zip(search.facts.needs, lanes, strict=True))
        served = [group for need, group in each if need.requirement_id in needs]
        served = served or [group for group in lanes if away in [lane.resource.id for lane in group]][:1]
        others: dict[int, list[Lane]] = {}  # who can do all that is to be taken over
        for lane in (lane for group in served for lane in group):
            others.setdefault(lane.resource.id, []).append(lane)
        able = [those for key, those in others.items() if key not in taken and len(those) == len(served)]
        free = [
            those[0] for those in able if not any(_hindered(search, place, lane, start) for lane in those)
        ]
        if served:
            return [lane.resource for lane in by_load(search, place, free, start)]
    return []


def in_place_of(
    session: Session, plugins: Plugins, booking: Booking, only: frozenset[int], moment: datetime
) -> Assignment:
    """The same appointment with these resources. Refuses with `SLOT_TAKEN` or `NOT_OFFERED` (`warnings`)."""
    start = int(booking.starts.timestamp())
    search = _search(session, plugins, booking, moment, (start, start + 1), only, booking.id)
    placed = anyway(search, start)
    if placed is None:
        raise Refused(Reason.NOT_OFFERED)
    if placed.conflicts:
        raise Refused(Reason.SLOT_TAKEN, conflicts=placed.conflicts)
    if any(_counts(why) for why in placed.warnings):
        raise Refused(Reason.NOT_OFFERED, warnings=placed.warnings)
    return placed.assignment


def _search(
    session: Session,
    plugins: Plugins,
    booking: Booking,
    moment: datetime,
    window: Span,
    only: frozenset[int] | None = None,
    ignoring: int | None = None,
) -> Search:
    place, seats = booking.location.slug, booking.seats
    question = Question(
        booking.service, window, moment, location=place, seats=seats, ignoring=ignoring, only=only
    )
    return Search(session, plugins, question, wide=True)


def _hindered(search: Search, place: Place, lane: Lane, start: int) -> bool:
    joins = any(
        lane.resource.id in event.resource_ids for event in search.events_with_seats(place, start)
    )  # a group that the other one gives at the same time takes them in (rule 63)
    return any(_counts(why) for why in against(search, place, lane, start, joins=joins))


def _counts(why: Why) -> bool:
    return why.rule.isdigit() and why.rule not in SETTLED
