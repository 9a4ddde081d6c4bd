"""What staff chose as a time, and what is on offer around it; the rules may be broken, never silently (rule 42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import availability, database
from vorzimmer.access import Actor, Right, may
from vorzimmer.availability import Phrase, Wish
from vorzimmer.booking import Override, stays
from vorzimmer.models import Booking, Location, Offer, Requirement, Resource, Service
from vorzimmer.periods import Period, day_of, day_period, instant_of, local_instant
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.public.times import Time, offered
from vorzimmer_web.shell.requests import reading

SEARCHED = (14, 92)  # days; the second only where the first has nothing free
SHOWN = 4  # days with free times
SOONEST = 8  # as many as have a key of their own


@dataclass(frozen=True)
class Choice:
    """What was typed. `start` is None until a time was chosen; `staff` None means any person.

    `is_typed`: the time was typed and not chosen from those on offer.
    """

    start: datetime | None
    location: str | None
    staff: str | None
    day: date | None
    override: Override | None
    typed_day: str
    typed_time: str
    is_typed: bool = False

    @classmethod
    def of_form(cls, zone: ZoneInfo, staff: str | None = None) -> Choice:
        """What the form or the address says; `staff` is the default."""
        given = request.values
        day, clock = given.get("date") or given.get("day", ""), given.get("time", "")
        start, place, somebody = [*given.get("slot", "").split("|"), "", ""][:3]
        listed = chosen = _instant(start)
        if chosen is None and given.get("slot", "other") == "other":
            chosen = _typed(day, clock, zone)
        if "show" in given:
            chosen = None
        level, reason = given.get("override", ""), given.get("reason", "").strip()[:300]
        return cls(
            start=chosen,
            location=place or given.get("place") or None,
            staff=somebody or given.get("staff", staff) or None,
            day=_day(given.get("from", "")),
            override=Override(level, reason) if level in ("warning", "double") else None,
            typed_day=day,
            typed_time=clock,
            is_typed=chosen is not None and listed is None,
        )

    @classmethod
    def of_move(cls, booking: Booking) -> Choice:
        """The choice for a booking that has its person already; what is free is shown from its day on."""
        zone = ZoneInfo(booking.zone)
        choice = cls.of_form(zone, booking.staff.slug if booking.staff else None)
        return replace(choice, day=choice.day or booking.starts.astimezone(zone).date())

    def offer(
        self, session: Session, actor: Actor, service: Service, *, ignoring: Booking | None = None
    ) -> dict[str, Any]:
        """`people` who do the service, `days` of free times, and where to look `earlier` and `later`."""
        everybody = people_of(session, actor, service)
        staff = next((one.slug for one in everybody if one.slug == self.staff), None)
        if staff is None and not may(actor, Right.CALENDARS):
            staff = everybody[0].slug if everybody else None
        moment, zone = database.now(session), hall().config.zone
        first = max(self.day or date.min, moment.astimezone(zone).date())
        wish: Wish = {"staff": staff, "ignoring": ignoring.id if ignoring else None}
        wish |= {"seats": ignoring.seats if ignoring else 1, "by_staff": True}
        times: list[Time] = []
        for number in SEARCHED:
            window = Period(
                day_period(first, zone).start, day_period(first + timedelta(days=number), zone).start
            )
            times = times or offered(
                slot
                for slot in availability.free_slots(session, hall().plugins, service, window, moment, **wish)
                if ignoring is None or not stays(ignoring, slot.start, staff)
            )
        days = [(day, list(those)) for day, those in groupby(times, key=lambda time: time.day)]
        return {
            "people": everybody,
            "names": {one.slug: one.name for one in everybody},
            "staff": staff,
            "days": days[:SHOWN],
            "soonest": times[:SOONEST],
            "offline": _offline(service, times, moment),
            "first": first,
            "why": None
            if not self.day or (days and days[0][0] == first)
            else self._why(session, service, first, wish),
            "today": moment.astimezone(zone).date(),
            "locations": (locations := where_possible(session, service, staff)),
            "likely": self._likely(session, service, staff, moment, ignoring) if locations else "",
            "places": _places(session, days),
        }

    def _likely(
        self, session: Session, service: Service, staff: str | None, now: datetime, moved: Booking | None
    ) -> str:
        """The place to propose for a typed time: where it is now, or where somebody works that day."""
        if self.location or moved or self.start is None:
            return self.location or (moved.location.slug if moved else "")
        try:
            found = availability.placement(session, hall().plugins, service, self.start, now, staff=staff)
        except Refused:
            return ""
        return found.assignment.location.slug

    def _why(self, session: Session, service: Service, day: date, wish: Wish) -> Phrase:
        """Why the day that was asked for has nothing free."""
        moment, window = database.now(session), day_period(day, hall().config.zone)
        return availability.why_nothing(session, hall().plugins, service, window, moment, **wish)


def _offline(service: Service, times: list[Time], now: datetime) -> frozenset[str]:
    """Those of the times that customers cannot book: too soon for them, or too far ahead (rule 42)."""
    spans = {zone: availability.for_customers(service, zone, now) for zone in {time.zone for time in times}}
    return frozenset(
        time.value for time in times if not spans[time.zone].start <= time.start < spans[time.zone].end
    )


def explained(refusal: Refused) -> Refused:
    """A refusal that the form explains; what is not for this person at all goes on as it came."""
    if refusal.reason in (Reason.FORBIDDEN, Reason.NOT_FOUND):
        raise refusal
    return refusal


def people_of(session: Session, actor: Actor, service: Service) -> Sequence[Resource]:
    """Who gives the service, of those whose calendars the actor may change; by name."""
    query = (
        select(Resource)
        .join(Offer, Offer.resource_id == Resource.id)
        .join(Requirement, Requirement.id == Offer.requirement_id)
        .where(Requirement.service_id == service.id, Resource.kind == "staff", Resource.active)
        .order_by(Resource.name)
    )
    if not may(actor, Right.CALENDARS):
        query = query.where(Resource.id == actor.resource_id)
    return session.scalars(query).unique().all()


def where_possible(session: Session, service: Service, staff: str | None) -> list[Location]:
    """The places to choose from; empty where there is no choice."""
    found = availability.possible_places(
        session, hall().plugins, service, database.now(session), staff=staff or None
    )
    return found if len(found) > 1 else []


def only_place(session: Session, service: Service, start: datetime, staff: str | None) -> str | None:
    """The place (a slug) that a start leaves no doubt about; None where it could be at several."""
    now = database.now(session)
    possible = availability.possible_places(session, hall().plugins, service, now, staff=staff)
    window = Period(start, start + timedelta(seconds=1))
    slots = availability.free_slots(session, hall().plugins, service, window, now, staff=staff, by_staff=True)
    for found in ([place.slug for place in possible], [slot.location.slug for slot in slots]):
        if len(found) == 1:
            return found[0]
    return None


def place_said(made: Booking) -> str:
    """Where an appointment is, to be told after an act; empty where the practice has one place."""
    several = reading().scalar(select(func.count(Location.id)).where(Location.active)) or 0
    return made.location.name if several > 1 else ""


def _places(session: Session, days: list[tuple[date, list[Time]]]) -> dict[str, str]:
    """Names of the places, by slug, where the times are at more than one."""
    if len({time.location for _day, times in days for time in times}) < 2:
        return {}
    return {place.slug: place.name for place in session.scalars(select(Location))}


def _instant(text: str) -> datetime | None:
    try:
        return instant_of(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except ValueError:
        return None


def _typed(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    try:
        return local_instant(day_of(day), time.fromisoformat(clock), zone, edge="start")
    except ValueError:
        return None
