"""The one table of legal status changes; every door obeys it (A18)."""

from __future__ import annotations

from collections.abc import Mapping

from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Reason, Refused

LEGAL: dict[Status, frozenset[Status]] = {
    Status.HELD: frozenset({Status.CONFIRMED, Status.REQUESTED, Status.EXPIRED}),
    Status.REQUESTED: frozenset({Status.CONFIRMED, Status.DECLINED, Status.CANCELLED, Status.EXPIRED}),
    Status.CONFIRMED: frozenset({Status.CANCELLED, Status.COMPLETED, Status.MISSED}),
    Status.COMPLETED: frozenset({Status.MISSED, Status.CANCELLED, Status.CONFIRMED}),
    Status.MISSED: frozenset({Status.COMPLETED, Status.CANCELLED, Status.CONFIRMED}),
    Status.EXPIRED: frozenset({Status.HELD}),  # a right code after the end takes the time again (rule 48)
    Status.DECLINED: frozenset(),
    Status.CANCELLED: frozenset({Status.COMPLETED, Status.MISSED, Status.CONFIRMED}),  # see `close` (K72)
}

TAKEN_BACK: dict[Status, frozenset[Status]] = {
    Status.CANCELLED: frozenset({Status.CONFIRMED, Status.REQUESTED}),
    Status.DECLINED: frozenset({Status.REQUESTED}),
}
"""Within the undo window of a calendar app alone, before anybody was told (see `take_back`)."""

OPEN = frozenset({Status.REQUESTED, Status.CONFIRMED})
IN_CALENDAR = frozenset({Status.REQUESTED, Status.CONFIRMED, Status.COMPLETED, Status.MISSED})


def change(booking: Booking, to: Status, among: Mapping[Status, frozenset[Status]] = LEGAL) -> None:
    """Give the booking a new status, or refuse with `WRONG_STATE`."""
    if to not in among.get(Status(booking.status), ()):
        raise Refused(Reason.WRONG_STATE, status=booking.status)
    booking.status = to.value


def require_open(booking: Booking) -> None:
    """Refuse unless the booking is requested or confirmed."""
    if booking.status not in OPEN:
        raise Refused(Reason.WRONG_STATE, status=booking.status)
