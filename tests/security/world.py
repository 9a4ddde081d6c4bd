"""Ben's things, with marks that nobody else may ever read, and the people who try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.web.desk import address
from tests.web.desk import requested as _requested
from vorzimmer import accounts, database
from vorzimmer.access import Right
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import (
    Account,
    ApiKey,
    AppPassword,
    Attribute,
    Booking,
    Customer,
    CustomerChange,
    CustomerGroup,
    Role,
    WebSession,
)
from vorzimmer.testing import DESK, Practice
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence
from vorzimmer_external_busy.models import Source
from vorzimmer_web.shell.invitations import Invitation
from vorzimmer_webhooks.models import Hook

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
    """What belongs to Ben: a request of a customer, the customer, an absence, an app password, a session, the login.

    And a calendar elsewhere, an API key, a webhook; a named link is the practice's.
    """

    booking: Booking
    absence: int
    app_password: int
    customer: str = ""
    session: str = ""
    account: int = 0
    role: int = 0
    change: int = 0
    field: str = ""
    group: int = 0
    elsewhere: int = 0
    link: int = 0
    key: int = 0
    hook: int = 0


def of_ben(practice: Practice, day: int = 3) -> Foreign:
    """New things of Ben's, on a working day of the first weeks of March 2027."""
    booking = _requested(practice, f"2027-03-{day:02d} 10:00", "ben", **CUSTOMER)
    absence, password = practice.hall.database.write(lambda session: _rest(session, practice))
    return practice.hall.database.write(lambda session: _whole(session, practice, booking, absence, password))


def _whole(session: Session, practice: Practice, booking: Booking, absence: int, password: int) -> Foreign:
    """With the customer of the booking, and the login of Ben, who is signed in somewhere."""
    ben, now = address(session, "ben@praxis.example"), practice.clock.now
    key = "f" * 64
    if session.get(WebSession, key) is None:
        later = now + timedelta(hours=12)
        session.add(
            WebSession(key_hash=key, account_id=ben.id, created_at=now, seen_at=now, expires_at=later)
        )
    customer = session.scalars(select(Customer).where(Customer.id == booking.customer_id)).one()
    waiting = CustomerChange(customer_id=customer.id, values={"phone": f"0171 {MARK}"}, created_at=now)
    field = Attribute(
        slug=f"frage-{booking.id}", scope="booking", kind="text", labels={"de": "Frage"}, choices=[]
    )
    group = CustomerGroup(name=f"Gruppe {booking.id}")
    elsewhere = Source(
        resource_id=ben.resource_id,
        kind="ics",
        title=MARK,
        host="cal.example",
        secret={},
        created_at=now,
        due_at=now,
    )
    link = Invitation(secret=f"link-{booking.id}", name="Flyer", target={}, single=False, created_at=now)
    session.add_all([waiting, field, group, elsewhere, link])
    session.flush()
    role = session.scalars(select(Role.id).where(Role.name == "staff")).one()
    accounts.add_api_key(session, now, ben, "script")
    session.flush()
    api_key = session.scalars(select(ApiKey.id).where(ApiKey.account_id == ben.id)).all()[-1]
    hook = Hook(
        account_id=ben.id, rights=[], url="https://crm.example/", events=[], secret={}, created_at=now
    )
    session.add(hook)
    session.flush()
    whose = (
        customer.uid,
        key[:16],
        ben.id,
        role,
        waiting.id,
        field.slug,
        group.id,
        elsewhere.id,
        link.id,
        api_key,
        hook.id,
    )
    return Foreign(booking, absence, password, *whose)


def _rest(session: Session, practice: Practice) -> tuple[int, int]:

    vacation = NewAbsence("ben", date(2027, 5, 3), date(2027, 5, 4), "vacation")
    away = absences.enter(session, practice.hall, DESK, vacation)
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
            sorted((one.id, one.title) for one in session.scalars(select(Source))),
            sorted(session.scalars(select(AppPassword.id).join(Account).where(Account.email.like("ben@%")))),
            sorted((one.email, one.active, one.password or "") for one in session.scalars(select(Account))),
        )


def with_single_right(practice: Practice, right: Right) -> str:
    """The address of a login with this right and no other, and without a calendar."""
    email = f"only-{right}@praxis.example"

    def work(session: Session) -> None:
        password = address(session, "ben@praxis.example").password or ""
        moment = database.now(session)
        account = accounts.add_account(
            session, moment, email=email, name="Ein Recht", role="customer", password_hash=password
        )
        account.roles = [Role(name=f"only {right}", permissions=[right])]

    practice.hall.database.write(work)
    return email


def add_key(practice: Practice, email: str) -> str:
    """An API key that acts as the account."""

    def work(session: Session) -> str:
        return accounts.add_api_key(session, database.now(session), address(session, email), "test")

    return practice.hall.database.write(work)
