"""Who is on the telephone: found while one types, and what the desk knows of them (O11, O12, A10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import customers, database
from vorzimmer.access import Actor, Right, may
from vorzimmer.models import Attribute, Booking, Customer
from vorzimmer_web.shell.words import date_in_short

TOLD_DIGITS = 4


@dataclass(frozen=True)
class Hit:
    """A customer who may be meant, and what tells namesakes apart; never the address (A10)."""

    customer: Customer
    next: datetime | None
    born: str

    @property
    def digits(self) -> str:
        """The last digits of the phone number."""
        digits = [sign for sign in self.customer.phone if sign.isdigit()]
        return "".join(digits[-TOLD_DIGITS:])


@dataclass(frozen=True)
class Caller:
    """The customer on the telephone: what is ahead, and what they came for last."""

    customer: Customer
    ahead: Sequence[Booking]
    last: Booking | None
    whole: bool

    @property
    def service(self) -> str | None:
        """What they book most likely: what they have booked, else what they had."""
        known = [*self.ahead[-1:], *([self.last] if self.last else [])]
        return known[0].service.slug if known else None


def hits(session: Session, actor: Actor, words: str) -> list[Hit]:
    """At most ten; four queries however many there are."""
    found = customers.found(session, actor, words)
    if not found:
        return []
    known = customers.summaries(session, actor, found, database.now(session))
    birth = _birth(session) if may(actor, Right.CUSTOMERS) else None
    return [Hit(one, known[one.id].next, _born(one.attributes.get(birth)) if birth else "") for one in found]


def caller(session: Session, actor: Actor, uid: str) -> Caller:
    """The customer chosen, if the actor may see them (A1)."""
    customer, moment = customers.one(session, actor, uid), database.now(session)
    past, _more = customers.past(session, actor, customer, moment, 1)
    ahead = customers.appointments(session, actor, customer, moment)
    return Caller(customer, ahead, past[0] if past else None, may(actor, Right.CUSTOMERS))


def _birth(session: Session) -> str | None:
    """The registry's first date that customers are asked once: the day of birth, where a practice asks for it."""
    dates = select(Attribute.slug).where(
        Attribute.scope == "customer", Attribute.kind == "date", Attribute.active
    )
    return session.scalar(dates.order_by(Attribute.position, Attribute.id).limit(1))


def _born(value: object) -> str:
    try:
        return date_in_short(date.fromisoformat(str(value))) if value else ""
    except ValueError:
        return ""
