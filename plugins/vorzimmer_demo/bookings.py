"""The bookings of the demo: placed by the same search as a customer's, through the same constraints."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import availability
from vorzimmer.availability import Slot
from vorzimmer.booking import load, objects
from vorzimmer.booking.confirm import expire_at, start_payment
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Service, Status
from vorzimmer.periods import Period
from vorzimmer_demo.practice import WEEKS, ZONE, customer
from vorzimmer_demo.records import fill_records, record_history

BACK, AHEAD = 42, 32
"""Days before and after the day of filling that have bookings."""
CLARA_FREE = 3
"""Days after the day of filling on which clara has none."""
SHARE = 3
"""At most one part in so many of anyone's day is booked."""
PLAN = {
    "massage": (18, 14),
    "ultraschall": (8, 6),
    "erstgespraech": (6, 5),
    "rueckenschule": (5, 4),
    "notiz": (3, 3),
}
"""How many past and future bookings of each service."""
REQUESTS = 2
REQUEST_OPEN = timedelta(hours=48)
NAMES = """
Max Muster, Lena Lang, Jonas Albers, Mia Brandt, Paul Conrad, Emma Dorn, Felix Ebert, Hanna Falk, Leon Greve,
Clara Hahn, Noah Ihde, Sophie Jansen, Elias Kern, Marie Lorenz, Ben Martens, Lina Nagel, Tom Otto, Ida Peters,
Karl Quandt, Ella Reuter, Oskar Seidel, Frieda Thoma, Anton Uhl, Greta Vogt, Theo Weber, Nora Zander
"""
PEOPLE = [name.strip() for name in NAMES.split(",")]


@dataclass
class Filling:
    """One filling: the same `day` gives the same bookings. `minutes`: what is booked of anyone's day."""

    session: Session
    hall: Hall
    day: date
    random: Random
    minutes: dict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))

    @property
    def earlier(self) -> datetime:
        """A moment before all of it, at which everything could still be booked."""
        return midnight(self.day - timedelta(days=BACK + 2))


def midnight(day: date) -> datetime:
    """The beginning of a day in Berlin."""
    return datetime.combine(day, time(), ZoneInfo(ZONE))


def fill_bookings(session: Session, hall: Hall, day: date) -> None:
    """Write about 40 past and 30 future bookings, two open requests, and what is known of the customers."""
    filling = Filling(session, hall, day, Random(day.toordinal()))  # noqa: S311
    for slug, (past, future) in PLAN.items():
        service = session.scalars(select(Service).where(Service.slug == slug)).one()
        free = _free(filling, service)
        filling.random.shuffle(free)
        _book(filling, service, [slot for slot in free if slot.start < midnight(day)], past)
        made = _book(filling, service, [slot for slot in free if slot.start >= midnight(day)], future)
        if service.policy == "request":
            _leave_open(filling, made)
    fill_records(session, midnight(day))
    every = select(Booking).order_by(Booking.starts, Booking.uid).options(*load.WHOLE)
    for booking in session.scalars(every).all():
        record_history(session, booking)
        objects.publish(session, hall, booking, midnight(day))


def _free(filling: Filling, service: Service) -> list[Slot]:
    window = Period(
        midnight(filling.day - timedelta(days=BACK)), midnight(filling.day + timedelta(days=AHEAD))
    )
    return availability.free_slots(filling.session, filling.hall.plugins, service, window, filling.earlier)


def _book(filling: Filling, service: Service, slots: list[Slot], number: int) -> list[Booking]:
    """Book so many of the slots, each at most once and none that would fill a day."""
    made: list[Booking] = []
    for slot in slots:
        if len(made) == number:
            break
        booking = _try(filling, service, slot)
        if booking:
            made.append(booking)
    return made


def _try(filling: Filling, service: Service, slot: Slot) -> Booking | None:
    person = filling.random.choice(slot.staff)
    day = slot.start.astimezone(ZoneInfo(ZONE)).date()
    soon = filling.day <= day <= filling.day + timedelta(days=CLARA_FREE)
    full = filling.minutes[person, day] + service.minutes > _working(person, day) / SHARE
    if full or (person == "clara" and soon):
        return None
    chosen = availability.assignment(
        filling.session, filling.hall.plugins, service, slot.start, filling.earlier, staff=person
    )
    if chosen is None:
        return None
    filling.minutes[person, day] += service.minutes
    booking = _booking(filling, service, slot.start)
    load.put(booking, chosen, slot.start, None)
    start_payment(filling.hall, booking)
    filling.session.add(booking)
    filling.session.flush()
    return booking


def _working(person: str, day: date) -> int:
    weeks = [week for name, _place, week in WEEKS if name == person]
    return sum(end - start for week in weeks for start, end in week.get(day.weekday(), ()))


def _booking(filling: Filling, service: Service, start: datetime) -> Booking:
    """A booking by somebody, made some days before its start but not in the future."""
    random = filling.random
    name = random.choice(PEOPLE)
    email = f"{name.lower().replace(' ', '.').replace('ö', 'oe')}@kunde.example"
    made = min(start, midnight(filling.day)) - timedelta(hours=random.randint(15, 300))
    past = Status.MISSED if random.random() < 0.06 else Status.COMPLETED
    return Booking(
        uid=str(uuid.UUID(int=random.getrandbits(128), version=4)),
        status=past if start < midnight(filling.day) else Status.CONFIRMED,
        service=service,
        customer=customer(filling.session, name, email, made),
        price=service.price,
        currency=service.currency,
        policy=service.policy,
        source="page",
        created_at=made,
        changed_at=made,
        name=name,
        email=email,
        language="de",
    )


def _leave_open(filling: Filling, bookings: list[Booking]) -> None:
    """The last of the future ones still wait for a decision (rule 50)."""
    for booking in sorted(bookings, key=lambda booking: booking.starts)[-REQUESTS:]:
        booking.status = Status.REQUESTED
        booking.created_at = booking.changed_at = midnight(filling.day)
        expire_at(booking, min(midnight(filling.day) + REQUEST_OPEN, booking.starts))
