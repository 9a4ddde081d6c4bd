"""What belongs to every change, in its transaction: the log, the calendar object, the messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from vorzimmer import audit, failpoint
from vorzimmer.access import Actor
from vorzimmer.booking.parts import clashes, published, status
from vorzimmer.hookspecs import Change
from vorzimmer.messages import outbox
from vorzimmer.models import Booking
from vorzimmer.practice import Hall

TOLD = frozenset(
    {
        *(
            "confirmed",
            "requested",
            "accepted",
            "declined",
            "moved",
            "changed",
            "offered",
            "cancelled",
            "expired",
            "stands",
            "reopened",
        ),
        "completed",  # where there is something to pay (K75)
    }
)
CALLED_FOR = TOLD - {"confirmed", "requested", "completed"}
"""What a customer without an address has to be told by telephone; who books so stands at the desk or is on the line."""
QUIET = frozenset(
    {"held", "details", "released", "paid", "called", "unreached", "reached"}
)  # these touch no calendars and nobody is told


def kind_of(before: dict[str, Any], booking: Booking) -> str:
    """What to call a change of an appointment: `moved` to another time, `changed` in what a customer sees, or only
    `reassigned`."""
    now = audit.snapshot(booking)
    if now["starts"] != before["starts"]:
        return "moved"
    return "changed" if any(now[name] != before[name] for name in outbox.SEEN) else "reassigned"


def record(
    session: Session,
    hall: Hall,
    actor: Actor,
    booking: Booking,
    kind: str,
    moment: datetime,
    *,
    before: dict[str, Any] | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down a change that has been made to the booking.

    `before` is what `audit.snapshot` said of it; `details` go into the message: a personal text, the balance.
    """
    if booking.changed_at != moment:
        booking.changed_at = moment
    session.flush()
    after = audit.snapshot(booking) | (details or {})
    audit.write(session, moment, actor, kind, f"booking {booking.uid}", before=before, after=after)
    failpoint.reach("audit")
    if kind in QUIET:
        return
    with session.no_autoflush:  # nothing below asks for what it has written; it goes out at once, at the end
        published.publish(session, hall, booking, moment)
        failpoint.reach("calendar")
        key = f"{booking.uid}/{kind}/{booking.sequence}"
        change = Change(kind, booking.uid, booking.sequence, actor.name, actor.door, key, before, after)
        outbox.tell_plugins(session, hall, booking, change, moment)
        said = {name: value for name, value in (details or {}).items() if name != "note"}
        old = {"old": before} if before and kind in outbox.COMPARED else {}
        _tell(session, hall, actor, booking, kind, moment, old | said, key)
        failpoint.reach("outbox")
    if booking.status in status.OPEN:
        clashes.note(session, hall, actor, clashes.clashes(session, moment, Booking.id == booking.id), moment)


def _tell(
    session: Session,
    hall: Hall,
    actor: Actor,
    booking: Booking,
    kind: str,
    moment: datetime,
    details: dict[str, Any],
    key: str,
) -> None:
    told = kind in TOLD and actor.door != "import"  # what somebody else has promised already
    # nobody is invited to what is over, nor told that it will not take place
    told = told and not (kind in ("confirmed", "cancelled") and booking.ends <= moment)
    told = told and not (kind == "moved" and _is_history(details["old"], booking, moment))
    if told and kind in CALLED_FOR and booking.ends > moment and not outbox.reaches(hall, booking.email):
        known = datetime.fromisoformat(details["old"]["starts"]) if "old" in details else booking.starts
        to_call(booking, moment, known)
    if told and booking.email and not _known(session, booking, kind):
        seconds = hall.config.settings.booking.undo_seconds if actor.door == "caldav" else 0
        outbox.tell_person(
            session,
            hall,
            booking,
            kind,
            moment,
            recipient=booking.email,
            details=details,
            delay=timedelta(seconds=seconds),
            key=key,
        )
    outbox.plan_reminders(session, hall, booking, moment)


def to_call(booking: Booking, moment: datetime, known: datetime) -> None:
    """The customer should be called before the appointment begins, and before the start that is `known` to them."""
    believed = (booking.starts, known, booking.call_until or booking.starts)
    booking.call_since = moment
    booking.call_until = min((start for start in believed if start > moment), default=booking.starts)


def _is_history(old: dict[str, Any], booking: Booking, moment: datetime) -> bool:
    """Whether a move corrects only when something was: it had begun, and has begun by the new time as well."""
    return max(datetime.fromisoformat(old["starts"]), booking.starts) <= moment


def _known(session: Session, booking: Booking, kind: str) -> bool:
    """Whether thanks need not be told: without a price there is no balance, and one is told once (K75)."""
    return kind == "completed" and (not booking.price or outbox.is_told(session, booking, kind))
