"""From a change of a booking to the rows of the outbox and of the daily lists, each once."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.hookspecs import Change
from vorzimmer.messages import outbox
from vorzimmer.models import Booking
from vorzimmer.practice import Hall
from vorzimmer_notices import letters
from vorzimmer_notices.concern import concerns
from vorzimmer_notices.kinds import Kind, Timing
from vorzimmer_notices.models import News
from vorzimmer_notices.readers import logins, reading


def tell(session: Session, hall: Hall, change: Change) -> None:
    """Write down who is told of a change: never who made it, nobody twice.

    In the transaction in which the plugin is told: whatever happens, the fact and the notices are both there or not.
    """
    wanted = select(Booking).where(Booking.uid == change.uid).options(*WHOLE)
    booking, moment = session.scalars(wanted).one_or_none(), database.now(session)
    if booking is None:  # erased meanwhile
        return
    found = concerns(session, change, booking, moment)
    for login, concern, timing in reading(logins(session), found) if found else ():
        if login.account.email == change.actor and Kind.CLASH not in concern.own:
            continue
        key = f"notice/{hashlib.sha256(change.key.encode()).hexdigest()[:32]}/{login.account.id}"
        if (
            outbox.is_written(session, key)
            or session.scalar(select(News.id).where(News.key == key)) is not None
        ):
            continue
        if timing is Timing.DAILY:
            line = letters.subject(
                session, letters.reader_of(hall, login.account), login, concern, change, booking
            )
            session.add(
                News(key=key, account_id=login.account.id, booking_id=booking.id, at=moment, line=line)
            )
            continue
        outbox.tell_address(
            session,
            hall,
            outbox.NOTICE,
            moment,
            recipient=login.account.email,
            key=key,
            language=login.account.language,
            details=letters.details(session, hall, login, concern, change, booking),
            booking=booking,
        )
