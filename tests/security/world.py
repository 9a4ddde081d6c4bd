"""Ben's things, with marks that nobody else may ever read, and the people who try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.web.desk import address
from tests.web.desk import requested as _requested
from vorzimmer import accounts, database
from vorzimmer.models import Account, AppPassword, Booking
from vorzimmer.testing import DESK, Practice
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence, Kind

LOGINS = {
    "customer": "max.muster@kunde.example",
    "anna": "anna@praxis.example",
    "desk": "empfang@praxis.example",
    "owner": "owner@praxis.example",
}
MARK = "Kanarienvogel"
"""Stands in every private field of the customer (O5)."""
CUSTOMER = {
    "name": f"{MARK}-Name",
    "email": f"{MARK}@kunde.example".lower(),
    "phone": f"0170 {MARK}",
}


@dataclass(frozen=True)
class Foreign:
    """What belongs to Ben: a request of a customer, an absence, an app password."""

    booking: Booking
    absence: int
    app_password: int


def of_ben(practice: Practice, day: int = 3) -> Foreign:
    """New things of Ben's, on a working day of the first weeks of March 2027."""
    booking = _requested(practice, f"2027-03-{day:02d} 10:00", "ben", **CUSTOMER)
    absences = practice.hall.plugins.instance("vorzimmer_absences")
    return Foreign(booking, *practice.hall.database.write(lambda session: _rest(session, practice, absences)))


def _rest(session: Session, practice: Practice, _plugin: Any) -> tuple[int, int]:

    ben = practice.resource("ben")
    away = absences.enter(
        session,
        DESK,
        ben.id,
        date(2027, 5, 3),
        date(2027, 5, 4),
        Kind.VACATION,
        zone=practice.hall.config.zone,
    )
    moment = database.now(session)
    secret = accounts.add_app_password(session, moment, address(session, "ben@praxis.example"), "phone")
    session.flush()
    wanted = select(AppPassword.id).where(AppPassword.secret_hash == accounts.digest(secret))
    return away.id, session.scalars(wanted).one()


def state(practice: Practice, foreign: Foreign) -> tuple[Any, ...]:
    """Everything that must not change: Ben's objects, and who may sign in as whom."""
    with practice.hall.database.reading() as session:
        found = session.scalars(select(Booking).where(Booking.uid == foreign.booking.uid)).one()
        taken = sorted((one.resource_id, one.starts) for one in found.allocations)
        return (
            (found.status, found.sequence, found.starts, found.staff_id, found.name, found.message, taken),
            sorted(session.scalars(select(Absence.id)).all()),
            sorted(session.scalars(select(AppPassword.id).join(Account).where(Account.email.like("ben@%")))),
            sorted((one.email, one.active, one.password or "") for one in session.scalars(select(Account))),
        )


def add_key(practice: Practice, email: str) -> str:
    """An API key that acts as the account."""

    def work(session: Session) -> str:
        return accounts.add_api_key(session, database.now(session), address(session, email), "test")

    return practice.hall.database.write(work)
