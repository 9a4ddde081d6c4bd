"""One customer's appointments and what was told about them (C14, C16, K107, O46, O47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, not_, select, true, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from vorzimmer.access import Actor
from vorzimmer.customers.listing import STANDING
from vorzimmer.customers.search import of_calendars
from vorzimmer.messages.outbox import FACTS
from vorzimmer.models import AuditEntry, Booking, Customer, Message, Status

MESSAGES = 30
ENTRIES = 30


def appointments(session: Session, actor: Actor, customer: Customer, moment: datetime) -> Sequence[Booking]:
    """What is ahead, the nearest first (O47)."""
    return session.scalars(_seen(actor, customer).where(_ahead(moment)).order_by(Booking.starts)).all()


def past(
    session: Session,
    actor: Actor,
    customer: Customer,
    moment: datetime,
    limit: int,
    cursor: str | None = None,
) -> tuple[Sequence[Booking], str | None]:
    """A page of what is over or was cancelled, the newest first, and the cursor of the next (a booking's uid)."""
    wanted = _seen(actor, customer).where(not_(_ahead(moment)))
    if cursor is not None:
        last = select(Booking.starts, Booking.id).where(Booking.uid == cursor).subquery()
        place = tuple_(Booking.starts, Booking.id)
        wanted = wanted.join(last, true()).where(place < tuple_(last.c.starts, last.c.id))
    found = session.scalars(wanted.order_by(Booking.starts.desc(), Booking.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    return page, page[-1].uid if len(found) > limit else None


def _ahead(moment: datetime) -> ColumnElement[bool]:
    return and_(Booking.ends > moment, Booking.status.in_(STANDING))


def _seen(actor: Actor, customer: Customer) -> Select[Booking]:
    whole = (
        joinedload(Booking.service),
        joinedload(Booking.location),
        joinedload(Booking.staff),
        selectinload(Booking.payments),
    )
    mine = Booking.customer_id == customer.id, Booking.status != Status.HELD
    return select(Booking).where(*mine, of_calendars(actor)).options(*whole)


def messages(session: Session, actor: Actor, customer: Customer) -> Sequence[Message]:
    """The newest messages about the customer's appointments that went, or will go, to people."""
    query = (
        select(Message)
        .join(Booking, Booking.id == Message.booking_id)
        .where(Booking.customer_id == customer.id, of_calendars(actor), Message.topic.not_in(FACTS))
    )
    return session.scalars(query.order_by(Message.planned_at.desc(), Message.id.desc()).limit(MESSAGES)).all()


def entries(session: Session, customer: Customer) -> Sequence[AuditEntry]:
    """The newest entries of the log about the record."""
    query = select(AuditEntry).where(AuditEntry.subject == f"customer {customer.uid}")
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(ENTRIES)).all()


def trail(session: Session, uid: str) -> tuple[set[str], list[AuditEntry]]:
    """The uids of a record and of all that were merged into it, and every entry of the log about these."""
    known, found, new = set[str](), list[AuditEntry](), {uid}
    while new:
        subjects = [f"customer {one}" for one in new]
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject.in_(subjects))).all()
        found += entries
        known |= new
        new = {told["record"] for one in entries if "record" in (told := one.after or {})} - known
    return known, found
