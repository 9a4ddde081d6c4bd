"""Until when customers may change a booking online (rule 38)."""

from __future__ import annotations

from datetime import datetime

from vorzimmer import hookspecs
from vorzimmer.booking.parts import status
from vorzimmer.hookspecs import Deadlines
from vorzimmer.models import Booking
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


def deadlines(hall: Hall, booking: Booking) -> Deadlines:
    """Until when the customer may cancel and move; until the start where no policy says otherwise, or we ask for it."""
    if booking.offered_at is not None:
        return Deadlines(booking.starts, booking.starts)
    answer = hall.plugins.ask_first(hookspecs.booking_deadlines, booking=booking)
    return answer or Deadlines(booking.starts, booking.starts)


def require_in_time(hall: Hall, booking: Booking, moment: datetime, act: str) -> None:
    """Refuse what is closed, and what comes after the deadline of `cancel` or `move`."""
    status.require_open(booking)
    until = deadlines(hall, booking)
    if moment > (until.cancel_until if act == "cancel" else until.move_until):
        raise Refused(Reason.TOO_LATE)
