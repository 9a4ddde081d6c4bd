"""What a customer may choose from: services, people, places, and the free times of a wish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import availability, booking, hookspecs
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.models import Booking, Location, Resource, Service
from vorzimmer.periods import Period, day_period
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed
from vorzimmer_web.public.times import Time, first_of, next_month, offered

SOON = timedelta(days=14)


def listed_services(session: Session, hall: Hall) -> list[Service]:
    """The services on the start page (C44, C45): those that somebody gives."""
    wanted = (
        select(Service)
        .where(Service.active, Service.listed)
        .options(selectinload(Service.requirements))
        .order_by(Service.category, Service.id)
    )
    return given(session, hall, session.scalars(wanted).all())


def given(session: Session, hall: Hall, services: Sequence[Service]) -> list[Service]:
    """Those of the services that somebody gives, with all that they need."""
    try:
        ids = availability.filled(session, hall.plugins, services)
    except PluginFailed:  # who gives what is known again as soon as the plugin that knows it works
        return list(services)
    return [service for service in services if service.id in ids]


def people_for(session: Session, hall: Hall, service: Service) -> list[Resource]:
    """The staff who may give the service, by name."""
    answers = hall.plugins.ask(hookspecs.candidates, session=session, requirements=service.requirements)
    ids = {resource_id for answer in answers for resource_id in answer.resource_ids}
    staff = select(Resource).where(Resource.id.in_(ids), Resource.kind == "staff", Resource.active)
    return list(session.scalars(staff.order_by(Resource.name)))


def givers(session: Session, hall: Hall, services: Sequence[Service]) -> dict[int, set[int]]:
    """Ids of the resources that may give each service, by its id; one question for all of them."""
    needs = {need.id: service.id for service in services for need in service.requirements}
    wanted = [need for service in services for need in service.requirements]
    found: dict[int, set[int]] = {service.id: set() for service in services}
    for answer in hall.plugins.ask(hookspecs.candidates, session=session, requirements=wanted):
        found[needs[answer.requirement_id]].update(answer.resource_ids)
    return found


def given_by(session: Session, hall: Hall, services: Sequence[Service], slug: str) -> list[Service]:
    """Those of the services that a person gives."""
    person = session.scalar(select(Resource).where(Resource.slug == slug, Resource.kind == "staff"))
    if person is None or not person.active:
        return []
    ids = givers(session, hall, services)
    return [service for service in services if person.id in ids[service.id]]


def everybody(session: Session, hall: Hall, services: Sequence[Service]) -> list[Resource]:
    """The staff who give any of the services, by name."""
    ids = set[int]().union(*givers(session, hall, services).values())
    staff = select(Resource).where(Resource.id.in_(ids), Resource.kind == "staff", Resource.active)
    return list(session.scalars(staff.order_by(Resource.name)))


def places(session: Session) -> dict[str, Location]:
    """The places of the practice by slug."""
    found = session.scalars(select(Location).where(Location.active).order_by(Location.name))
    return {place.slug: place for place in found}


@dataclass
class Finder:
    """Free times of one wish, month by month; each month is asked for once.

    `staff` and `place` None mean any. `ignoring` is the booking whose own time does not count (rules 46, 71).
    """

    session: Session
    hall: Hall
    service: Service
    now: datetime
    staff: Resource | None = None
    place: Location | None = None
    ignoring: Booking | None = None
    _months: dict[date, list[Time]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Whose days are shown: the place's, else the practice's."""
        return ZoneInfo(self.place.zone) if self.place else self.hall.config.zone

    @property
    def today(self) -> date:
        """The day at the place."""
        return self.now.astimezone(self.zone).date()

    @property
    def last(self) -> date:
        """The last day that can be booked."""
        return self.today + timedelta(days=self.service.horizon)

    def slots(self, first: date, last: date) -> list[availability.Slot]:
        """The free slots of some days, both ends included."""
        window = Period(day_period(first, self.zone).start, day_period(last, self.zone).end)
        return availability.free_slots(
            self.session, self.hall.plugins, self.service, window, self.now, **self._wish
        )

    def why_nothing(self, day: date) -> availability.Phrase:
        """Why a day has no free time."""
        window = day_period(day, self.zone)
        return availability.why_nothing(
            self.session, self.hall.plugins, self.service, window, self.now, **self._wish
        )

    @property
    def _wish(self) -> availability.Wish:
        return {
            "staff": self.staff.slug if self.staff else None,
            "location": self.place.slug if self.place else None,
            "ignoring": self.ignoring.id if self.ignoring else None,
        }

    def month(self, first: date) -> list[Time]:
        """The free times of a month."""
        if first not in self._months:
            begin = max(first, self.today)
            self._months[first] = offered(self.slots(begin, next_month(first) - timedelta(days=1)))
        return self._months[first]

    def stays(self, time: Time) -> bool:
        """Whether it is the time that the appointment has now: shown, but nothing to choose."""
        return (
            self.ignoring is not None
            and self.ignoring.status in OPEN
            and booking.stays(self.ignoring, time.start, self.staff.slug if self.staff else None)
        )

    def next_free(self, *, since: date | None = None) -> Time | None:
        """The first free time, or the first from a day on."""
        first = first_of(since or self.today)
        while first <= self.last:
            times = [time for time in self.month(first) if not self.stays(time)]
            found = next((time for time in times if since is None or time.day >= since), None)
            if found:
                return found
            first = next_month(first)
        return None

    def next_for_each(self, people: Iterable[Resource]) -> dict[str, Time]:
        """The first free time of each person, by slug; who has none at all is left out."""
        return self._next({person.slug for person in people}, lambda slot: set(slot.staff))

    def next_at_each(self, places: Iterable[str]) -> dict[str, Time]:
        """The first free time at each place, by slug; where there is none at all is left out."""
        return self._next(set(places), lambda slot: {slot.location.slug})

    def _next(self, missing: set[str], of: Callable[[availability.Slot], set[str]]) -> dict[str, Time]:
        found: dict[str, Time] = {}
        for first, last in [
            (self.today, self.today + SOON),
            (self.today + SOON + timedelta(days=1), self.last),
        ]:
            for slot in self.slots(first, last) if missing and first <= last else []:
                for slug in missing & of(slot):
                    found[slug] = offered([slot])[0]
                    missing.discard(slug)
        return found
