"""Who is to be called, because no mail has reached them: nobody keeps believing what is not true any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from vorzimmer import access, audit
from vorzimmer.access import SYSTEM, Actor
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.record import TOLD, record, to_call
from vorzimmer.models import Booking, Message, Status
from vorzimmer.practice import Hall

NEWS = TOLD | {"reminder"}
"""Topics of messages that tell a customer of their appointment."""


def called(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The customer has been called; nobody else need."""
    booking, moment = load.claimed(session, uid)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    before = audit.snapshot(booking)
    booking.call_since = booking.call_until = None
    record(session, hall, actor, booking, "called", moment, before=before)
    return booking


def undelivered(session: Session, hall: Hall, message: Message) -> None:
    """A message was given up: its customer is to be called, unless a later one has reached them."""
    if message.topic not in NEWS or message.id not in _newest_given_up(session, [message.booking_id or 0]):
        return
    booking, moment = load.claimed(session, session.get_one(Booking, message.booking_id).uid)
    if booking.status == Status.HELD or booking.ends <= moment:
        return
    before, old = audit.snapshot(booking), message.details.get("old")
    to_call(booking, moment, datetime.fromisoformat(old["starts"]) if old else booking.starts)
    record(session, hall, SYSTEM, booking, "unreached", moment, before=before)


def delivered(session: Session, hall: Hall, message: Message) -> None:
    """A message has left: its customer need not be called, except who has not chosen another time until then."""
    if message.topic not in NEWS:
        return
    waiting = select(Booking.uid).where(
        Booking.id == message.booking_id, Booking.email == message.recipient, Booking.call_until.is_not(None)
    )
    if (uid := session.scalar(waiting)) is None:
        return
    booking, moment = load.claimed(session, uid)
    if is_unanswered(booking):
        return
    before, since = audit.snapshot(booking), booking.call_since
    booking.call_since = booking.call_until = None
    if since:
        record(session, hall, SYSTEM, booking, "reached", moment, before=before)


def is_unanswered(booking: Booking) -> bool:
    """Whether the customer was asked to choose another time, and has not until then."""
    return booking.offered_at is not None and booking.choose_until is None


def given_up(session: Session, bookings: Iterable[Booking]) -> dict[int, Message]:
    """What could not be delivered to their customers, by the booking's id: the newest, with none sent after it."""
    found = _newest_given_up(session, [booking.id for booking in bookings])
    return {message.booking_id: message for message in found.values() if message.booking_id}


def _newest_given_up(session: Session, bookings: list[int]) -> dict[int, Message]:
    later = aliased(Message)
    news: ColumnElement[bool] = later.topic.in_(NEWS)
    sent = select(later.id).where(
        later.booking_id == Message.booking_id, later.id > Message.id, later.state == "sent", news
    )
    wanted = select(Message).where(
        Message.booking_id.in_(bookings),
        Message.state == "parked",
        Message.topic.in_(NEWS),
        ~sent.exists(),
    )
    return {message.id: message for message in session.scalars(wanted.order_by(Message.id))}
