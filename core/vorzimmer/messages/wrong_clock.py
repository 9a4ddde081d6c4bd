"""A clock that was set far ahead and back: what it would destroy waits, what it has done is put right (X14, F64)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from vorzimmer.models import Booking, Message, Setting, Status

TOO_LATE = "too late"
"""The `error` of a message that was withdrawn since nobody needed it any more."""
AHEAD = timedelta(hours=2)
"""No lease and no pause is longer: what ends later was written by another clock."""
GRACE = timedelta(days=2)
"""How long a clock must have gone on evenly before anything is deleted for its age."""
STEADY = "clock"
log = structlog.get_logger(__name__)


def put_right(session: Session, moment: datetime) -> None:
    """Let leave what would have left had the clock been right: it was withdrawn as too late, or waits for a year."""
    late = moment + AHEAD
    leased = and_(Message.state == "leased", Message.lease_until > late)
    again = (Message.state == "due", Message.attempts > 0, Message.run_after > late)
    waiting = or_(leased, and_(*again, Message.run_after > Message.planned_at))
    for message in session.scalars(select(Message).where(waiting)):
        log.warning("a message waited for another clock", key=message.key)
        message.state, message.lease, message.lease_until = "due", "", None
        message.run_after = max(moment, message.planned_at)
    for message, booking in session.execute(_WITHDRAWN):
        starts = datetime.fromisoformat(message.details["starts"])
        if moment < starts == booking.starts and booking.status == Status.CONFIRMED:
            log.warning("a reminder was withdrawn by another clock", key=message.key)
            message.state, message.error, message.attempts = "due", "", 0
            message.run_after = max(moment, message.planned_at)


def is_steady(session: Session, moment: datetime) -> bool:
    """Whether the clock has gone on evenly for two days, as far as this was noted; asked at least once a day."""
    row = session.get(Setting, STEADY)
    since, last = (
        (datetime.fromisoformat(told) for told in json.loads(row.value)) if row else (moment, moment)
    )
    if not last <= moment <= last + GRACE:
        log.warning("the clock has jumped, or the server was off: nothing is deleted for two days")
        since = moment
    value = json.dumps([since.isoformat(), moment.isoformat()])
    if row is None:
        session.add(Setting(name=STEADY, value=value))
    else:
        row.value = value
    return moment - since >= GRACE


_WITHDRAWN = (
    select(Message, Booking)
    .join(Booking, Booking.id == Message.booking_id)
    .where(Message.state == "withdrawn", Message.topic == "reminder", Message.error == TOO_LATE)
)
