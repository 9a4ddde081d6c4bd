"""Change what belongs to an appointment: customer, price, note, where and how it takes place (K73, K86 to K90, O19)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, audit
from vorzimmer.access import Actor, Right
from vorzimmer.booking.hand_over import hand_over
from vorzimmer.booking.move import Target, move
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.override import Override
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Booking, Customer, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text.contact import lines, plain

LARGEST_PRICE = 100_000_000  # in minor units
COLUMNS = ("price", "note", "place", "link")
LONGEST = {"note": 4000, "place": 300, "link": 500}


class Fields(TypedDict, total=False):
    """What shall be different; what is left out stays. `customer` is a record's uid, `price` None is no price."""

    customer: str
    price: int | None
    note: str
    place: str
    link: str


def version(booking: Booking) -> str:
    """What somebody has seen of an appointment who is about to change it: differs after any change (A109)."""
    seen = (
        *(booking.sequence, booking.status, booking.starts, booking.service_id, booking.staff_id),
        booking.location_id,
        *(booking.customer_id, booking.price, booking.note, booking.place, booking.link),
        *(payment.id for payment in booking.payments),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def require_seen(booking: Booking, seen: str) -> None:
    """Refuse with `WRONG_STATE` what was decided on by an older version; an empty one is not checked."""
    if seen and seen != version(booking):
        raise Refused(Reason.WRONG_STATE, status=booking.status)


def change(
    session: Session,
    hall: Hall,
    actor: Actor,
    uid: str,
    fields: Fields,
    *,
    target: Target | None = None,
    seen: str = "",
    sequence: int | None = None,
    message: str = "",
    override: Override | None = None,
) -> Booking:
    """Change fields, and time, person or service where there is a `target`, in one step.

    The customer is told once, of a new time, place or link. Another customer with another address gets an appointment
    of the own, which is returned: a link that was mailed must not open what is somebody else's now.
    Refuses with `WRONG_STATE` (stale `seen` or `sequence`, or closed), `INVALID` (`errors`), and as `move` does.
    """
    first = load.booking(session, uid)
    _require(actor, first, seen, sequence)
    wanted = _checked(actor, fields)
    values = {name: value for name, value in wanted.items() if name in COLUMNS}
    if target:  # claims old and new resources together, hence comes first
        sequence = first.sequence
        move(
            session,
            hall,
            actor,
            uid,
            target,
            sequence=sequence,
            message=message,
            override=override,
            fields=values,
        )
    booking, moment = load.claimed(session, uid)
    if target is None:
        _require(actor, booking, seen, sequence)
    _apply(session, hall, actor, booking, values, moment, message)
    customer = wanted.get("customer")
    if customer is None or (booking.customer and booking.customer.uid == customer):
        return booking
    return hand_over(session, hall, actor, booking, _customer(session, customer), moment, message)


def _require(actor: Actor, booking: Booking, seen: str, sequence: int | None) -> None:
    """The right to it, and that it is still as the actor saw it."""
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    require_seen(booking, seen)
    stale = sequence is not None and sequence != booking.sequence
    if stale or booking.status in (Status.HELD, Status.EXPIRED):
        raise Refused(Reason.WRONG_STATE, status=booking.status, sequence=booking.sequence)


def _apply(
    session: Session,
    hall: Hall,
    actor: Actor,
    booking: Booking,
    values: Mapping[str, Any],
    moment: datetime,
    message: str,
) -> None:
    """Set what differs. A customer who knew another place or link gets a newer object (RFC 5546 §2.1.4)."""
    old = {name: getattr(booking, name) for name, value in values.items() if getattr(booking, name) != value}
    if not old:
        return
    before = audit.snapshot(booking) | old
    for name in old:
        setattr(booking, name, values[name])
    kind = "edited"
    if old.keys() & {"place", "link"}:
        status.require_open(booking)
        booking.sequence += 1
        kind = "changed"
    details = {name: values[name] for name in old} | {"message": message}
    record(session, hall, actor, booking, kind, moment, before=before, details=details)


def _checked(actor: Actor, fields: Fields) -> Fields:
    """The fields as they are stored, once the actor may change them."""
    if "note" in fields:
        access.require(access.may(actor, Right.NOTES))
    if "customer" in fields:
        access.require(access.may(actor, Right.CUSTOMERS))
    made = fields.copy()
    if "note" in fields:
        made["note"] = lines(fields["note"]).strip()
    if "place" in fields:
        made["place"] = plain(fields["place"])
    if "link" in fields:
        made["link"] = fields["link"].strip()
    errors = _errors(made)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    return made


def _errors(fields: Fields) -> dict[str, str]:
    errors = {
        name: N_("This is too long.")
        for name, longest in LONGEST.items()
        if len(str(fields.get(name, ""))) > longest
    }
    price = fields.get("price")
    if price is not None and not 0 <= price <= LARGEST_PRICE:
        errors["price"] = N_("Please enter an amount.")
    if fields.get("link") and not is_link(fields["link"]):
        errors["link"] = N_("Please enter an address that begins with https://.")
    return errors


def is_link(text: str) -> bool:
    """Whether it is an https address that may stand in a mail and on a page."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    whole = text.isascii() and text.isprintable() and not set(text) & set(" \"'<>\\^`{|}")
    return whole and parts.scheme == "https" and bool(parts.hostname) and parts.username is None


def _customer(session: Session, uid: str) -> Customer:
    found = session.scalar(select(Customer).where(Customer.uid == uid))
    if found is None:
        raise Refused(Reason.INVALID, errors={"customer": N_("Please choose a customer.")})
    return found
