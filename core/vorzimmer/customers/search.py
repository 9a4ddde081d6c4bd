"""Whom staff find and see among the customers; the scope comes before any search (A8, A10)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from vorzimmer.access import Actor, Right, may
from vorzimmer.models import Allocation, Booking, Customer
from vorzimmer.models.customer import folded
from vorzimmer.reasons import Reason, Refused

MOST = 10  # hits of one search (A10)
LONGEST = 80  # letters of a search that count
BEFORE = (" ", "-")  # what words begin after: Müller-Lüdenscheidt is found by either name
SAME_NUMBER = 8  # last digits that are the same with and without a country's code


def visible(actor: Actor) -> ColumnElement[bool]:
    """Which records the actor may see: all, or those of the customers in calendars that are open to the actor.

    As lists of ids that the indexes give at once: asked customer by customer, it took seconds (10,000 of them).
    """
    if may(actor, Right.CUSTOMERS):
        return true()
    if may(actor, Right.CALENDARS):
        return exists().where(Booking.customer_id == Customer.id)
    if not may(actor, Right.OWN_CALENDAR) or actor.resource_id is None:
        return false()
    led = select(Booking.customer_id).where(Booking.staff_id == actor.resource_id)
    joined = select(Booking.customer_id).join(Allocation).where(Allocation.resource_id == actor.resource_id)
    return or_(Customer.id.in_(led), Customer.id.in_(joined))


def of_calendars(actor: Actor) -> ColumnElement[bool]:
    """Which bookings are in calendars that are open to the actor."""
    if may(actor, Right.CALENDARS):
        return true()
    if not may(actor, Right.OWN_CALENDAR) or actor.resource_id is None:
        return false()
    taken = Booking.allocations.any(Allocation.resource_id == actor.resource_id)
    return or_(Booking.staff_id == actor.resource_id, taken)


def found(session: Session, actor: Actor, words: str, limit: int = MOST) -> Sequence[Customer]:
    """Visible customers who have every word: at the beginning of a name, or anywhere in the number or the address.

    Those whose first name begins so come first, then by name. Nothing is found for nothing (A10).
    """
    wanted = matching(words)
    if wanted is None:
        return []
    first = Customer.search_key.startswith(f" {folded(words[:LONGEST]).strip()}", autoescape=True)
    return session.scalars(
        select(Customer)
        .where(wanted, visible(actor))
        .order_by(first.desc(), Customer.search_key, Customer.id)
        .limit(limit)
    ).all()


def matching(words: str) -> ColumnElement[bool] | None:
    """The condition of a search; None where nothing was typed that can be found."""
    typed = words[:LONGEST].replace("\0", "")
    number = re.sub(r"\D", "", typed)
    if number and not re.search(r"[^\d\s()/+.-]", typed):
        return Customer.search_key.contains(number[-SAME_NUMBER:])
    parts = folded(typed).split()
    return and_(*(_has(part) for part in parts)) if parts else None


def _has(part: str) -> ColumnElement[bool]:
    if _anywhere(part):
        return Customer.search_key.contains(part, autoescape=True)
    key = Customer.search_key
    return or_(*(key.contains(f"{before}{part}", autoescape=True) for before in BEFORE))


def _anywhere(part: str) -> bool:
    """Whether it is found in the middle of a word, too: figures of a number, a piece of an address."""
    return part.isdigit() or "@" in part or "." in part.strip(".")


def booked_as(words: str) -> ColumnElement[bool] | None:
    """The same of the name typed for a booking: whom the practice calls otherwise is found by both (O40)."""
    parts = words[:LONGEST].replace("\0", "").replace("-", " ").split()
    return and_(*(_called(part) for part in parts)) if parts else None


def _called(part: str) -> ColumnElement[bool]:
    # the capital beside it: SQLite's lower() knows ASCII alone
    name = func.lower(" " + func.replace(Booking.name, "-", " "))
    spellings = {part.lower()} | ({part.capitalize()} if not part.isascii() else set())
    return or_(*(name.contains(f" {one}", autoescape=True) for one in sorted(spellings)))


def one(session: Session, actor: Actor, uid: str) -> Customer:
    """A customer whom the actor may see; anybody else's record is as if it did not exist (A1)."""
    customer = session.scalar(select(Customer).where(Customer.uid == uid, visible(actor)))
    if customer is None:
        raise Refused(Reason.NOT_FOUND)
    return customer
