"""Calendars of colleagues, rooms and devices that a person has switched on: copies, to be read (decision 0010)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import Actor, Right, may
from vorzimmer.booking.parts import load, published, status
from vorzimmer.icalendar.text import SafeCalendar, parse
from vorzimmer.models import (
    Allocation,
    Booking,
    Calendar,
    CalendarChange,
    CalendarObject,
    Occurrence,
    Resource,
    ShownCalendar,
)
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects import stored
from vorzimmer_caldav.storage.rights import opens

BACK = timedelta(days=366)
"""What was over earlier is not taken into a copy when it is made."""


def kind(actor: Actor) -> str:
    """Which copy the actor may read: all of it with the right to everybody's appointments, else when it is busy."""
    return published.FULL if may(actor, Right.CALENDARS) else published.BUSY


def listed(session: Session, actor: Actor) -> list[tuple[Resource, Calendar | None, ShownCalendar]]:
    """What the actor has switched on, people first; None where the copy has still to be made.

    Nothing for those who have no right to appointments any more.
    """
    if not opens(actor):
        return []
    copied = and_(
        Calendar.resource_id == Resource.id, Calendar.kind == kind(actor), Calendar.deleted_at.is_(None)
    )
    found = session.execute(
        select(Resource, Calendar, ShownCalendar)
        .join(ShownCalendar, ShownCalendar.resource_id == Resource.id)
        .outerjoin(Calendar, copied)
        .where(
            ShownCalendar.account_id == actor.account_id,
            Resource.active,
            Resource.id.is_distinct_from(actor.resource_id),
        )
        .order_by(Resource.kind != "staff", Resource.kind.desc(), Resource.name, Resource.id)
    )
    return [(resource, calendar, choice) for resource, calendar, choice in found]


def missing(session: Session, actor: Actor) -> list[int]:
    """The resources whose copies have still to be made."""
    return [resource.id for resource, calendar, _choice in listed(session, actor) if calendar is None]


def make(session: Session, hall: Hall, actor: Actor, resource_id: int) -> None:
    """Make a copy that is not there yet, under the claim of what it shows."""
    database.claim(session, [resource_id])
    moment = database.now(session)
    for resource, calendar, _choice in listed(session, actor):
        if resource.id == resource_id and calendar is None:
            _fill(session, hall, _added(session, resource, kind(actor)), moment)


def _added(session: Session, resource: Resource, kind: str) -> Calendar:
    """`free`: what others do is no busy time of the reader's (RFC 6638 §9.1)."""
    made = Calendar(resource_id=resource.id, slug=kind, kind=kind, properties={}, free=True)
    session.add(made)
    session.flush()
    return made


def _fill(session: Session, hall: Hall, made: Calendar, moment: datetime) -> None:
    taken = select(Allocation.booking_id).where(
        Allocation.resource_id == made.resource_id, Allocation.ends > moment - BACK
    )
    standing = Booking.id.in_(taken), Booking.status.in_(status.IN_CALENDAR)
    wanted = select(Booking).where(*standing).options(*load.WHOLE).order_by(Booking.id)
    rows = list[CalendarObject]()
    for booking in session.scalars(wanted):
        rows.append(published.new(made, booking))
        published.write(hall, made, rows[-1], booking, moment)
    session.bulk_save_objects(rows)  # thousands at once, while nobody else can write
    closing = session.scalars(
        select(CalendarObject)
        .join(Calendar, Calendar.id == CalendarObject.calendar_id)
        .where(
            Calendar.resource_id == made.resource_id,
            Calendar.deleted_at.is_(None),
            CalendarObject.block_id.is_not(None),
        )
    ).all()
    for found in closing:
        stored.copy(session, hall, made, found, SafeCalendar(found.text, parse(found.text)))


def forget(session: Session, moment: datetime) -> None:
    """Take away the copies that nobody looks at any more; their tokens are never valid again."""
    looked_at = select(ShownCalendar.resource_id)
    unseen = session.scalars(
        select(Calendar).where(
            Calendar.kind.in_((published.FULL, published.BUSY)),
            Calendar.deleted_at.is_(None),
            Calendar.resource_id.not_in(looked_at),
        )
    ).all()
    for calendar in unseen:
        database.claim(session, [calendar.resource_id])
        for model in (Occurrence, CalendarChange, CalendarObject):
            session.execute(delete(model).where(model.calendar_id == calendar.id))
        calendar.deleted_at = moment
    session.flush()
