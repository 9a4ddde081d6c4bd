"""Ask a customer to choose another time: the appointment stands until then (rule 19)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, availability, database
from vorzimmer.access import SYSTEM, Actor
from vorzimmer.availability import Phrase
from vorzimmer.booking.parts import load, status
from vorzimmer.booking.parts.record import record, to_call
from vorzimmer.models import Booking, Service
from vorzimmer.periods import Period
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused

TIME = timedelta(days=3)
"""For an answer, but half of the time that is left at most: then the customer can still be called."""

SOON = timedelta(days=14)
GONE = N_("It is no longer offered.")
FULL = N_("No time is free.")


def no_other_time(session: Session, plugins: Plugins, service: Service, moment: datetime) -> Phrase | None:
    """Why a customer who is asked to choose another time would find none; None where there is one."""
    if not service.active:
        return Phrase(GONE)
    end = moment + timedelta(days=service.horizon + 1)
    soon = min(moment + SOON, end)
    for window in (Period(moment, soon), Period(soon, end)):
        if availability.free_slots(session, plugins, service, window, moment):
            return None
    return availability.never_bookable(session, plugins, service, moment) or Phrase(FULL)


def offer(
    session: Session, hall: Hall, actor: Actor, uid: str, message: str = "", until: datetime | None = None
) -> Booking:
    """Mail the link to move it; until its start, for the deadlines are the customer's promise, not the practice's.

    The customer is not reminded of it meanwhile; who has not chosen `until` then is to be called (`give_up`).
    Refuses with `WRONG_STATE` what is closed or over, with `INVALID` one without an address, or where nothing is free.
    """
    asked = invite(session, hall, actor, uid, message, until)
    if no_other_time(session, hall.plugins, asked.service, database.now(session)) is not None:
        raise Refused(Reason.INVALID, errors={"until": N_("No other time can be booked for this service.")})
    return asked


def invite(
    session: Session, hall: Hall, actor: Actor, uid: str, message: str, until: datetime | None = None
) -> Booking:
    """Offer another time, where somebody has seen that there is one."""
    booking, moment = load.claimed(session, uid)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    status.require_open(booking)
    if booking.starts <= moment:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    if not booking.email:
        raise Refused(Reason.INVALID, errors={"decisions": N_("There is no e-mail address.")})
    before = audit.snapshot(booking)
    wanted = until or choose_until(booking, moment)
    if not moment < wanted <= booking.starts:
        raise Refused(Reason.INVALID, errors={"until": N_("Please choose a time before the appointment.")})
    booking.offered_at, booking.choose_until = moment, wanted
    details = {"message": message, "choose_until": booking.choose_until.isoformat()}
    record(session, hall, actor, booking, "offered", moment, before=before, details=details)
    return booking


def choose_until(booking: Booking, moment: datetime) -> datetime:
    """Until when a customer is asked to choose, unless staff say; a time that people say: 14:45, not 14:47."""
    until = (moment + min(TIME, (booking.starts - moment) / 2)).replace(second=0, microsecond=0)
    quarter = until.replace(minute=until.minute - until.minute % 15)
    return quarter if quarter > moment else until


def stand(session: Session, hall: Hall, actor: Actor, uid: str, message: str = "") -> Booking:
    """Take the offer back: the appointment takes place as it is, the customer is told. `WRONG_STATE` without one."""
    booking, moment = load.claimed(session, uid)
    access.require(actor.is_staff and access.may_touch_booking(actor, booking))
    status.require_open(booking)
    if booking.offered_at is None:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    before = audit.snapshot(booking)
    settle(booking)
    booking.sequence += 1
    record(session, hall, actor, booking, "stands", moment, before=before, details={"message": message})
    return booking


def unanswered(session: Session, moment: datetime) -> list[str]:
    """The uids of appointments whose customers have not chosen in time."""
    return list(session.scalars(select(Booking.uid).where(Booking.choose_until <= moment)))


def give_up(session: Session, hall: Hall, uid: str) -> None:
    """Nobody waits for an answer any longer, if it is still so: the customer is to be called, and may still choose."""
    booking, moment = load.claimed(session, uid)
    if booking.choose_until is None or booking.choose_until > moment:
        return
    booking.choose_until, before = None, audit.snapshot(booking)
    if booking.status not in status.OPEN:
        return
    to_call(booking, moment, booking.starts)
    record(session, hall, SYSTEM, booking, "unanswered", moment, before=before)


def settle(booking: Booking) -> None:
    """There is an answer, or none is needed."""
    booking.offered_at = booking.choose_until = booking.call_since = None
