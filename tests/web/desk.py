"""What tests of the office need: logins, bookings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from vorzimmer import booking
from vorzimmer.access import Actor, staff_actor
from vorzimmer.models import Account, Booking
from vorzimmer.testing import PASSWORD, Browser, Practice

DESK = "empfang@praxis.example"


def address(session: Session, email: str) -> Account:
    return session.scalars(select(Account).where(Account.email == email)).one()


def actor(practice: Practice, email: str) -> Actor:
    with practice.hall.database.reading() as session:
        return staff_actor(address(session, email), "office")


def sign_in(client: Browser, email: str = DESK, password: str = PASSWORD, **more: Any) -> TestResponse:
    """Try to sign in; the answer as it comes."""
    base = more.get("base_url", "http://localhost")
    client.get("/office/login", base_url=base)
    form = {"csrf_token": client.csrf_token, "email": email, "password": password}
    return client.post("/office/login", data=form, **more)


def count(practice: Practice, model: type) -> int:
    with practice.hall.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def requested(practice: Practice, start: str, staff: str = "anna", **more: Any) -> Booking:
    """A request of Max Muster that waits for a decision until its start."""
    made = practice.book("erstgespraech", start, staff, **more)

    def work(session: Session) -> Booking:
        found = booking.parts.load.booking(session, made.uid)
        found.status, found.expires_at = "requested", found.starts
        for allocation in found.allocations:
            allocation.expires_at = found.starts
        return found

    return practice.hall.database.write(work)


def local(moment: datetime) -> str:
    """An instant as the forms of the office send it."""
    return moment.isoformat()
