"""What happened, in words that programs subscribe to; and what a webhook is told of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from vorzimmer import access, customers
from vorzimmer.access import Actor, Right
from vorzimmer.as_json import customers_out, show, staff_booking_out
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.hookspecs import Change, RecordChange
from vorzimmer.models import Account, Booking
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Refused
from vorzimmer_webhooks.models import Delivery, Hook

EVENTS = {
    "booking.created": N_("Appointment booked or entered"),
    "booking.moved": N_("Appointment moved"),
    "booking.changed": N_("Appointment changed otherwise"),
    "booking.cancelled": N_("Appointment cancelled"),
    "booking.completed": N_("Appointment took place"),
    "booking.missed": N_("Customer did not come"),
    "request.created": N_("Request came in"),
    "request.accepted": N_("Request accepted"),
    "request.declined": N_("Request declined"),
    "request.expired": N_("Request lapsed"),
    "customer.changed": N_("Customer added or changed"),
}
"""Every event, with its title for people."""
TEST = "test"
"""The event of a button; nobody subscribes to it."""
_KINDS = {
    "confirmed": "booking.created",
    "requested": "request.created",
    "accepted": "request.accepted",
    "declined": "request.declined",
    "expired": "request.expired",
    "moved": "booking.moved",
    "cancelled": "booking.cancelled",
    "completed": "booking.completed",
    "missed": "booking.missed",
}
_SILENT = frozenset({"pending_payment", "reminded"})


def of_booking(kind: str) -> str | None:
    """The event that a kind of change is; None for what programs are not told."""
    return None if kind in _SILENT else _KINDS.get(kind, "booking.changed")


def tell_of_booking(session: Session, change: Change, moment: datetime) -> None:
    """Write a delivery for each hook that wants to know."""
    event = of_booking(change.kind)
    hooks = _wanting(session, event) if event else []
    booking_id = session.scalar(select(Booking.id).where(Booking.uid == change.uid)) if hooks else None
    if event is None or booking_id is None:
        return
    before = change.before or {}
    facts = {name: before[name] for name in ("starts", "ends", "status") if name in before}
    session.add_all(delivery(one, event, moment, booking_id=booking_id, facts=facts) for one in hooks)


def tell_of_customer(session: Session, change: RecordChange, moment: datetime) -> None:
    """The same of a customer's record."""
    event, facts = "customer.changed", {"kind": change.kind}
    session.add_all(
        delivery(one, event, moment, customer=change.uid, facts=facts) for one in _wanting(session, event)
    )


def _wanting(session: Session, event: str) -> list[Hook]:
    active = session.scalars(select(Hook).where(Hook.off_at.is_(None)).order_by(Hook.id))
    return [hook for hook in active if event in hook.events]


def delivery(hook: Hook, event: str, moment: datetime, **about: Any) -> Delivery:
    """A delivery that is due now."""
    uid = f"msg_{uuid.uuid4().hex}"
    return Delivery(uid=uid, hook=hook, event=event, created_at=moment, run_after=moment, **about)


def body(session: Session, hall: Hall, told: Delivery) -> str | None:
    """What is sent, as the API would show it to the hook's owner now; None where the owner may not see it."""
    data = _data(session, hall, _owner(session, told.hook), told)
    if data is None:
        return None
    whole = {"type": told.event, "timestamp": show(told.created_at, hall.config.zone), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _owner(session: Session, hook: Hook) -> Actor:
    wanted = select(Account).where(Account.id == hook.account_id).options(selectinload(Account.roles))
    return access.key_actor(session.scalars(wanted).one(), hook.rights)


def _data(session: Session, hall: Hall, owner: Actor, told: Delivery) -> dict[str, Any] | None:
    if told.customer:
        return _of_customer(session, hall, owner, told)
    if told.booking_id is not None:
        return _of_booking(session, hall, owner, told)
    return {} if owner.is_staff else None


def _of_customer(session: Session, hall: Hall, owner: Actor, told: Delivery) -> dict[str, Any] | None:
    try:
        found = customers.one(session, owner, told.customer)
    except Refused:
        return None
    return {"customer": customers_out(session, hall, owner, [found])[0], **told.facts}


def _of_booking(session: Session, hall: Hall, owner: Actor, told: Delivery) -> dict[str, Any] | None:
    wanted = select(Booking).where(Booking.id == told.booking_id)
    booking = session.scalar(wanted.options(*WHOLE, joinedload(Booking.customer)))
    if booking is None or not access.may_touch_booking(owner, booking):
        return None
    notes = access.may(owner, Right.NOTES)
    data: dict[str, Any] = {"booking": staff_booking_out(hall, booking, notes=notes)}
    return data | ({"previous": _previous(told.facts, ZoneInfo(booking.zone))} if told.facts else {})


def _previous(facts: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    starts, ends = (show(datetime.fromisoformat(facts[name]), zone) for name in ("starts", "ends"))
    return {"start": starts, "end": ends, "status": facts["status"]}
