"""The demo practice, as interface.md draws it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import availability, booking
from vorzimmer.access import ROLES, Actor
from vorzimmer.hall import Hall
from vorzimmer.models import (
    Account,
    Allocation,
    ApiKey,
    AppPassword,
    Booking,
    CalendarObject,
    Location,
    Message,
    Resource,
    Service,
)
from vorzimmer.periods import Period
from vorzimmer.testing import START, Clock
from vorzimmer_demo.command import fill, prepare

BERLIN = ZoneInfo("Europe/Berlin")
WORKS = {"anna": 390, "ben": 480, "clara": 480}
BEN_ON_FRIDAY = 240


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, for filling takes a while; what the databases could do differently is tried `on_both`."""
    return str(request.getfixturevalue("postgresql_copy")) if getattr(request, "param", "") else ""


on_both = pytest.mark.parametrize("database_url", [pytest.param("postgresql"), ""], indirect=True)


@pytest.fixture
def session(hall: Hall, clock: Clock) -> Iterator[Session]:
    """The filled demo, at 08:00 of Monday 2027-03-01."""
    prepare(hall)
    with hall.database.reading() as session:
        yield session


def everything(session: Session) -> list[tuple[object, ...]]:
    """What of the bookings and calendars could differ."""
    bookings = session.scalars(select(Booking).order_by(Booking.uid))
    objects = session.execute(select(CalendarObject.href, CalendarObject.etag).order_by(CalendarObject.href))
    said = [(b.uid, b.starts, b.status, b.staff_id, b.name, b.created_at) for b in bookings]
    return [*said, *map(tuple, objects)]


def test_there_are_about_forty_past_and_thirty_future_bookings_and_two_requests(session: Session) -> None:
    past = session.scalar(select(func.count()).where(Booking.starts < START))
    future = session.scalar(
        select(func.count()).where(Booking.starts >= START, Booking.status == "confirmed")
    )
    requests = session.scalar(select(func.count()).where(Booking.status == "requested"))
    assert (past, future, requests) == (40, 30, 2)


@on_both
def test_the_same_day_gives_the_same_demo(hall: Hall, clock: Clock) -> None:
    prepare(hall)
    with hall.database.reading() as session:
        first = everything(session)
    clock.move(hours=9)
    prepare(hall, fresh=True)
    with hall.database.reading() as session:
        assert everything(session) == first


def test_nobody_has_more_than_a_third_of_a_day_booked(session: Session) -> None:
    minutes: Counter[tuple[str, date]] = Counter()
    slots: dict[str, set[datetime]] = defaultdict(set)
    for made in session.scalars(select(Booking)):
        assert made.staff
        day = made.starts.astimezone(BERLIN).date()
        if made.starts not in slots[made.staff.slug]:
            minutes[made.staff.slug, day] += made.service.minutes
        slots[made.staff.slug].add(made.starts)
    for (person, day), booked in minutes.items():
        whole = BEN_ON_FRIDAY if person == "ben" and day.weekday() == 4 else WORKS[person]
        assert booked * 3 <= whole


def test_clara_has_none_in_the_next_three_days(session: Session) -> None:
    clara = session.scalars(select(Resource).where(Resource.slug == "clara")).one()
    end = START + timedelta(days=3, hours=16)
    soon = select(Allocation).where(Allocation.resource_id == clara.id, Allocation.starts.between(START, end))
    assert session.scalars(soon).all() == []


def test_ben_is_away_some_day_after_the_thirtieth(session: Session, hall: Hall) -> None:
    service = booking.load.service(session, "massage")
    days = {
        number
        for number in range(30, 60)
        if not availability.free_slots(
            session,
            hall.plugins,
            service,
            Period(START + timedelta(days=number), START + timedelta(days=number, hours=14)),
            START,
            staff="ben",
        )
        and (START + timedelta(days=number)).weekday() < 4
    }
    assert days
    assert min(days) > 30


def test_every_booking_stands_in_a_calendar_and_nobody_was_told(session: Session) -> None:
    bookings = set(session.scalars(select(Booking.uid)))
    assert set(session.scalars(select(CalendarObject.uid))) == bookings
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_the_cast_is_that_of_the_contract(session: Session) -> None:
    people = {resource.slug: resource.kind for resource in session.scalars(select(Resource))}
    assert people == {
        "anna": "staff",
        "ben": "staff",
        "clara": "staff",
        "raum-1": "room",
        "raum-2": "room",
        "ultraschall": "device",
    }
    assert set(session.scalars(select(Location.slug))) == {"markt", "hafen"}
    assert set(session.scalars(select(Service.slug).where(Service.listed))) == {
        "massage",
        "erstgespraech",
        "ultraschall",
        "rueckenschule",
    }
    assert session.scalar(select(func.count()).select_from(Account)) == 7
    assert session.scalar(select(func.count()).select_from(AppPassword)) == 3
    assert session.scalar(select(func.count()).select_from(ApiKey)) == 1


def test_a_second_start_leaves_what_is_there(hall: Hall, clock: Clock) -> None:
    prepare(hall)
    with hall.database.reading() as session:
        first = everything(session)
    clock.move(days=3)
    prepare(hall)
    with hall.database.reading() as session:
        assert everything(session) == first


@on_both
def test_a_database_that_holds_something_else_is_refused(hall: Hall) -> None:
    hall.database.write(lambda session: session.add(Location(slug="echt", name="Echt", zone="Europe/Berlin")))
    with pytest.raises(click.ClickException, match="something else"):
        prepare(hall, fresh=True)


@on_both
def test_many_bookings_are_added_through_the_same_constraints(hall: Hall, clock: Clock) -> None:
    hall.database.write(lambda session: fill(session, hall, 1_000))
    with hall.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 72 + 1_000
        assert session.scalar(select(func.count()).where(Resource.slug.like("p__"))) == 17
        assert session.scalar(select(func.count()).where(Allocation.guarded.is_(False))) == 0
        tomorrow = (START.date() + timedelta(days=1)).isoformat()
        p01 = select(Resource.id).where(Resource.slug == "p01").scalar_subquery()
        full = select(func.count()).where(Booking.staff_id == p01, Booking.wall.startswith(tomorrow))
        assert session.scalar(full) == 8  # of sixteen half hours
        service = booking.load.service(session, "massage")
        day = Period(START + timedelta(days=1), START + timedelta(days=1, hours=12))
        left = availability.free_slots(session, hall.plugins, service, day, START, staff="p01")
        assert left  # half full, and what is left can be booked


def test_a_booking_of_the_mass_can_be_cancelled_like_any_other(hall: Hall, clock: Clock) -> None:
    """The rows are whole: status, allocation, calendar object, change log."""
    hall.database.write(lambda session: fill(session, hall, 100))
    with hall.database.reading() as session:
        uid = session.scalars(select(Booking.uid).where(Booking.name.startswith("Kunde"))).first()
    assert uid
    owner = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
    hall.database.write(lambda session: booking.cancel(session, hall, owner, uid))
    with hall.database.reading() as session:
        made = booking.load.booking(session, uid)
        assert (made.status, made.allocations) == ("cancelled", [])
