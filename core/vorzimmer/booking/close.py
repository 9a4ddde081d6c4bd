"""How an appointment ended: the customer came, or did not (C15, K71); and how that is corrected (K72)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer import access, audit, availability, database
from vorzimmer.access import Actor
from vorzimmer.availability import Placement, Wish
from vorzimmer.booking import load, status
from vorzimmer.booking.changes import record
from vorzimmer.booking.override import require_still_free
from vorzimmer.booking.pay import paid
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Reason, Refused


def complete(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The appointment took place; where it has a price, the customer is told what is left to pay (K75).

    Once: done again after a correction, nobody hears the same balance twice.

    Also corrects `missed` and `cancelled`. Refuses with `WRONG_STATE` before the start, and with `SLOT_TAKEN` where
    the time of a cancelled appointment went to somebody else.
    """
    return _close(session, hall, actor, uid, Status.COMPLETED)


def missed(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The customer did not come and had not cancelled (C15). Corrects and refuses as `complete` does."""
    return _close(session, hall, actor, uid, Status.MISSED)


def reopen(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """Take `completed` or `missed` back: the appointment is confirmed again, and nobody is told."""
    booking, moment = load.claimed(session, uid)
    access.require(access.may_touch_booking(actor, booking))
    if booking.status not in (Status.COMPLETED, Status.MISSED):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    status.change(booking, Status.CONFIRMED)
    record(session, hall, actor, booking, "corrected", moment, before=before)
    return booking


def _close(session: Session, hall: Hall, actor: Actor, uid: str, to: Status) -> Booking:
    first = load.booking(session, uid)
    lost = first.status == Status.CANCELLED
    needed = anew(session, hall, first, None) if lost else None
    more = {item.resource.id for item in needed.assignment.items} if needed else set()
    booking, moment = load.claimed(session, uid, more=more)
    access.require(access.may_touch_booking(actor, booking))
    if booking.starts > moment:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    gone = booking.status == Status.CANCELLED
    status.change(booking, to)
    if gone:
        take_again(session, hall, booking, needed)
    balance = {"price": booking.price, "paid": paid(booking)} if to is Status.COMPLETED else None
    record(session, hall, actor, booking, to.value, moment, before=before, details=balance)
    return booking


def take_again(session: Session, hall: Hall, booking: Booking, looked: Placement | None) -> None:
    """A cancelled appointment gave its time up: it stands in the calendar again only if the time is still free."""
    if looked is None:
        raise database.LostRace
    claimed = frozenset(item.resource.id for item in looked.assignment.items)
    placed = anew(session, hall, booking, claimed)
    require_still_free(hall, looked, placed)
    if placed.conflicts:
        raise Refused(Reason.SLOT_TAKEN, conflicts=placed.conflicts)
    booking.sequence += 1
    load.put(booking, placed.assignment, booking.starts, None)


def anew(session: Session, hall: Hall, booking: Booking, only: frozenset[int] | None) -> Placement:
    """Where an appointment that gave its time up would stand again; `only` among the claimed."""
    wish: Wish = {
        "staff": booking.staff.slug if booking.staff else None,
        "location": booking.location.slug,
        "seats": booking.seats,
        "only": only,
    }
    moment = database.now(session)
    return availability.placement(session, hall.plugins, booking.service, booking.starts, moment, **wish)
