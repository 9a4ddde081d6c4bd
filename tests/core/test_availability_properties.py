"""Properties of the search over random small practices, against an oracle that tries every minute and everybody.

Rules 62 and 82: what is offered can be booked, a restriction never adds an offer, the window and the display zone
change nothing, and the explanation gives the same verdict.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.core import oracle
from vorzimmer import availability
from vorzimmer.hookspecs import Available, Busy, Candidates, Refusal, ResourceKind, hookimpl
from vorzimmer.models import Allocation, Booking, Location, Requirement, Resource, Service
from vorzimmer.periods import Period
from vorzimmer.plugins import Loaded
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.settings.config import Config, Settings
from vorzimmer.slots import Shape, Span, Taken

VIENNA = ZoneInfo("Europe/Vienna")
TOKYO = ZoneInfo("Asia/Tokyo")
MINUTE = 60
HOUR = 60 * MINUTE
MIDNIGHT = oracle.at(VIENNA, "2027-03-28 00:00")  # 02:00 does not exist on this day
DAY = (MIDNIGHT, MIDNIGHT + 20 * HOUR)
NOW = MIDNIGHT - 3 * HOUR
LAST = oracle.at(VIENNA, "2027-03-29 00:00")  # the horizon's end
NIGHT = (LAST - 2 * HOUR, LAST + 2 * HOUR)
STAFF, ROOMS, PLACES = (1, 2, 3), (4, 5), (1, 2)


@dataclass(frozen=True)
class Taking:
    """One booking: its resources for a bare period, with buffers; `ours` books the service in question."""

    start: int
    end: int
    before: int
    after: int
    resources: tuple[int, ...]
    place: int
    seats: tuple[int, ...] = (0,)
    ours: bool = False
    expires: int | None = None


@dataclass(frozen=True)
class Away:
    """A busy period of a resource, a place, or everybody."""

    start: int
    end: int
    resource: int | None = None
    place: int | None = None
    closure: bool = False


@dataclass(frozen=True)
class Again:
    """A further need for people; the first one then ends after `first` minutes."""

    first: int
    offset: int
    length: int
    pool: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class Small:
    """A whole practice; all times in epoch seconds, all of the service in minutes."""

    minutes: int
    step: int
    before: int
    after: int
    combine: str
    inside: bool
    notice: int
    capacity: int
    people: int
    room: tuple[int, int] | None
    again: Again | None
    own_buffer: int | None
    hours: dict[int, tuple[int, list[Span]]]
    despite: dict[int, list[Span]]
    opening: dict[int, list[Span]]
    service_hours: list[Span]
    away: list[Away]
    takings: list[Taking]
    refused: int = 0
    staff: int | None = None
    seats: int = 1


times = st.integers(0, 119).map(lambda tens: MIDNIGHT + tens * 10 * MINUTE)


@st.composite
def spans(draw, most=3, longest=30):
    starts = draw(st.lists(times, max_size=most))
    return [(start, start + draw(st.integers(1, longest)) * 10 * MINUTE) for start in starts]


@st.composite
def workdays(draw):
    """One long period, and perhaps more."""
    start = MIDNIGHT + draw(st.integers(0, 30)) * 10 * MINUTE
    return [(start, start + draw(st.integers(20, 80)) * 10 * MINUTE), *draw(spans(2))]


@st.composite
def takings(draw, capacity: int, minutes: int, room: bool) -> Taking:
    start = MIDNIGHT + draw(st.integers(6, 60)) * 10 * MINUTE + draw(st.sampled_from([0, 0, 5 * MINUTE]))
    ours = capacity > 1 and draw(st.booleans())
    length = minutes if ours else draw(st.integers(1, 12)) * 10
    person = draw(st.sampled_from(STAFF))
    rooms = (draw(st.sampled_from(ROOMS)),) if room else ()
    who = (person, *rooms) if ours or draw(st.booleans()) else rooms or (person,)
    return Taking(
        start,
        start + length * MINUTE,
        draw(st.sampled_from([0, 0, 10])) * MINUTE,
        draw(st.sampled_from([0, 0, 15])) * MINUTE,
        who,
        draw(st.sampled_from([1, 1, 2])),
        tuple(range(draw(st.integers(1, capacity)))) if ours else (0,),
        ours,
        draw(st.sampled_from([None, None, NOW, NOW + 60])),
    )


@st.composite
def aways(draw):
    start = draw(times)
    return Away(
        start,
        start + draw(st.integers(1, 30)) * 10 * MINUTE,
        *draw(
            st.sampled_from(
                [
                    (1, None, False),
                    (2, 1, False),
                    (4, None, False),
                    (None, 1, False),
                    (None, None, True),
                    (None, None, True),
                ]
            )
        ),
    )


@st.composite
def groups(draw, hours: dict[int, tuple[int, list[Span]]], minutes: int, room: bool) -> Taking:
    """A group event of the service inside somebody's hours."""
    who = draw(st.sampled_from(sorted(hours)))
    place, working = hours[who]
    start = working[0][0] + draw(st.integers(0, 20)) * 5 * MINUTE
    seats = tuple(range(draw(st.integers(1, 3))))
    resources = (who, *((place + 3,) if room else ()))
    return Taking(start, start + minutes * MINUTE, 0, 0, resources, place, seats, ours=True)


