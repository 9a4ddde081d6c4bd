"""The demo practice, as interface.md draws it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import click
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import availability, booking, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import (
    Account,
    Allocation,
    ApiKey,
    AppPassword,
    Block,
    Booking,
    CalendarObject,
    Customer,
    CustomerChange,
    Location,
    Message,
    Resource,
    Service,
)
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config, Settings
from vorzimmer.testing import START, Clock
from vorzimmer.testing.halls import SQLITE, Templates
from vorzimmer_demo.bookings import SERVICES
from vorzimmer_demo.command import fill, prepare

BERLIN = ZoneInfo("Europe/Berlin")
WORKS = {"anna": 390, "ben": 480, "clara": 480}
BEN_ON_FRIDAY = 240


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, for filling takes a while; what the databases could do differently is tried `on_both`."""
    return str(request.getfixturevalue("postgresql_copy")) if getattr(request, "param", "") else ""


on_both = pytest.mark.parametrize("database_url", [pytest.param("postgresql"), ""], indirect=True)


@pytest.fixture(scope="module")
def demo(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """The demo filled at 08:00 of Monday 2027-03-01, once for all who only look at it."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(templates.sqlite(False), folder / SQLITE)
    plugins = {"enabled": templates.enabled, "vorzimmer_holidays": {"country": "DE", "subdivision": "BE"}}
    config = Config(Settings.model_validate({"plugins": plugins}), folder)
    _ = config.secret_key  # made before the copy came, as it were
    hall = Hall.open(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "now", lambda session: START.astimezone(UTC))
        prepare(hall)
    yield hall
    hall.database.dispose()


@pytest.fixture
def session(demo: Hall) -> Iterator[Session]:
    """Reads the demo."""
    with demo.database.reading() as session:
        yield session


def everything(session: Session) -> list[tuple[object, ...]]:
    """What of the bookings and calendars could differ."""
    bookings = session.scalars(select(Booking).order_by(Booking.uid))
    objects = session.execute(select(CalendarObject.href, CalendarObject.etag).order_by(CalendarObject.href))
    said = [(b.uid, b.starts, b.status, b.staff_id, b.name, b.created_at) for b in bookings]
    return [*said, *map(tuple, objects)]


def test_about_sixty_are_over_and_two_requests_are_open(session: Session) -> None:
    over = Counter(session.scalars(select(Booking.status).where(Booking.starts < START)))
    assert sum(over.values()) == 60
    assert over.keys() == {"completed", "missed", "cancelled"}
    assert session.scalar(select(func.count()).where(Booking.status == "requested")) == 2


@on_both
def test_the_same_day_gives_the_same_demo(hall: Hall, clock: Clock) -> None:
    prepare(hall)
    with hall.database.reading() as session:
        first = everything(session)
    clock.move(hours=9)
    prepare(hall, fresh=True)
    with hall.database.reading() as session:
        assert everything(session) == first


def booked(session: Session) -> dict[tuple[str, date], int]:
    """The minutes that are taken of each person's day; a group counts once."""
    minutes: Counter[tuple[str, date]] = Counter()
    for block in session.scalars(select(Allocation).where(Allocation.block == 1)):
        minutes[block.resource.slug, block.starts.astimezone(BERLIN).date()] += 60
    taken = select(Booking).where(Booking.status.in_(("confirmed", "requested", "completed", "missed")))
    for slug, start, length in {
        (made.staff.slug, made.starts, made.service.minutes) for made in session.scalars(taken) if made.staff
    }:
        minutes[slug, start.astimezone(BERLIN).date()] += length
    return minutes


def working(person: str, day: date) -> int:
    return BEN_ON_FRIDAY if person == "ben" and day.weekday() == 4 else WORKS[person]


def test_today_and_five_working_days_are_about_half_booked(session: Session) -> None:
    days = [START.date() + timedelta(days=number) for number in (0, 1, 2, 3, 4, 8)]  # the 8th is a holiday
    minutes = booked(session)
    shares = {
        (person, day): minutes[person, day] / working(person, day)
        for person in ("anna", "ben")
        for day in days
    }
    friday = shares.pop(("ben", days[4]))  # ten starts of a massage stay free of the fifteen that there are
    assert 0 < friday <= 0.5
    assert {key: share for key, share in shares.items() if not 0.4 < share <= 0.5} == {}


def test_otherwise_nobody_has_more_than_a_third_of_a_day_booked(session: Session) -> None:
    near = START.date(), START.date() + timedelta(days=8)
    others = {key: minutes for key, minutes in booked(session).items() if not near[0] <= key[1] <= near[1]}
    assert others
    assert all(minutes * 3 <= working(person, day) for (person, day), minutes in others.items())


def test_ten_massages_stay_free_on_every_working_day_from_the_third_on(session: Session, demo: Hall) -> None:
    service = booking.parts.load.service(session, "massage")
    window = Period(START + timedelta(days=3) - timedelta(hours=8), START + timedelta(days=31))
    left: Counter[tuple[str, date]] = Counter(
        (person, slot.start.astimezone(BERLIN).date())
        for slot in availability.free_slots(session, demo.plugins, service, window, START)
        for person in slot.staff
    )
    assert {person for person, _day in left} == {"anna", "ben"}
    days = {day for _person, day in left if day.weekday() < 5}
    assert min(left[person, day] for person in ("anna", "ben") for day in days if left[person, day]) >= 10
    assert len([day for day in days if left["anna", day]]) == 17  # without 8, 26 and 29 March


def test_the_week_holds_what_happens_in_any_week(session: Session) -> None:
    end = START + timedelta(days=9)
    week = session.scalars(select(Booking).where(Booking.starts.between(START, end))).all()
    assert {made.service.slug for made in week} == set(SERVICES)
    assert [made for made in week if made.link]
    assert [made for made in week if not made.email]
    assert [made for made in week if made.message]
    assert [made for made in week if 0 < sum(payment.amount for payment in made.payments) < (made.price or 0)]
    late = next(made for made in week if made.status == "cancelled")
    assert late.starts - late.changed_at < timedelta(hours=24)
    group = Counter(made.starts for made in week if made.service.slug == "rueckenschule")
    assert max(group.values()) == 5
    assert min(group) > START + timedelta(days=3)
    private = session.scalars(select(Block)).one()
    assert private.title == "Zahnarzt"
    assert session.scalars(select(CalendarObject).where(CalendarObject.block_id == private.id)).one()


def test_customers_are_called_as_people_are(session: Session) -> None:
    names = session.scalars(select(Customer.name)).all()
    assert len(names) == 25
    for sign in ("ü", "-", "Е", "Freiherr"):
        assert [name for name in names if sign in name]
    assert session.scalars(select(CustomerChange)).one()


def test_nobody_is_at_two_places_at_once(session: Session) -> None:
    stands = (
        select(Booking).where(Booking.status != "cancelled").order_by(Booking.customer_id, Booking.starts)
    )
    for one, other in pairwise(session.scalars(stands)):
        assert one.customer_id != other.customer_id or one.ends <= other.starts


def test_clara_has_none_in_the_next_three_days(session: Session) -> None:
    clara = session.scalars(select(Resource).where(Resource.slug == "clara")).one()
    end = START + timedelta(days=3, hours=16)
    soon = select(Allocation).where(Allocation.resource_id == clara.id, Allocation.starts.between(START, end))
    assert session.scalars(soon).all() == []


def test_ben_is_away_some_day_after_the_thirtieth(session: Session, demo: Hall) -> None:
    service = booking.parts.load.service(session, "massage")
    days = {
        number
        for number in range(30, 60)
        if not availability.free_slots(
            session,
            demo.plugins,
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
    bookings = set(session.scalars(select(Booking.uid).where(Booking.status != "cancelled")))
    appointments = select(CalendarObject.uid).where(CalendarObject.booking_id.is_not(None))
    assert set(session.scalars(appointments)) == bookings
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
        before = session.scalar(select(func.count()).where(Booking.name.not_like("Kunde %")))
        assert session.scalar(select(func.count()).select_from(Booking)) == before + 1_000
        assert session.scalar(select(func.count()).where(Resource.slug.like("p__"))) == 17
        assert session.scalar(select(func.count()).where(Allocation.guarded.is_(False))) == 0
        tomorrow = (START.date() + timedelta(days=1)).isoformat()
        p01 = select(Resource.id).where(Resource.slug == "p01").scalar_subquery()
        full = select(func.count()).where(Booking.staff_id == p01, Booking.wall.startswith(tomorrow))
        assert session.scalar(full) == 8  # of sixteen half hours
        service = booking.parts.load.service(session, "massage")
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
        made = booking.parts.load.booking(session, uid)
        assert (made.status, made.allocations) == ("cancelled", [])
