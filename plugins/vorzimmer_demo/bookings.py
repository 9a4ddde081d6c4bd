"""The bookings of the demo: placed by the same search as a customer's, through the same constraints."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import availability, hookspecs
from vorzimmer.availability import Slot
from vorzimmer.booking.confirm import expire_at, start_payment
from vorzimmer.booking.parts import load, published
from vorzimmer.hookspecs import Draft, DraftEvent
from vorzimmer.models import Booking, Customer, Resource, Service, Status
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer_demo.cast import CUSTOMERS, Person, Turns, record
from vorzimmer_demo.diary import Diary
from vorzimmer_demo.practice import ZONE
from vorzimmer_demo.records import fill_records, pay, record_history

BACK, AHEAD = 42, 32
"""Days before and after the day of filling that have bookings."""
SOON = 3
"""Days after the day of filling on which clara has none, and from which on much of the others' time stays free."""
WEEK = 6
"""So many working days, today among them if it is one, are half full."""
SERVICES = ("massage", "ultraschall", "erstgespraech", "notiz", "rueckenschule")
WEIGHTS = {"massage": 6, "ultraschall": 3, "erstgespraech": 2, "notiz": 1}
LATER = {"massage": 6, "ultraschall": 4, "erstgespraech": 4, "rueckenschule": 3, "notiz": 2}
PAST = {"massage": 26, "ultraschall": 12, "erstgespraech": 10, "rueckenschule": 8, "notiz": 4}
"""How many bookings of each service after that week and before today."""
GROUP = 5
PART = 2000
"""Cents, of a massage that is to come."""
ROUNDS = 12
"""So often a day is gone through, until it is half full."""
REQUESTS = 2
REQUEST_OPEN = timedelta(hours=48)
EVENING_BEFORE = timedelta(hours=5)
PRIVATE = "Zahnarzt"
MESSAGE = "Ich komme mit dem Rollstuhl. Ist der Aufzug wieder in Betrieb?"
VIDEO = "https://video.praxis.example/raum/erstgespraech"


@dataclass
class Filling:
    """One filling: the same `day` gives the same bookings."""

    session: Session
    hall: Hall
    day: date
    random: Random
    records: dict[Person, Customer]
    diary: Diary = field(default_factory=Diary)

    def __post_init__(self) -> None:
        self.turns = Turns(self.random)
        self.services = {
            service.slug: service
            for service in self.session.scalars(select(Service).where(Service.slug.in_(SERVICES)))
        }
        window = Period(midnight(self.day - timedelta(days=BACK)), midnight(self.day + timedelta(days=AHEAD)))
        self.slots = {
            slug: availability.free_slots(
                self.session, self.hall.plugins, self.services[slug], window, self.earlier
            )
            for slug in SERVICES
        }

    @property
    def earlier(self) -> datetime:
        """A moment before all of it, at which everything could still be booked."""
        return midnight(self.day - timedelta(days=BACK + 2))

    def days(self, person: str) -> list[date]:
        """The days from today on on which somebody works."""
        found = {local(slot.start).date() for slot in self.slots["massage"] if person in slot.staff}
        return sorted(day for day in found if day >= self.day)


def midnight(day: date) -> datetime:
    """The beginning of a day in Berlin."""
    return datetime.combine(day, time(), ZoneInfo(ZONE))


def local(moment: datetime) -> datetime:
    """The moment by the clocks of Berlin."""
    return moment.astimezone(ZoneInfo(ZONE))


def fill_bookings(session: Session, hall: Hall, day: date) -> None:
    """Write a full week, some bookings after it, sixty before it, and what is known of the customers."""
    random = Random(day.toordinal())  # noqa: S311  (no secret: the same each time)
    known = midnight(day - timedelta(days=BACK + 30))
    records = {person: record(session, person, known) for person in CUSTOMERS}
    filling = Filling(session, hall, day, random, records)
    week = sorted({*filling.days("anna"), *filling.days("ben")})
    week = week[: WEEK if week[0] == day else WEEK - 1]
    _private_event(filling, filling.days("anna")[1])
    _group(filling)
    _cancelled_late(filling, week)
    coming = [
        booking
        for each in week
        for person in ("anna", "ben")
        for booking in _half_a_day(filling, each, person)
    ]
    _mark(coming)
    _spread(filling, LATER, midnight(week[-1] + timedelta(days=1)), midnight(day + timedelta(days=AHEAD)))
    _past(filling)
    fill_records(session, midnight(day))
    every = select(Booking).order_by(Booking.starts, Booking.uid).options(*load.WHOLE)
    for booking in session.scalars(every).all():
        record_history(session, booking)
        published.publish(session, hall, booking, midnight(day))


def _private_event(filling: Filling, day: date) -> None:
    """Typed by anna on her phone."""
    anna = filling.session.scalars(select(Resource).where(Resource.slug == "anna")).one()
    start = (midnight(day) + timedelta(hours=16)).astimezone(UTC)
    event = DraftEvent(anna, Period(start, start + timedelta(hours=1)), PRIVATE)
    draft = Draft(events=[event])
    filling.hall.plugins.ask(hookspecs.demo_data, session=filling.session, hall=filling.hall, draft=draft)
    filling.diary.take("anna", event.period)


def _group(filling: Filling) -> None:
    """Five people who come to clara at once."""
    later = midnight(filling.day + timedelta(days=SOON + 1))
    slot = next(slot for slot in filling.slots["rueckenschule"] if slot.start >= later)
    for _ in range(GROUP):
        _put(filling, "rueckenschule", slot.start, "clara")


