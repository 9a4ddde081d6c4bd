"""One network keeps one time from everybody else for half an hour at most, however often it begins anew (X17).

Who asks is known as an address on the net alone until the details are typed. What it held lies in this process's
memory, by the uids of its holds, and nowhere else; how long each stood, the database knows.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from vorzimmer import booking, database
from vorzimmer.models import Booking
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.shell import limits

MOST_TIMES = 10_000
MOST_HOLDS = 12
KEY = "vorzimmer_web_hoarding"


def refuse(session: Session, made: Booking) -> None:
    """Refuse a hold, in its transaction, whose time this network has held too long in vain (`RATE_LIMITED`)."""
    if not hall().config.settings.server.limits:
        return
    uids = _of(made)
    before = booking.held_in_vain(session, database.now(session), Booking.uid.in_(uids)) if uids else None
    if before is not None and before >= booking.HELD_AT_MOST:
        raise Refused(Reason.RATE_LIMITED, held=True)


def note(made: Booking) -> None:
    """Remember a hold after it was made."""
    held: OrderedDict[Any, deque[str]] = current_app.extensions.setdefault(KEY, OrderedDict())
    held.setdefault(_key(made), deque(maxlen=MOST_HOLDS)).append(made.uid)
    held.move_to_end(_key(made))
    while len(held) > MOST_TIMES:
        held.popitem(last=False)


def _of(made: Booking) -> list[str]:
    held: OrderedDict[Any, deque[str]] = current_app.extensions.get(KEY, OrderedDict())
    return list(held.get(_key(made), ()))


def _key(made: Booking) -> tuple[str, int | None, datetime]:
    return limits.network(), made.staff_id, made.starts
