"""The erasure itself: one transaction, after which nothing tells who it was."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import SYSTEM, Actor, Right
from vorzimmer.booking.parts import published
from vorzimmer.booking.parts.status import change
from vorzimmer.customers import one
from vorzimmer.erasure.known import Known, of
from vorzimmer.erasure.plan import Plan, coming, of_known
from vorzimmer.hookspecs import Person
from vorzimmer.models import (
    Allocation,
    AuditEntry,
    Booking,
    CalendarObject,
    Customer,
    Erasure,
    KeptAnswer,
    Message,
    Status,
    WebSession,
)
from vorzimmer.models.customer import folded, search_key
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused

ACT = "customer_erased"
NOBODY = N_("Erased")
"""What stands in place of the name, in the practice's first language."""
TELLS_NOBODY = frozenset(
    {"status", "starts", "ends", "sequence", "resources", "amount", "currency", "paid", "price"}
)
"""What an entry about an appointment still says."""


def erase(session: Session, hall: Hall, actor: Actor, uid: str) -> Plan:
    """Erase a customer for good; what was done. Once more changes nothing.

    Refuses with `COMING` (`bookings`) while there are appointments that the customer counts on.
    """
    access.require(access.may(actor, Right.EXPORTS))
    done = session.get(Erasure, uid)
    if done is not None:
        return Plan(erased_at=done.at)
    known = _claimed(session, one(session, actor, uid))
    if bookings := coming(known, database.now(session)):
        raise Refused(Reason.COMING, bookings=bookings)
    return _erase(session, hall, actor, known)


def replay(session: Session, hall: Hall, erased: Mapping[str, datetime]) -> int:
    """Erase again in a restored database whom the list names; how many were there.

    What is still to come in it was cancelled before they were erased, and is cancelled now; nobody is told.
    """
    found = session.scalars(select(Customer).where(Customer.uid.in_(erased)).order_by(Customer.id)).all()
    for customer in found:
        known = _claimed(session, customer)
        for booking in coming(known, database.now(session)):
            change(booking, Status.CANCELLED if booking in known.bookings else Status.EXPIRED)
            booking.allocations = []
        _erase(session, hall, SYSTEM, known)
    noted = set(session.scalars(select(Erasure.uid).where(Erasure.uid.in_(erased))))
    session.add_all(Erasure(uid=uid, at=at) for uid, at in erased.items() if uid not in noted)
    session.flush()
    return len(found)


def _claimed(session: Session, customer: Customer) -> Known:
    """The customer under the claim of all resources concerned, in the order in which everybody locks."""
    mine = select(Allocation.resource_id).join(Booking).where(Booking.customer_id == customer.id)
    database.claim(session, set(session.scalars(mine)))
    if not database.alone(session):
        locked = session.scalar(select(Customer.id).where(Customer.id == customer.id).with_for_update())
        session.expire_all()
        if locked is None:
            raise Refused(Reason.NOT_FOUND)
    return of(session, customer)


def _erase(session: Session, hall: Hall, actor: Actor, known: Known) -> Plan:
    done, moment = of_known(session, hall, known, erase=True), database.now(session)
    session.execute(delete(Message).where(known.messages))
    nobody = hall.texts.reader(hall.config.settings.practice.languages[0]).gettext(NOBODY)
    for booking in known.bookings:
        _nameless(session, hall, booking, nobody, moment)
    for gone in (*known.holds, *known.logins, known.customer):
        session.delete(gone)
    _from_log(session, known)
    _from_answers(session, known)
    session.add_all(Erasure(uid=uid, at=moment) for uid in known.person.uids)
    session.flush()
    hall.database.leave_no_trace()
    about, number = f"customer {known.customer.uid}", {"appointments": len(known.bookings)}
    audit.write(session, moment, actor, ACT, about, after=number)
    return Plan(data=done.data, erased_at=moment)


def _nameless(session: Session, hall: Hall, booking: Booking, nobody: str, moment: datetime) -> None:
    """The appointment without the person, under another uid: links, codes and files with the old one lead nowhere."""
    before, booking.uid = booking.uid, str(uuid.uuid4())
    for standing in session.scalars(select(CalendarObject).where(CalendarObject.booking_id == booking.id)):
        published.log_change(session, standing.calendar_id, standing.href, gone=True)
        session.delete(standing)
    booking.customer, booking.name, booking.fields, booking.consents = None, nobody, {}, {}
    booking.language = hall.config.settings.practice.languages[0]
    for column in ("email", "phone", "message", "note", "place", "link"):
        setattr(booking, column, "")
    session.flush()
    published.publish(session, hall, booking, moment)
    about = AuditEntry.subject == f"booking {before}"
    for entry in session.scalars(select(AuditEntry).where(about)):
        entry.subject = f"booking {booking.uid}"
        entry.before, entry.after = _told(entry.before), _told(entry.after)


def _told(said: dict[str, Any] | None) -> dict[str, Any] | None:
    return said and {name: value for name, value in said.items() if name in TELLS_NOBODY}


def _from_log(session: Session, known: Known) -> None:
    """Entries about the record keep who, when and what; others lose a name, an address, a search."""
    for entry in known.entries:
        entry.before = entry.after = None
    logins = [f"account {of_login}" for one in known.logins for of_login in (one.id, one.email)]
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.subject.in_(logins))
        .values(before=None, after=None, subject="account")
    )
    session.execute(
        update(AuditEntry).where(func.lower(AuditEntry.actor).in_(known.person.emails)).values(actor="")
    )
    renamed = (
        AuditEntry.subject.startswith("booking "),
        AuditEntry.before["name"].as_string().in_(known.person.names),
    )
    for entry in session.scalars(select(AuditEntry).where(*renamed)):
        entry.before = _told(entry.before)
    for entry in session.scalars(select(AuditEntry).where(AuditEntry.act == "customers_exported")):
        after = entry.after or {}
        if _searched(known.person, after.get("search", "")):
            entry.after = after | {"search": ""}


def _searched(person: Person, words: str) -> bool:
    key = " ".join(search_key(one, "", "") for one in (*person.names, *person.emails, *person.phones))
    return any(f" {part}" in key for part in folded(words).split())


def _from_answers(session: Session, known: Known) -> None:
    """Kept answers of the API, and what pages were about to say to whoever is signed in."""
    for kept in session.scalars(select(KeptAnswer)):
        if known.person.is_in(kept.answer) or any(uid in kept.answer for uid in known.person.uids):
            session.delete(kept)
    for row in session.scalars(select(WebSession)):
        row.data = {
            name: value
            for name, value in row.data.items()
            if not known.person.is_in(json.dumps(value, ensure_ascii=False))
        }
