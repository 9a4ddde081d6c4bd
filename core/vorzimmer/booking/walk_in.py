"""Somebody stands at the desk: who is free now, or next (D9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, availability, database
from vorzimmer.access import Actor
from vorzimmer.booking.enter import Entry, enter
from vorzimmer.booking.parts import load
from vorzimmer.models import Booking, Location, Resource, Service
from vorzimmer.periods import Period, day_period
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


@dataclass(frozen=True)
class Chance:
    """The first time today at which one person could take a walk-in; `staff` None where a service needs nobody."""

    start: datetime
    end: datetime
    location: Location
    staff: Resource | None


def chances(session: Session, hall: Hall, actor: Actor, service: Service) -> list[Chance]:
    """Each person's first free time today, the earliest first: any five minutes from now on.

    Hours, absences, rooms and other appointments count as ever; only grid and notice do not.
    """
    moment = database.now(session)
    today = day_period(moment.astimezone(hall.config.zone).date(), hall.config.zone)
    people = {one.slug: one for one in session.scalars(select(Resource).where(Resource.kind == "staff"))}
    first: dict[str | None, Chance] = {}
    for slot in availability.free_slots(
        session, hall.plugins, service, Period(moment, today.end), moment, walk_in=True
    ):
        for slug in slot.staff or (None,):
            person = people[slug] if slug else None
            if slug not in first and (person is None or access.may_touch_resource(actor, person.id)):
                first[slug] = Chance(slot.start, slot.end, slot.location, person)
    return list(first.values())


def walk_in(session: Session, hall: Hall, actor: Actor, entry: Entry) -> Booking:
    """Enter somebody with the first person who is free now or next; refuses with `NOT_OFFERED` where nobody is."""
    found = chances(session, hall, actor, load.service(session, entry.service))
    wanted = [chance for chance in found if entry.staff in (None, chance.staff and chance.staff.slug)]
    if not wanted:
        raise Refused(Reason.NOT_OFFERED)
    chance = wanted[0]
    place, staff = chance.location.slug, chance.staff.slug if chance.staff else None
    return enter(session, hall, actor, replace(entry, start=chance.start, location=place, staff=staff))
