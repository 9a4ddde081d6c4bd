"""Money received for an appointment, in parts and corrected (K73, K74, K76)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from vorzimmer import access, audit, hookspecs
from vorzimmer.access import Actor
from vorzimmer.booking.change import require_seen
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.record import record
from vorzimmer.hookspecs import PaymentMethod
from vorzimmer.models import Booking, Payment, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused


def paid(booking: Booking) -> int:
    """What was received so far, in minor units."""
    return sum(payment.amount for payment in booking.payments)


def methods(hall: Hall, booking: Booking) -> Sequence[PaymentMethod]:
    """The ways to pay; empty where no plugin knows any for this service."""
    return hall.plugins.ask(hookspecs.payment_methods, service=booking.service)


def pay(
    session: Session, hall: Hall, actor: Actor, uid: str, amount: int, method: str = "", *, seen: str = ""
) -> Booking:
    """Write a payment down; a negative amount corrects an earlier one. No `method` means the first there is.

    Refuses with `INVALID` what is more than is open, or takes back more than was paid; with `WRONG_STATE` a stale
    `seen` (see `change`), which is also what a form sent twice is.
    """
    booking, moment = load.claimed(session, uid)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    require_seen(booking, seen)
    if booking.status in (Status.HELD, Status.EXPIRED):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    ways = [way.name for way in methods(hall, booking)]
    errors = _errors(booking, amount, method, ways)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    before = audit.snapshot(booking) | {"paid": paid(booking)}
    booking.payments.append(
        Payment(
            amount=amount,
            currency=booking.currency,
            method=method or next(iter(ways), ""),
            actor=actor.name,
            paid_at=moment,
        )
    )
    details = {"amount": amount, "currency": booking.currency, "paid": paid(booking)}
    record(session, hall, actor, booking, "paid", moment, before=before, details=details)
    return booking


def _errors(booking: Booking, amount: int, method: str, ways: Sequence[str]) -> dict[str, str]:
    errors = {}
    total = paid(booking) + amount
    if booking.price is None:
        errors["amount"] = N_("This appointment has no price.")
    elif amount == 0:
        errors["amount"] = N_("Please enter an amount.")
    elif amount > 0 and total > booking.price:
        errors["amount"] = N_("This is more than what is open.")
    elif total < 0:
        errors["amount"] = N_("This is more than what was paid.")
    if method and method not in ways:
        errors["method"] = N_("Please choose one of the ways to pay.")
    return errors
