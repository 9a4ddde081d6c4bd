"""The code proves the address: a hold becomes an appointment or a request (O25, O27)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from vorzimmer import audit, customers, failpoint, hookspecs, urls
from vorzimmer.access import Actor
from vorzimmer.booking.hold import HoldRequest, take
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.policies import require_allowed
from vorzimmer.booking.parts.record import record
from vorzimmer.models import Booking, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.text import contact

GRACE = timedelta(minutes=10)  # how long after its end a hold's code may take the time again (rule 48)


def confirm(session: Session, hall: Hall, actor: Actor, uid: str, code: str, language: str = "") -> Booking:
    """Confirm or request, by the service's policy. Mails go on in `language`, where one is chosen by now.

    Refuses with `WRONG_CODE` (`attempts_left`), `CODE_VOID`, `HOLD_EXPIRED`, `SLOT_TAKEN` (`alternatives`),
    `WRONG_STATE`, and with `NOT_OFFERED` (`reasons`) what the policies refuse to the customer whom the code proves:
    then the hold stands, for another address. A right code is single use: the hold it belongs to is one no more.
    """
    booking, moment = load.claimed(session, uid)
    if booking.status not in (Status.HELD, Status.EXPIRED):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    if booking.code_issue == 0 or (booking.expires_at or moment) + GRACE <= moment:
        raise Refused(Reason.HOLD_EXPIRED)
    _count_try(session, hall, actor, booking, moment, code)
    if booking.status == Status.EXPIRED or (booking.expires_at or moment) <= moment:
        moment = _take_again(session, hall, booking)
    if language in hall.config.settings.practice.languages:
        booking.language = language
    customer = require_allowed(session, hall, booking, moment)
    _decide(hall, booking, moment)
    booking.customer = customers.keep(session, hall, actor, booking, customer, moment)
    start_payment(hall, booking)
    session.flush()
    failpoint.reach("booking")
    record(session, hall, actor, booking, booking.status, moment)
    return booking


def _count_try(
    session: Session, hall: Hall, actor: Actor, booking: Booking, moment: datetime, code: str
) -> None:
    """At most five guesses a hold; a wrong one counts although the act is refused (A30)."""
    tries = hall.config.settings.booking.code_tries
    if booking.code_tries >= tries:
        raise Refused(Reason.CODE_VOID)
    if urls.code_fits(hall.config, booking.uid, booking.code_issue, contact.digits(code)):
        return
    booking.code_tries += 1
    left = tries - booking.code_tries
    audit.write(
        session, moment, actor, "code_refused", f"booking {booking.uid}", after={"attempts_left": left}
    )
    if left == 0:
        status.change(booking, Status.EXPIRED)
        booking.allocations = []
        raise Refused(Reason.CODE_VOID, keep=True)
    raise Refused(Reason.WRONG_CODE, keep=True, attempts_left=left)


def _take_again(session: Session, hall: Hall, booking: Booking) -> datetime:
    """A right code after the end takes the time again, or refuses with what is free instead (rule 48)."""
    booking.allocations = []
    session.flush()
    staff = booking.staff.slug if booking.staff else None
    wish = HoldRequest(booking.service.slug, booking.starts, staff, booking.location.slug, booking.seats)
    chosen, moment = take(session, hall, booking.service, wish)
    load.put(booking, chosen, wish.start, None)
    if booking.status == Status.EXPIRED:
        status.change(booking, Status.HELD)
    return moment


def _decide(hall: Hall, booking: Booking, moment: datetime) -> None:
    policy = hall.plugins.ask_first(
        hookspecs.booking_policy, service=booking.service, start=booking.starts, now=moment
    )
    if policy is None:
        raise Refused(Reason.NOT_OFFERED)
    status.change(booking, Status(policy.status))
    booking.policy = "direct" if policy.status == Status.CONFIRMED else "request"
    expire_at(booking, policy.expires_at)


def expire_at(booking: Booking, moment: datetime | None) -> None:
    """When the booking and what it occupies end by themselves; None for never."""
    booking.expires_at = moment
    for allocation in booking.allocations:
        allocation.expires_at = moment


def start_payment(hall: Hall, booking: Booking) -> None:
    """Choose the way to pay: the first that is offered for the service."""
    methods = hall.plugins.ask(hookspecs.payment_methods, service=booking.service)
    if methods:
        begun = hall.plugins.ask_first(hookspecs.payment_start, booking=booking, method=methods[0].name)
        booking.payment = begun.method if begun else ""
