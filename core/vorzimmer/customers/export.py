"""Lists that leave the house: customers, and who takes part in a group (C18 to C21). Each is written down."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers.listing import STANDING, Wish, listed
from vorzimmer.customers.search import of_calendars
from vorzimmer.models import Booking, Customer, Status
from vorzimmer.reasons import Reason, Refused

EVERYBODY = 1_000_000
TAKES_PART = (*STANDING, Status.COMPLETED, Status.MISSED)


def export(session: Session, actor: Actor, wish: Wish) -> Sequence[Customer]:
    """All visible customers of a wish, by name (C19)."""
    access.require(access.may(actor, Right.EXPORTS))
    found, _ = listed(session, actor, wish, EVERYBODY)
    after = {"number": len(found), "search": wish.words, "group": wish.group, "waiting": wish.waiting}
    audit.write(session, database.now(session), actor, "customers_exported", "customers", after=after)
    return found


def export_participants(session: Session, actor: Actor, uid: str) -> Sequence[Booking]:
    """Who takes part in the group that this appointment is a place in (C20)."""
    access.require(access.may(actor, Right.EXPORTS))
    found = participants(session, actor, uid)
    subject, after = f"booking {uid}", {"number": len(found)}
    audit.write(session, database.now(session), actor, "participants_exported", subject, after=after)
    return found


def participants(session: Session, actor: Actor, uid: str) -> Sequence[Booking]:
    """All appointments of the same service, person, place and time as this one, by name (C18)."""
    one = session.scalar(
        select(Booking).where(Booking.uid == uid, Booking.status != Status.HELD, of_calendars(actor))
    )
    if one is None:
        raise Refused(Reason.NOT_FOUND)
    same = (Booking.starts, Booking.service_id, Booking.location_id, Booking.staff_id)
    query = (
        select(Booking)
        .where(*(column.is_not_distinct_from(getattr(one, column.key)) for column in same))
        .where(Booking.status.in_(TAKES_PART), of_calendars(actor))
        .options(joinedload(Booking.customer), joinedload(Booking.service), joinedload(Booking.location))
        .options(joinedload(Booking.staff))
        .order_by(Booking.name, Booking.id)
    )
    return session.scalars(query).all()
