"""Many bookings at once, for measuring: whole rows, inserted through the same constraints as any other."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count, islice
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.booking.parts import published
from vorzimmer.hookspecs import Draft, DraftHours
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import (
    Allocation,
    Booking,
    Calendar,
    CalendarChange,
    CalendarObject,
    Customer,
    Location,
    Model,
    Offer,
    Resource,
    Service,
    Status,
)
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer_demo.bookings import midnight
from vorzimmer_demo.practice import WEEKS, ZONE

Hours = dict[int, tuple[tuple[int, int], ...]]
Week = tuple[Resource, Location, Hours]

PEOPLE = 17
AT = "markt"
HOURS: Hours = dict.fromkeys(range(5), ((540, 1020),))
SERVICE = "massage"
AHEAD = 90
A_YEAR = 18 * 8 * 240
"""Bookings that a year takes at the least; says how far back to look for holidays."""
CUSTOMERS = 10_000
"""At most: no more than there are bookings."""
BATCH = 5_000
LENGTH, PITCH = 30, 45
"""Minutes of a booking, and from one to the next: after its buffer comes the next line of the grid."""


class Place(NamedTuple):
    """When, with whom and where one of them is."""

    start: datetime
    person: Resource
    location: Location


def fill_bulk(session: Session, hall: Hall, day: date, number: int) -> None:
    """Add p01 to p17 and so many bookings: the next 90 days half full first, then back into the past."""
    service = session.scalars(select(Service).where(Service.slug == SERVICE)).one()
    weeks = _weeks(session, hall, service)
    places = list(islice(_places(session, hall, day, weeks, number), number))
    places.sort(key=lambda place: place.start)  # the guard of SQLite looks at what ends later only
    Rows(session, service, day, number).insert(places)


def _weeks(session: Session, hall: Hall, service: Service) -> list[Week]:
    """Everybody who gives the service, with their hours."""
    places = {place.slug: place for place in session.scalars(select(Location))}
    slugs = [f"p{number:02}" for number in range(1, PEOPLE + 1)]
    people = [Resource(slug=slug, name=f"Person {slug[1:]}", kind="staff") for slug in slugs]
    session.add_all(people)
    session.flush()
    need = service.requirements[0].id
    session.add_all(Offer(requirement_id=need, resource_id=person.id) for person in people)
    hours = [DraftHours(person, places[AT], HOURS) for person in people]
    hall.plugins.ask(hookspecs.demo_data, session=session, hall=hall, draft=Draft(hours))
    cast = {person.slug: person for person in session.scalars(select(Resource))}
    known = [(cast[slug], places[at], week) for slug, at, week in WEEKS if slug != "clara"]
    return [*known, *((person, places[AT], HOURS) for person in people)]


def _places(session: Session, hall: Hall, day: date, weeks: list[Week], number: int) -> Iterator[Place]:
    """Free places: the coming days in order, then the past from yesterday back. Without end."""
    random = Random(f"places {day}")  # noqa: S311  (no secret: the same each time)
    back = 366 * (number // A_YEAR + 2)
    closed = _closed(session, hall, [person for person, *_ in weeks], day - timedelta(days=back), day)
    taken = _taken(session)
    ahead = (day + timedelta(days=n) for n in range(1, AHEAD + 1))
    behind = (day - timedelta(days=n) for n in range(1, back))
    for days in (ahead, behind):
        for date_ in days:
            for person, location, week in weeks:
                if not closed & {(None, date_), (person.id, date_)}:
                    periods = week.get(date_.weekday(), ())
                    for start in _half(random, date_, periods, taken[person.id]):
                        yield Place(start, person, location)


def _half(random: Random, day: date, periods: tuple[tuple[int, int], ...], taken: set[int]) -> list[datetime]:
    """Starts that fill a day up to its half, here and there, so that what is left can be booked."""
    minutes = (minute for first, last in periods for minute in range(first, last - LENGTH + 1, PITCH))
    starts = [midnight(day) + timedelta(minutes=minute) for minute in minutes]
    free = [start for start in starts if not taken & _quarters(start)]
    half = sum(last - first for first, last in periods) // 2 // LENGTH
    wanted = max(0, half - (len(starts) - len(free)))
    return sorted(random.sample(free, min(wanted, len(free))))


def _closed(
    session: Session, hall: Hall, people: list[Resource], first: date, day: date
) -> set[tuple[int | None, date]]:
    """Days on which a person, or everybody (None), is away."""
    window = Period(midnight(first), midnight(day + timedelta(days=AHEAD + 1)))
    away = hall.plugins.ask(hookspecs.busy_periods, session=session, resources=people, window=window)
    zone = ZoneInfo(ZONE)
    return {
        (busy.resource_id, (busy.period.start.astimezone(zone) + timedelta(days=n)).date())
        for busy in away
        for n in range((busy.period.end - busy.period.start).days + 1)
        if busy.period.start + timedelta(days=n) < busy.period.end
    }


def _taken(session: Session) -> dict[int, set[int]]:
    """What the ordinary bookings of the demo occupy, in quarters of an hour."""
    taken: dict[int, set[int]] = defaultdict(set)
    for person, start, end in session.execute(
        select(Allocation.resource_id, Allocation.starts, Allocation.ends)
    ):
        taken[person] |= set(range(int(start.timestamp()) // 900 - 1, int(end.timestamp()) // 900 + 1))
    return taken


def _quarters(start: datetime) -> set[int]:
    first = int(start.timestamp()) // 900
    return {first, first + 1, first + 2}


class Rows:
    """Writes the rows of bookings and of all that belongs to them, in batches."""

    def __init__(self, session: Session, service: Service, day: date, number: int) -> None:
        self.session = session
        self.service = service
        self.moment = midnight(day)
        self.random = Random(f"rows {day}")  # noqa: S311  (no secret: the same each time)
        self.ids = count(1 + (session.scalar(select(func.max(Booking.id))) or 0))
        self.customers = self._customers(min(CUSTOMERS, number))
        self.calendars: dict[int, Calendar] = {}

    def insert(self, places: list[Place]) -> None:
        """Write them."""
        for person in {place.person.id for place in places}:
            self.calendars[person] = published.bookings_calendar(self.session, person)
        for first in range(0, len(places), BATCH):
            rows = [self._of(place) for place in places[first : first + BATCH]]
            for model, of_model in zip(
                (Booking, Allocation, CalendarObject, CalendarChange), zip(*rows, strict=True), strict=True
            ):
                self.session.execute(insert(Model.metadata.tables[model.__tablename__]), list(of_model))
        self.session.flush()
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(text("SELECT setval('booking_id_seq', (SELECT max(id) FROM booking))"))

    def _customers(self, number: int) -> list[tuple[int, str]]:
        made = [
            Customer(
                uid=str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
                name=f"Kunde {each:04}",
                email=f"kunde.{each:04}@kunde.example",
                email_key=f"kunde.{each:04}@kunde.example",
                created_at=self.moment,
            )
            for each in range(number)
        ]
        self.session.add_all(made)
        self.session.flush()
        return [(customer.id, customer.name) for customer in made]

    def _of(self, place: Place) -> tuple[dict[str, Any], ...]:
        """The rows of one booking, in the order of the tables above."""
        uid = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        customer, name = self.random.choice(self.customers)
        times = {"starts": place.start, "ends": place.start + timedelta(minutes=self.service.minutes)}
        made = min(place.start, self.moment) - timedelta(days=7)
        local = {moment: times[moment].astimezone(ZoneInfo(ZONE)) for moment in times}
        booking = {
            **times,
            "id": next(self.ids),
            "uid": uid,
            "status": Status.CONFIRMED if place.start > self.moment else Status.COMPLETED,
            "service_id": self.service.id,
            "location_id": place.location.id,
            "staff_id": place.person.id,
            "customer_id": customer,
            "wall": local["starts"].strftime("%Y-%m-%dT%H:%M:%S"),
            "zone": ZONE,
            "price": self.service.price,
            "source": "page",
            "created_at": made,
            "changed_at": made,
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}@kunde.example",
        }
        allocation = {
            **times,
            "resource_id": place.person.id,
            "requirement_id": self.service.requirements[0].id,
            "after": self.service.after,
            "booking_id": booking["id"],
        }
        calendar = self.calendars[place.person.id]
        calendar.sequence += 1
        href = f"{uid}.ics"
        said = self._template(place.location, place.start.year) % {
            "uid": uid,
            "name": name,
            "start": local["starts"].strftime("%Y%m%dT%H%M%S"),
            "end": local["ends"].strftime("%Y%m%dT%H%M%S"),
            "made": made.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        }
        stored = {
            **times,
            "calendar_id": calendar.id,
            "href": href,
            "uid": uid,
            "text": said,
            "etag": published.etag(said),
            "modified_at": self.moment,
            "booking_id": booking["id"],
        }
        change = {"calendar_id": calendar.id, "sequence": calendar.sequence, "href": href}
        return booking, allocation, stored, change

    @cache  # noqa: B019  (lives as long as one filling)
    def _template(self, location: Location, year: int) -> str:
        """The object of a booking of that year with places for what differs; the texts put there need no escaping."""
        start = datetime(year, 6, 15, 10, tzinfo=ZoneInfo(ZONE))
        sample = Booking(
            uid="0" * 36,
            sequence=0,
            status=Status.CONFIRMED,
            service=self.service,
            location=location,
            starts=start,
            ends=start + timedelta(minutes=self.service.minutes),
            zone=ZONE,
            created_at=datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC),
            name="Kunde 0000",
            phone="",
            message="",
            place="",
            link="",
        )
        said = ical.booking_calendar(sample, stamp=self.moment).replace("%", "%%")
        for token, place in (
            (sample.uid, "uid"),
            (sample.name, "name"),
            (f"{sample.starts:%Y%m%dT%H%M%S}", "start"),
            (f"{sample.ends:%Y%m%dT%H%M%S}", "end"),
            ("20010203T040506Z", "made"),
        ):
            said = said.replace(token, f"%({place})s")
        return said
