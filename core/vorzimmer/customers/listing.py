"""The list of customers, and what each row says beside the record; a constant number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, false, func, select, true, tuple_
from sqlalchemy.orm import Session, selectinload

from vorzimmer.access import Actor
from vorzimmer.customers.search import matching, of_calendars, visible
from vorzimmer.models import Booking, Customer, CustomerChange, CustomerGroup, Status

STANDING = (Status.REQUESTED, Status.CONFIRMED)


@dataclass(frozen=True)
class Wish:
    """Which customers: with these words, in this group, with changes that wait for a decision."""

    words: str = ""
    group: int | None = None
    waiting: bool = False


@dataclass(frozen=True)
class Summary:
    """What is counted, never stored: no-shows (C17), the next appointment and its zone, changes that wait."""

    missed: int = 0
    next: datetime | None = None
    changes: int = 0


NOTHING = Summary()


def listed(
    session: Session, actor: Actor, wish: Wish, limit: int, cursor: str | None = None
) -> tuple[Sequence[Customer], str | None]:
    """A page of visible customers by name, and the cursor of the next one. A cursor is the id of a page's last."""
    wanted = _wanted(actor, wish).options(selectinload(Customer.groups))
    place = tuple_(Customer.search_key, Customer.id)
    if cursor is not None:
        last = select(Customer.search_key, Customer.id).where(Customer.uid == cursor).subquery()
        wanted = wanted.join(last, true()).where(place > tuple_(last.c.search_key, last.c.id))
    found = session.scalars(wanted.order_by(Customer.search_key, Customer.id).limit(limit + 1)).all()
    page = found[:limit]
    return page, page[-1].uid if len(found) > limit else None


def number(session: Session, actor: Actor, wish: Wish) -> int:
    """How many there are in all."""
    wanted = _wanted(actor, wish).with_only_columns(func.count(Customer.id))
    return session.scalar(wanted) or 0


def _wanted(actor: Actor, wish: Wish) -> Select[Customer]:
    """The scope comes before any filter (A8)."""
    wanted = select(Customer).where(visible(actor))
    if wish.words.strip():
        found = matching(wish.words)
        wanted = wanted.where(false() if found is None else found)
    if wish.group is not None:
        wanted = wanted.where(Customer.groups.any(CustomerGroup.id == wish.group))
    return wanted.where(_waiting()) if wish.waiting else wanted


def _waiting() -> ColumnElement[bool]:
    return Customer.id.in_(select(CustomerChange.customer_id))


def summaries(
    session: Session, actor: Actor, customers: Collection[Customer], moment: datetime
) -> dict[int, Summary]:
    """What belongs to each of the customers, as far as the actor sees their appointments."""
    ids = [customer.id for customer in customers]
    ahead = and_(Booking.starts >= moment, Booking.status.in_(STANDING))
    appointments = session.execute(
        select(
            Booking.customer_id,
            func.sum(case((Booking.status == Status.MISSED, 1), else_=0)),
            func.min(case((ahead, Booking.starts))),
        )
        .where(Booking.customer_id.in_(ids), of_calendars(actor))
        .group_by(Booking.customer_id)
    ).all()
    changes = session.execute(
        select(CustomerChange.customer_id, func.count())
        .where(CustomerChange.customer_id.in_(ids))
        .group_by(CustomerChange.customer_id)
    ).all()
    waiting = {row[0]: row[1] for row in changes}
    known = {number: (missed, first) for number, missed, first in appointments}
    return {number: Summary(*known.get(number, (0, None)), waiting.get(number, 0)) for number in ids}


def sizes(session: Session, actor: Actor) -> list[tuple[CustomerGroup, int]]:
    """Every group by name, with how many visible customers are in it."""
    counts = dict(
        session.execute(
            select(CustomerGroup.id, func.count(Customer.id))
            .select_from(Customer)
            .join(Customer.groups)
            .where(visible(actor))
            .group_by(CustomerGroup.id)
        ).all()
    )
    every = session.scalars(select(CustomerGroup).order_by(CustomerGroup.name)).all()
    return [(group, counts.get(group.id, 0)) for group in every]
