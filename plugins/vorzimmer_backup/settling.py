"""What was true when the backup was made, and is not any more: done once to what was restored (F46)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, func, inspect, select, update
from sqlalchemy.orm import Session

from vorzimmer import audit, booking, database
from vorzimmer.access import Actor
from vorzimmer.messages import outbox
from vorzimmer.models import Booking, Calendar, CalendarChange, LoginLink, Message, Status, WebSession
from vorzimmer.reasons import N_
from vorzimmer_backup import state

CLI = Actor("command line", "cli")
BEYOND = 1_000_000
"""More changes than a calendar can have seen since the backup: no token given out since is valid (RFC 6578 §3.2)."""
LATER = 100
"""More changes than one appointment can have seen since: what is sent next is newer than all before (RFC 5546)."""
UNSURE = N_("It may have left before the backup was restored. Please tell the customer yourself.")


def settle(connection: Connection, say: Callable[[str], object]) -> None:
    """Have calendar apps read anew, send nothing twice, end every session, raise what must not be used twice."""
    with Session(connection, join_transaction_mode="rollback_only") as session:
        _calendars(session)
        say("calendars: every app reads all of them anew")
        say(
            f"messages: {_messages(session)} that may have left already are kept back, and listed as given up"
        )
        open_ = (Status.HELD, Status.REQUESTED, Status.CONFIRMED)
        session.execute(
            update(Booking).where(Booking.status.in_(open_)).values(sequence=Booking.sequence + LATER)
        )
        _logins(session)
        say("logins: every session and every link for a new password is over")
        moment = database.now(session)
        state.change(session, moment, since=moment, key_shown=True)  # whoever restores has the key
        audit.write(session, moment, CLI, "backup_restored", "practice")
        session.flush()


def _calendars(session: Session) -> None:
    session.execute(delete(CalendarChange))
    session.execute(update(Calendar).values(sequence=Calendar.sequence + BEYOND))


def _messages(session: Session) -> int:
    """Messages to people that were due at any time up to now; facts to plugins may be told again."""
    moment = database.now(session)
    _calls(session, moment)
    waiting = (
        Message.state.in_(("due", "leased")),
        Message.topic.not_in(outbox.FACTS),
        Message.run_after <= moment,
    )
    number = session.scalar(select(func.count()).select_from(Message).where(*waiting)) or 0
    given_up = {"state": "parked", "error": UNSURE, "lease": "", "lease_until": None}
    session.execute(update(Message).where(*waiting).values(given_up))
    return number


def _calls(session: Session, moment: datetime) -> None:
    """Whose mail may not have left is called: nobody can say who has got it."""
    columns = {column["name"] for column in inspect(session.connection()).get_columns(Booking.__tablename__)}
    if "call_until" not in columns:  # of an older version
        return
    late = select(Message.booking_id).where(
        Message.state.in_(("due", "leased")), Message.topic.in_(booking.NEWS), Message.run_after <= moment
    )
    to_call = {"call_since": moment, "call_until": Booking.starts}
    session.execute(update(Booking).where(Booking.id.in_(late), Booking.ends > moment).values(to_call))


def _logins(session: Session) -> None:
    tables = inspect(session.connection()).get_table_names()  # an older version has fewer
    for model in (WebSession, LoginLink):
        if model.__tablename__ in tables:
            session.execute(delete(model))
