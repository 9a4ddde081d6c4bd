"""The appointments of one day, as they stand on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Actor, Right, may
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.models import Allocation, Booking, Location, Resource, Status
from vorzimmer.periods import Period, day_period
from vorzimmer.practice import Hall

STANDING = (Status.REQUESTED, Status.CONFIRMED, Status.COMPLETED, Status.MISSED)


@dataclass(frozen=True)
class List:
    """A day's appointments by their start; `person` and `place` None mean all that the reader may see.

    `away` are names, and times where somebody is not away all day; `notes`: the reader may read the practice's own.
    """

    day: date
    zone: ZoneInfo
    bookings: Sequence[Booking]
    person: Resource | None = None
    place: Location | None = None
    away: Sequence[tuple[str, str]] = ()
    notes: bool = False

    @property
    def spread(self) -> bool:
        """Whether they are at more than one place, which must be named then."""
        return len({one.location_id for one in self.bookings}) > 1


def reach(actor: Actor, person: Resource | None) -> ColumnElement[bool]:
    """Which bookings the actor may see: all, or those in the own calendar; `person` narrows it."""
    if may(actor, Right.CALENDARS):
        return of_person(person.id) if person else true()
    return of_person(actor.resource_id) if actor.resource_id is not None else false()


def of_person(resource_id: int) -> ColumnElement[bool]:
    """Those that stand in somebody's calendar."""
    return or_(
        Booking.staff_id == resource_id, Booking.allocations.any(Allocation.resource_id == resource_id)
    )


def listed(
    session: Session,
    day: date,
    zone: ZoneInfo,
    seen: ColumnElement[bool],
    *,
    person: Resource | None = None,
    place: Location | None = None,
) -> List:
    """The list of a day; one query."""
    window = day_period(day, zone)
    wanted = (
        select(Booking)
        .where(Booking.starts >= window.start, Booking.starts < window.end, Booking.name != "", seen)
        .where(Booking.status.in_(STANDING))
        .options(*WHOLE)
        .order_by(Booking.starts, Booking.id)
    )
    if place is not None:
        wanted = wanted.where(Booking.location_id == place.id)
    return List(day, zone, session.scalars(wanted).all(), person, place)


def next_of(session: Session, booking: Booking, moment: datetime, most: int) -> Sequence[Booking]:
    """This appointment, and those of the same customer that come after it."""
    if booking.customer_id is None:
        return [booking]
    coming = (
        select(Booking)
        .where(Booking.customer_id == booking.customer_id, Booking.status == Status.CONFIRMED)
        .where(Booking.starts >= max(moment, booking.starts), Booking.id != booking.id)
        .options(*WHOLE)
        .order_by(Booking.starts)
        .limit(most - 1)
    )
    return [booking, *session.scalars(coming)]


def with_whom(booking: Booking) -> str:
    """Who gives it, and in which rooms: names by kind, people first."""
    taken = sorted(booking.allocations, key=lambda one: (one.resource.kind != "staff", one.id))
    names = dict.fromkeys(one.resource.name for one in taken)
    return ", ".join(names) or (booking.staff.name if booking.staff else "")


def away(session: Session, hall: Hall, actor: Actor, found: List) -> list[tuple[str, str]]:
    """Who is away on the day of a list, as far as the reader may see: names, and times within the day."""
    store = hall.plugins.ask_first(hookspecs.absences)
    if store is None:
        return []
    day = day_period(found.day, found.zone)
    theirs: dict[int, tuple[str, list[str]]] = {}
    for one in store.listed(session, actor, day):
        if found.person is None or one.resource.id == found.person.id:
            _name, times = theirs.setdefault(one.resource.id, (one.resource.name, []))
            times.append(_within(one, day, found.zone))
    return [(name, " + ".join(dict.fromkeys(times)) if all(times) else "") for name, times in theirs.values()]


def _within(one: hookspecs.Absence, day: Period, zone: ZoneInfo) -> str:
    """From when until when, where it is not the whole day."""
    if not isinstance(one.start, datetime) or not isinstance(one.end, datetime):
        return ""
    if one.start <= day.start and one.end >= day.end:
        return ""
    starts, ends = max(one.start, day.start).astimezone(zone), min(one.end, day.end).astimezone(zone)
    return f"{starts:%H:%M}–{'24:00' if one.end >= day.end else f'{ends:%H:%M}'}"