def _cancelled_late(filling: Filling, week: Sequence[date]) -> None:
    """By telephone on the evening before; the time is free again."""
    soon = [
        slot for slot in filling.slots["massage"] if local(slot.start).date() in week and "ben" in slot.staff
    ]
    booking = _put(filling, "massage", soon[len(soon) // 12].start, "ben", taking=False)
    if booking:
        _cancel(filling, booking, min(midnight(filling.day), booking.starts) - EVENING_BEFORE)


def _cancel(filling: Filling, booking: Booking, moment: datetime) -> None:
    booking.status = Status.CANCELLED
    booking.sequence += 1
    booking.changed_at = max(moment, booking.created_at)
    booking.allocations = []
    filling.session.flush()


def _half_a_day(filling: Filling, day: date, person: str) -> Iterator[Booking]:
    """Fill about half of somebody's day, from its beginning on; what was not wished at first comes in between."""
    keep = day > filling.day + timedelta(days=SOON - 1)
    starts = {slug: _starts(filling, slug, day, person) for slug in WEIGHTS}
    for _ in range(ROUNDS):
        for start in sorted(set().union(*starts.values())):
            slug = filling.random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
            period = Period(start, start + timedelta(minutes=filling.services[slug].minutes))
            if start in starts[slug] and filling.diary.fits(person, period, share=2, keep=keep):
                booking = _put(filling, slug, start, person)
                if booking:
                    yield booking


def _starts(filling: Filling, slug: str, day: date, person: str) -> set[datetime]:
    """When somebody could give a service on a day, as long as nothing is booked."""
    slots = filling.slots[slug]
    return {slot.start for slot in slots if person in slot.staff and local(slot.start).date() == day}


def _mark(coming: Sequence[Booking]) -> None:
    """What happens in any week: one by video, one with a message, one who has paid a part."""
    first = next(booking for booking in coming if booking.service.slug == "erstgespraech")
    first.link = VIDEO
    massages = [booking for booking in coming if booking.service.slug == "massage" and booking.email]
    massages[0].message = MESSAGE
    pay(massages[1], PART, massages[1].created_at)


def _spread(filling: Filling, plan: dict[str, int], start: datetime, end: datetime) -> list[Booking]:
    """So many of each service in the window, nobody's day more than a third full."""
    made: list[Booking] = []
    for slug, number in plan.items():
        slots = [slot for slot in filling.slots[slug] if start <= slot.start < end]
        filling.random.shuffle(slots)
        placed = _place(filling, slug, slots, number)
        if filling.services[slug].policy == "request" and start > midnight(filling.day):
            _leave_open(filling, placed)
        made += placed
    return made


def _place(filling: Filling, slug: str, slots: Sequence[Slot], number: int) -> list[Booking]:
    made: list[Booking] = []
    for slot in slots:
        if len(made) == number:
            break
        person = filling.random.choice(slot.staff)
        period = Period(slot.start, slot.start + timedelta(minutes=filling.services[slug].minutes))
        if filling.diary.fits(person, period, share=3, keep=slot.start > midnight(filling.day)):
            booking = _put(filling, slug, slot.start, person)
            made += [booking] if booking else []
    return made


def _past(filling: Filling) -> None:
    """Most came; of sixteen one did not, and one had cancelled."""
    start = midnight(filling.day - timedelta(days=BACK))
    for number, booking in enumerate(_spread(filling, PAST, start, midnight(filling.day))):
        if number % 16 == 15:
            _cancel(filling, booking, booking.starts - timedelta(days=2))
        else:
            booking.status = Status.MISSED if number % 16 == 7 else Status.COMPLETED


def _put(filling: Filling, slug: str, start: datetime, staff: str, *, taking: bool = True) -> Booking | None:
    """Book somebody in, if the rooms and devices of it are free, too; without `taking` the time is filled again."""
    service = filling.services[slug]
    chosen = availability.assignment(
        filling.session, filling.hall.plugins, service, start, filling.earlier, staff=staff
    )
    if chosen is None:
        return None
    period = Period(start, start + timedelta(minutes=service.minutes))
    who = filling.turns.first(lambda person: filling.diary.is_free(person.name, period))
    booking = _booking(filling, service, start, who)
    load.put(booking, chosen, start, None)
    start_payment(filling.hall, booking)
    filling.session.add(booking)
    filling.session.flush()
    filling.diary.take(who.name, period)
    if taking:
        filling.diary.take(staff, period, after=service.after)
    return booking


def _booking(filling: Filling, service: Service, start: datetime, who: Person) -> Booking:
    """A confirmed booking, made some days before its start but not in the future."""
    made = min(start, midnight(filling.day)) - timedelta(hours=filling.random.randint(15, 300))
    return Booking(
        uid=str(uuid.UUID(int=filling.random.getrandbits(128), version=4)),
        status=Status.CONFIRMED,
        service=service,
        customer=filling.records[who],
        price=service.price,
        currency=service.currency,
        policy=service.policy,
        source="page" if who.email else "office",
        created_at=made,
        changed_at=made,
        name=who.name,
        email=who.email,
        phone=who.phone,
        language=who.language,
    )


def _leave_open(filling: Filling, bookings: list[Booking]) -> None:
    """The last of the future ones still wait for a decision (rule 50)."""
    online = [booking for booking in bookings if booking.email]
    for booking in sorted(online, key=lambda booking: booking.starts)[-REQUESTS:]:
        booking.status = Status.REQUESTED
        booking.created_at = booking.changed_at = midnight(filling.day)
        expire_at(booking, min(midnight(filling.day) + REQUEST_OPEN, booking.starts))
