"""How an appointment ended: the customer came, or did not (C15, K71); and how that is corrected (K72)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from vorzimmer import access, audit, availability, database
from vorzimmer.access import Actor
from vorzimmer.availability import Placement, Wish
from vorzimmer.booking.offer import settle
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.override import Override, allow, require_still_free
from vorzimmer.booking.parts.record import record
from vorzimmer.booking.pay import paid
from vorzimmer.models import Booking, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


def complete(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The appointment took place; where it has a price, the customer is told what is left to pay (K75).

    Once: whatever is corrected later, thanks are said a single time.

    Also corrects `missed` and `cancelled`. Refuses with `WRONG_STATE` before the start, and with `SLOT_TAKEN` where
    the time of a cancelled appointment went to somebody else.
    """
    return _close(session, hall, actor, uid, Status.COMPLETED)


def missed(session: Session, hall: Hall, actor: Actor, uid: str) -> Booking:
    """The customer did not come and had not cancelled (C15). Corrects and refuses as `complete` does."""
    return _close(session, hall, actor, uid, Status.MISSED)


def reopen(
    session: Session,
    hall: Hall,
    actor: Actor,
    uid: str,
    message: str = "",
    override: Override | None = None,
) -> Booking:
    """Take `completed` or `missed` back, and nobody is told; or a cancellation of what is to come.

    Then the time is taken again under the same checks as that of a new appointment, and the customer is told that it
    takes place. Refuses with `WRONG_STATE`, and as `enter` does unless overridden.
    """
    first = load.booking(session, uid)
    if first.status == Status.CANCELLED:
        return _revive(session, hall, actor, first, message, override)
    booking, moment = load.claimed(session, uid)
    access.require(access.may_touch_booking(actor, booking))
    if booking.status not in (Status.COMPLETED, Status.MISSED):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    status.change(booking, Status.CONFIRMED)
    record(session, hall, actor, booking, "corrected", moment, before=before)
    return booking


def _revive(
    session: Session, hall: Hall, actor: Actor, first: Booking, message: str, override: Override | None
) -> Booking:
    access.require(access.may_touch_booking(actor, first))
    if first.starts <= database.now(session):
        raise Refused(Reason.WRONG_STATE, status=first.status)
    looked = anew(session, hall, first, None)
    ids = frozenset(item.resource.id for item in looked.assignment.items)
    booking, moment = load.claimed(session, first.uid, more=ids)
    if booking.status != Status.CANCELLED:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    placed = anew(session, hall, booking, ids)
    require_still_free(hall, looked, placed)
    for item in placed.assignment.items:
        access.require(access.may_touch_resource(actor, item.resource.id) or item.resource.kind != "staff")
    guarded, notes = allow(session, actor, placed, override)
    before = audit.snapshot(booking)
    status.change(booking, Status.CONFIRMED)
    booking.sequence += 1
    load.put(booking, placed.assignment, booking.starts, None, guarded=guarded)
    settle(booking)
    details = {"message": message, **notes}
    record(session, hall, actor, booking, "reopened", moment, before=before, details=details)
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
    settle(booking)
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