@st.composite
def agains(draw, minutes: int) -> Again:
    """Somebody is needed for two parts of the appointment: the same pool, a part of it, or another one."""
    first = draw(st.integers(1, minutes // 5 - 1)) * 5
    offset = draw(st.sampled_from([first, first, draw(st.integers(0, minutes // 5 - 1)) * 5]))
    length = draw(st.integers(1, (minutes - offset) // 5)) * 5
    pool = draw(st.sampled_from([STAFF, STAFF, (1, 2), (2, 3), (3,)]))
    return Again(first, offset, length, pool, draw(st.sampled_from([1, 1, 2])))


@st.composite
def practices(draw) -> Small:
    capacity = draw(st.sampled_from([1, 3]))
    minutes = draw(st.sampled_from([20, 30, 45, 60]))
    room = draw(st.sampled_from([None, (0, minutes), (10, 10)]))
    people = draw(st.sets(st.sampled_from(STAFF), min_size=2))
    hours = {who: (draw(st.sampled_from([1, 1, 2])), draw(workdays())) for who in sorted(people)}
    taken = draw(st.lists(takings(capacity, minutes, room is not None), max_size=4))
    if capacity > 1:
        taken += draw(st.lists(groups(hours, minutes, room is not None), max_size=2))
    return Small(
        minutes=minutes,
        step=draw(st.sampled_from([10, 15, 25, 30])),
        before=draw(st.sampled_from([0, 0, 10])),
        after=draw(st.sampled_from([0, 5, 15])),
        combine=draw(st.sampled_from(["max", "sum"])),
        inside=draw(st.booleans()),
        notice=draw(st.sampled_from([0, 0, 300])),
        capacity=capacity,
        people=draw(st.sampled_from([1, 2])) if capacity == 1 else 1,
        room=room,
        again=draw(st.one_of(st.none(), agains(minutes))),
        own_buffer=draw(st.sampled_from([None, None, 0, 20])),
        hours=hours,
        despite={1: draw(workdays())},
        opening={1: draw(workdays())} if draw(st.booleans()) else {},
        service_hours=draw(workdays()) if draw(st.booleans()) else [],
        away=draw(st.lists(aways(), max_size=2)),
        takings=taken,
        refused=draw(st.sampled_from([0, 0, 3])),
        staff=draw(st.sampled_from([None, None, 1, 2])),
        seats=draw(st.sampled_from([1, 1, 2])),
    )


def instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def period(span: Span) -> Period:
    return Period(instant(span[0]), instant(span[1]))


# ---- the same practice, once for the server and once for the oracle --------------------------------------------------


@dataclass
class Answers:
    """A plugin whose answers are drawn."""

    small: Small | None = None
    needs: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @hookimpl
    def resource_kinds(self) -> list[ResourceKind]:
        return [
            ResourceKind("staff", "Person", "People", needs_hours=True),
            ResourceKind("room", "Room", "Rooms"),
        ]

    @hookimpl
    def candidates(self) -> list[Candidates]:
        return [Candidates(need, pool) for need, pool in self.needs.items()]

    @hookimpl
    def available_periods(self, service: Service) -> list[Available]:
        small = self.small
        found = [
            Available(
                [period(span) for span in hours],
                f"person:{who}",
                resource_id=who,
                location_id=place,
                despite_closure=[period(span) for span in small.despite.get(who, [])],
            )
            for who, (place, hours) in small.hours.items()
        ]
        found += [
            Available([period(span) for span in hours], f"location:{place}", location_id=place)
            for place, hours in small.opening.items()
        ]
        if small.service_hours:
            hours = [period(span) for span in small.service_hours]
            found += [
                Available(hours, "service", location_id=place, service_id=service.id) for place in PLACES
            ]
        return found

    @hookimpl
    def busy_periods(self) -> list[Busy]:
        return [
            Busy(
                period((item.start, item.end)), "away", "18", "away", item.resource, item.place, item.closure
            )
            for item in self.small.away
        ]

    @hookimpl
    def booking_refusals(self, starts: list[datetime]) -> list[Refusal]:
        return [
            Refusal(start, "odd", "odd", "odd")
            for start in starts
            if refuses(self.small, int(start.timestamp()))
        ]


def refuses(small: Small, start: int) -> bool:
    return bool(small.refused) and start // MINUTE // 5 % small.refused == 0


@dataclass
class House:
    """A server whose only plugin is the one above."""

    hall: Hall
    answers: Answers

    def open(self, session: Session, small: Small) -> Service:
        session.add_all(
            Location(id=place, slug=f"place-{place}", name="", zone="Europe/Vienna") for place in PLACES
        )
        buffers = {"before": small.own_buffer, "after": small.own_buffer}
        session.add_all(
            Resource(id=who, slug=f"p{who}", name="", kind="staff", **(buffers if who == 2 else {}))
            for who in STAFF
        )
        session.add_all(
            Resource(id=room, slug=f"r{room}", name="", kind="room", location_id=room - 3) for room in ROOMS
        )
        service = Service(
            slug="ours",
            name="",
            minutes=small.minutes,
            step=small.step,
            before=small.before,
            after=small.after,
            buffer_rule=small.combine,
            buffers_inside=small.inside,
            notice=small.notice,
            horizon=1,
            capacity=small.capacity,
        )
        other = Service(slug="other", name="", minutes=30, step=30)
        needs = [
            Requirement(
                service=service, position=position, kind=kind, quantity=count, offset=offset, minutes=length
            )
            for position, (kind, _pool, count, offset, length) in enumerate(needs_of(small))
        ]
        session.add_all([service, other, *needs])
        session.flush()
        self.answers.small = small
        pools = [pool for _kind, pool, *_rest in needs_of(small)]
        self.answers.needs = dict(zip([need.id for need in needs], pools, strict=True))
        for number, taking in enumerate(small.takings):
            session.add(booking(number, taking, service if taking.ours else other))
        session.flush()
        return service


def needs_of(small: Small) -> list[tuple[str, tuple[int, ...], int, int, int]]:
    """Kind, who can, how many, from which minute, for how many minutes."""
    first = small.again.first if small.again else small.minutes
    found: list[tuple[str, tuple[int, ...], int, int, int]] = [("staff", STAFF, small.people, 0, first)]
    if small.room:
        found.append(("room", ROOMS, 1, *small.room))
    if small.again:
        found.append(("staff", small.again.pool, small.again.count, small.again.offset, small.again.length))
    return found


def booking(number: int, taking: Taking, service: Service) -> Booking:
    starts, ends = instant(taking.start), instant(taking.end)
    expires = instant(taking.expires) if taking.expires else None
    made = Booking(
        uid=str(number),
        status="held" if expires else "confirmed",
        service=service,
        location_id=taking.place,
        starts=starts,
        ends=ends,
        wall="",
        zone="Europe/Vienna",
        source="web",
        created_at=starts,
        changed_at=starts,
    )
    made.allocations = [
        Allocation(
            resource_id=who,
            starts=starts,
            ends=ends,
            before=taking.before // MINUTE,
            after=taking.after // MINUTE,
            seat=seat,
            guarded=False,
            expires_at=expires,
        )
        for who in taking.resources
        for seat in taking.seats
    ]
    return made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    config = Config(
        Settings.model_validate({"plugins": {"enabled": []}}), Path(tmp_path_factory.mktemp("house"))
    )
    hall = Hall.open(config)
    hall.migrate()
    answers = Answers()
    hall.plugins.loaded.append(Loaded("answers", instance=answers))
    hall.plugins._manager.register(answers, name="answers")  # what an entry point would do at start
    yield House(hall, answers)
    hall.database.dispose()


class Oracle:
    """Tries every minute, every place and everybody."""

    def __init__(self, small: Small, *, by_staff: bool = False) -> None:
        self.small = small
        self.by_staff = by_staff
        self.pools = [pool for _kind, pool, *_rest in needs_of(small)]
        self.counts = [count for _kind, _pool, count, *_rest in needs_of(small)]
        self.segments = [(offset, length) for *_need, offset, length in needs_of(small)]
        self.live = [t for t in small.takings if t.expires is None or t.expires > NOW]

    def shape(self, who: int, length: int) -> Shape:
        small = self.small
        own = small.own_buffer if who == 2 else None
        before, after = (own, own) if own is not None else (small.before, small.after)
        return Shape(length * MINUTE, before * MINUTE, after * MINUTE, small.combine, small.inside)

    def open(self, start: int, place: int) -> bool:
        """Notice, horizon, opening hours, hours of the service, closings of the place."""
        small = self.small
        notice = 0 if self.by_staff else small.notice * MINUTE
        if start < NOW + notice or (start >= LAST and not self.by_staff):
            return False
        minutes = self.minutes(start)
        allowed = [oracle.minutes_of(hours) for at, hours in small.opening.items() if at == place]
        allowed += [oracle.minutes_of(small.service_hours)] if small.service_hours else []
        closed = [a for a in small.away if a.resource is None and not a.closure and a.place in (None, place)]
        return all(minutes <= hours for hours in allowed) and not minutes & oracle.minutes_of(
            (a.start, a.end) for a in closed
        )

    def minutes(self, start: int) -> set[int]:
        small = self.small
        before, after = (small.before, small.after) if small.inside else (0, 0)
        return oracle.minutes_of([(start - before * MINUTE, start + (small.minutes + after) * MINUTE)])

    def free(self, who: int, need: int, start: int, place: int, *, joining: bool = False) -> bool:
        """Whether one resource can take its part."""
        offset, length = self.segments[need]
        shape, begin = self.shape(who, length), start + offset * MINUTE
        if who in ROOMS and place != who - 3:
            return False
        if who in STAFF and not oracle.fits(begin, self.working(who, place), shape):
            return False
        if who in STAFF and self.minutes(start) & self.closed(who):
            return False
        absences = [a for a in self.small.away if a.resource == who and a.place in (None, place)]
        neighbours = [Taken(a.start, a.end) for a in absences]
        neighbours += [
            Taken(taking.start, taking.end, taking.before, taking.after)
            for taking in self.live
            if who in taking.resources and not (joining and taking.ours)
        ]
        return not any(oracle.collides(begin, neighbour, shape) for neighbour in neighbours)

    @cache  # noqa: B019  (an oracle lives for one example)
    def working(self, who: int, place: int) -> set[int]:
        at, hours = self.small.hours.get(who, (None, []))
        return oracle.minutes_of(hours) if at == place else set()

    @cache  # noqa: B019
    def closed(self, who: int) -> set[int]:
        closures = oracle.minutes_of((a.start, a.end) for a in self.small.away if a.closure)
        despite = self.small.despite.get(who, []) if who in self.small.hours else []
        return closures - oracle.minutes_of(despite)

    def on_grid(self, who: int, start: int) -> bool:
        return (start - self.anchors(who)[start]) % (self.small.step * MINUTE) == 0

    @cache  # noqa: B019
    def anchors(self, who: int) -> dict[int, int]:
        return oracle.anchors(self.small.hours[who][1], VIENNA)

    def staff_at(self, start: int, place: int) -> set[int]:
        """Who could take a start at a place; nobody where it is not offered."""
        small = self.small
        if small.seats > small.capacity or not self.open(start, place) or refuses(small, start):
            return set()
        return self.new(start, place) | self.joined(start, place)

    def free_for(self, start: int, place: int, *, joining: bool = False) -> list[list[int]]:
        """For each need who could fill it."""
        return [
            [who for who in pool if self.free(who, need, start, place, joining=joining)]
            for need, pool in enumerate(self.pools)
        ]

    def teams(self, free: list[list[int]]) -> Iterator[list[tuple[int, ...]]]:
        """Every way to fill all needs: nobody twice at one time, and those who can come back do."""
        choices = [itertools.combinations(pool, count) for pool, count in zip(free, self.counts, strict=True)]
        for team in itertools.product(*choices):
            apart = all(
                not set(team[one]) & set(team[other])
                for one, other in itertools.combinations(range(len(team)), 2)
                if self.at_once(one, other)
            )
            if apart and (not self.comes_back or set(team[0]) == set(team[-1])):
                yield list(team)

    @property
    def comes_back(self) -> bool:
        """Whether the last need is for the same people as the first, at another time."""
        again = self.small.again
        alike = again and (again.pool, again.count) == (STAFF, self.small.people)
        return bool(alike) and not self.at_once(0, -1)

    def at_once(self, one: int, other: int) -> bool:
        parts = (self.segments[one], self.segments[other])
        minutes = [set(range(offset, offset + length)) for offset, length in parts]
        return bool(minutes[0] & minutes[1])

    def new(self, start: int, place: int) -> set[int]:
        """Who could be in it; one of those asked for, or who could lead, has the start on the own grid."""
        asked = self.small.staff
        first = [who for who in STAFF if self.free(who, 0, start, place)]
        if not any(self.on_grid(who, start) for who in first if asked in (None, who)):
            return set()
        free = self.free_for(start, place)
        if self.small.people == 1:
            free[0] = [who for who in first if self.on_grid(who, start)]
        teams = [set(itertools.chain(*team)) & set(STAFF) for team in self.teams(free)]
        return set().union(*(team for team in teams if asked is None or asked in team))

    def joined(self, start: int, place: int) -> set[int]:
        if self.small.capacity == 1:
            return set()
        found: set[int] = set()
        ours = [t for t in self.live if t.ours and t.start == start and t.place == place]
        for resources in {frozenset(taking.resources) for taking in ours}:
            seats = {
                seat for taking in ours if frozenset(taking.resources) == resources for seat in taking.seats
            }
            people = resources & set(STAFF)
            fits = self.small.capacity - len(seats) >= self.small.seats
            free = [
                [who for who in able if who in resources]
                for able in self.free_for(start, place, joining=True)
            ]
            whole = any(set(itertools.chain(*team)) == resources for team in self.teams(free))
            if fits and whole and self.small.staff in (None, *people):
                found |= people
        return found

    def slots(self, window: Span) -> dict[tuple[int, int], tuple[str, ...]]:
        """Every offer: start and place, with the slugs of the staff."""
        found = {
            (start, place): tuple(f"p{who}" for who in sorted(self.staff_at(start, place)))
            for start in range(*window, MINUTE)
            for place in PLACES
        }
        return {key: staff for key, staff in found.items() if staff}


def searched(
    session: Session,
    house: House,
    service: Service,
    window: Span,
    zone: ZoneInfo = VIENNA,
    *,
    by_staff: bool = False,
):
    small = house.answers.small
    asked = Period(*(instant(second).astimezone(zone) for second in window))
    found = availability.free_slots(
        session,
        house.hall.plugins,
        service,
        asked,
        instant(NOW),
        staff=f"p{small.staff}" if small.staff else None,
        seats=small.seats,
        by_staff=by_staff,
    )
    return {(int(slot.start.timestamp()), slot.location.id): slot.staff for slot in found}


def opened(house: House, small: Small):
    """A transaction in which the practice stands; it is rolled back."""
    return _Opened(house, small)


class _Opened:
    def __init__(self, house: House, small: Small) -> None:
        self.house, self.small = house, small

    def __enter__(self) -> tuple[Session, Service]:
        self.session = Session(self.house.hall.database.engine)
        return self.session, self.house.open(self.session, self.small)

    def __exit__(self, *error: object) -> None:
        self.session.rollback()
        self.session.close()


random = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@random
@given(practices())
def test_offers_are_those_that_every_minute_and_everybody_agree_to(house, small):
    """Rules 13, 15, 22 to 26, 31 to 37, 45, 52 to 55, 62 and 63 against the oracle."""
    with opened(house, small) as (session, service):
        assert searched(session, house, service, DAY) == Oracle(small).slots(DAY)


@random
@given(practices(), st.integers(0, 1200))
def test_window_changes_nothing_but_what_is_seen(house, small, minute):
    """Rule 22: two windows side by side offer what one over both does."""
    middle = MIDNIGHT + minute * MINUTE
    with opened(house, small) as (session, service):
        halves = [searched(session, house, service, half) for half in ((DAY[0], middle), (middle, DAY[1]))]
        assert {**halves[0], **halves[1]} == searched(session, house, service, DAY)


@random
@given(practices())
def test_display_zone_changes_nothing(house, small):
    """Rules 7 and 82."""
    with opened(house, small) as (session, service):
        assert searched(session, house, service, DAY, TOKYO) == searched(session, house, service, DAY)


@random
@given(practices(), aways())
def test_restriction_never_adds_an_offer(house, small, away):
    """Rule 82."""
    with opened(house, small) as (session, service):
        before = searched(session, house, service, DAY)
        house.answers.small = Small(**{**vars(small), "away": [*small.away, away]})
        after = searched(session, house, service, DAY)
    assert after.keys() <= before.keys()
    assert all(set(after[key]) <= set(before[key]) for key in after)


minutes_of_the_day = st.integers(0, 1199).map(lambda minute: MIDNIGHT + minute * MINUTE)


def agree(house: House, session: Session, service: Service, start: int, offered: bool) -> None:
    """The explanation and the engine's choice for a booking say of an instant what the search does."""
    small = house.answers.small
    wish: dict[str, Any] = {"staff": f"p{small.staff}" if small.staff else None, "seats": small.seats}
    asked = session, house.hall.plugins, service, instant(start), instant(NOW)
    found = availability.explain(*asked, **wish)
    assert found.offered == offered
    assert (availability.assignment(*asked, **wish) is not None) == offered
    assert found.offered or (found.reasons and found.would_be_free_if)
    assert all(str(why.text) and str(why.free_if) for why in found.reasons)


@random
@given(practices(), st.data())
def test_explanation_gives_the_verdict_of_the_search(house, small, data):
    """Rule 81: one verdict for every instant; not offered: at least one reason and one change that would do."""
    with opened(house, small) as (session, service):
        offered = sorted({start for start, _place in searched(session, house, service, DAY)})
        some = st.one_of(minutes_of_the_day, st.sampled_from(offered)) if offered else minutes_of_the_day
        start = data.draw(some)
        agree(house, session, service, start, start in offered)


@pytest.mark.long
@settings(random, max_examples=500)
@given(practices(), st.lists(minutes_of_the_day, min_size=20, max_size=20))
def test_ten_thousand_explanations_give_the_verdict_of_the_booking(house, small, instants):
    """Rule 81 and B1: for instants and practices by chance."""
    with opened(house, small) as (session, service):
        offered = {start for start, _place in searched(session, house, service, DAY)}
        for start in [*instants, *sorted(offered)[:5]]:
            agree(house, session, service, start, start in offered)


@random
@given(practices(), st.data())
def test_what_is_offered_can_be_booked(house, small, data):
    """Rules 52, 57 and 82: an assignment exists, and everything in it is free by the oracle."""
    with opened(house, small) as (session, service):
        offers = searched(session, house, service, DAY)
        wish = {"staff": small.staff and f"p{small.staff}", "seats": small.seats}
        start = data.draw(st.sampled_from(sorted({start for start, _place in offers}) or [MIDNIGHT]))
        chosen = availability.assignment(
            session, house.hall.plugins, service, instant(start), instant(NOW), **wish
        )
        assert (chosen is not None) == bool(offers)
        if chosen is not None:
            check_assignment(Oracle(small), chosen, start)


def check_assignment(judge: Oracle, chosen: availability.Assignment, start: int) -> None:
    small, place = judge.small, chosen.location.id
    by_resource = {
        who: {item.seat for item in chosen.items if item.resource.id == who}
        for who in {item.resource.id for item in chosen.items}
    }
    needs = sorted({item.requirement_id for item in chosen.items})
    team = [
        sorted({item.resource.id for item in chosen.items if item.requirement_id == need}) for need in needs
    ]
    assert list(map(len, team)) == judge.counts
    assert len(chosen.items) == small.seats * sum(judge.counts)
    assert small.staff is None or small.staff in by_resource
    assert all(len(seats) == small.seats for seats in by_resource.values())
    for item in chosen.items:
        offset, length = judge.segments[needs.index(item.requirement_id)]
        begin = start + offset * MINUTE
        assert (item.starts, item.ends) == (instant(begin), instant(begin + length * MINUTE))
    taken = {
        (who, seat)
        for t in judge.live
        if t.ours and t.start == start and t.place == place
        for who, seat in itertools.product(t.resources, t.seats)
    }
    joined = {who for who, _seat in taken} & by_resource.keys()
    assert not {(who, seat) for who, seats in by_resource.items() for seat in seats} & taken
    assert any(list(map(list, each)) == team for each in judge.teams(team))
    assert all(
        judge.free(who, need, start, place, joining=who in joined)
        for need, members in enumerate(team)
        for who in members
    )


@random
@given(practices(), st.integers(0, 1199))
def test_placement_of_staff_names_each_broken_rule(house, small, minute):
    """Rules 42 and 80: without warnings and conflicts exactly where it is offered; refused where nobody ever can."""
    start = MIDNIGHT + minute * MINUTE
    wish = {"staff": small.staff and f"p{small.staff}", "seats": small.seats}
    with opened(house, small) as (session, service):
        offered = start in {when for when, _place in searched(session, house, service, DAY)}
        judge, asked = Oracle(small), {small.staff} - {None}
        teams = (set(itertools.chain(*team)) for team in judge.teams([list(pool) for pool in judge.pools]))
        if not any(asked <= team for team in teams):
            with pytest.raises(Refused) as refusal:
                availability.placement(
                    session, house.hall.plugins, service, instant(start), instant(NOW), **wish
                )
            assert (refusal.value.reason, offered) == (Reason.NOT_OFFERED, False)
            return
        placed = availability.placement(
            session, house.hall.plugins, service, instant(start), instant(NOW), **wish
        )
    assert offered == (not placed.warnings and not placed.conflicts)


@random
@given(practices(), st.integers(0, 1200))
def test_next_times_of_staff_are_the_earliest_that_they_may_enter(house, small, minute):
    """Office 35: notice and horizon are the customers'; what staff are offered, they enter without a warning."""
    window = (MIDNIGHT + minute * MINUTE, DAY[1])
    wish = {"staff": small.staff and f"p{small.staff}", "seats": small.seats, "by_staff": True}
    with opened(house, small) as (session, service):
        judge = Oracle(small, by_staff=True)
        for span in (window, NIGHT):
            found = searched(session, house, service, span, by_staff=True)
            assert found == judge.slots(span)
            assert searched(session, house, service, span).keys() <= found.keys()
        for start in sorted(
            {start for start, _place in searched(session, house, service, window, by_staff=True)}
        )[:8]:
            placed = availability.placement(
                session, house.hall.plugins, service, instant(start), instant(NOW), **wish
            )
            assert not placed.warnings
            assert not placed.conflicts


def test_oracle_has_something_to_say(house):
    """The oracle itself: a plain day of one person."""
    hours = {1: (1, [(MIDNIGHT + 9 * HOUR, MIDNIGHT + 10 * HOUR)])}
    small = Small(30, 30, 0, 0, "max", False, 0, 1, 1, None, None, None, hours, {}, {}, [], [], [])
    start = MIDNIGHT + 9 * HOUR
    assert Oracle(small).slots(DAY) == {
        (start, 1): ("p1",),
        (start + timedelta(minutes=30).seconds, 1): ("p1",),
    }
