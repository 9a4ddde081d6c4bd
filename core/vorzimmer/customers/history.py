"""One customer's appointments and what was told about them (C14, C16, K107, O46, O47)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, not_, select, true, tuple_
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, contact, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers.listing import STANDING
from vorzimmer.customers.search import of_calendars
from vorzimmer.models import AuditEntry, Booking, Customer, Message, Status
from vorzimmer.outbox import FACT
from vorzimmer.reasons import N_, Reason, Refused

NOTE_LENGTH = 10_000
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
    whole = (joinedload(Booking.service), joinedload(Booking.location), joinedload(Booking.staff))
    mine = Booking.customer_id == customer.id, Booking.status != Status.HELD
    return select(Booking).where(*mine, of_calendars(actor)).options(*whole)


def messages(session: Session, actor: Actor, customer: Customer) -> Sequence[Message]:
    """The newest messages about the customer's appointments that went, or will go, to people."""
    query = (
        select(Message)
        .join(Booking, Booking.id == Message.booking_id)
        .where(Booking.customer_id == customer.id, of_calendars(actor), Message.topic != FACT)
    )
    return session.scalars(query.order_by(Message.planned_at.desc(), Message.id.desc()).limit(MESSAGES)).all()


def entries(session: Session, customer: Customer) -> Sequence[AuditEntry]:
    """The newest entries of the log about the record."""
    query = select(AuditEntry).where(AuditEntry.subject == f"customer {customer.uid}")
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(ENTRIES)).all()


def write_note(session: Session, actor: Actor, uid: str, text: str, *, seen: str | None = None) -> Booking:
    """Keep the practice's own note of an appointment (O17, O46).

    Refuses with `WRONG_STATE` where the note is no longer the one that was `seen` (A109).
    """
    access.require(access.may(actor, Right.NOTES))
    booking = session.scalar(
        select(Booking)
        .where(Booking.uid == uid, Booking.status != Status.HELD, of_calendars(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if booking is None:
        raise Refused(Reason.NOT_FOUND)
    note = contact.lines(text).strip()
    if len(note) > NOTE_LENGTH:
        raise Refused(Reason.INVALID, errors={"note": N_("At most 10,000 characters.")})
    if seen is not None and booking.note not in (contact.lines(seen).strip(), note):
        raise Refused(Reason.WRONG_STATE)
    if note != booking.note:
        before, booking.note = {"note": booking.note}, note
        audit.write(
            session,
            database.now(session),
            actor,
            "note_changed",
            f"booking {uid}",
            before=before,
            after={"note": note},
        )
    return booking
