"""An appointment and a private event at one time of one person: both stand, and whom it concerns is told (rule 80).

The private event is the one that the belt does not guard.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, select, update
from sqlalchemy.orm import Session, aliased

from vorzimmer import audit
from vorzimmer.access import Actor
from vorzimmer.availability import Assignment
from vorzimmer.booking.parts import load, status
from vorzimmer.hookspecs import Change
from vorzimmer.messages import outbox
from vorzimmer.models import Allocation, AuditEntry, Block, Booking, Resource
from vorzimmer.periods import Period
from vorzimmer.practice import Hall

CLASHED = "clashed"
"""What the log and the plugins are told; `after` says of the appointment what `audit.snapshot` does, and `block`,
`person` and `private` period of the event."""


class Clash(NamedTuple):
    """One of a person's private events over one of their appointments."""

    booking: Booking
    block: Block
    person: Resource
    period: Period


_BOOKED, _PRIVATE = aliased(Allocation), aliased(Allocation)
_OVERLAP = and_(
    _PRIVATE.resource_id == _BOOKED.resource_id,
    _PRIVATE.starts < _BOOKED.ends,
    _PRIVATE.ends > _BOOKED.starts,
    _PRIVATE.block == 1,
    ~_PRIVATE.guarded,  # few are: they have an index of their own
)
# Built once: putting it together takes as long as running it, and every change of a booking asks.
_CLASHING = (
    select(Booking, Block, Resource, _PRIVATE.starts, _PRIVATE.ends)
    .join(_BOOKED, _BOOKED.booking_id == Booking.id)
    .join(_PRIVATE, _OVERLAP)
    .join(Block, Block.id == _PRIVATE.block_id)
    .join(Resource, Resource.id == _PRIVATE.resource_id)
    .where(
        Booking.status.in_(status.OPEN),
        _BOOKED.ends > bindparam("moment"),
        _PRIVATE.ends > bindparam("moment"),
    )
    .options(*load.WHOLE)
    .order_by(Booking.starts, Booking.id, Block.id)
)


def clashes(session: Session, moment: datetime, *wanted: ColumnElement[bool], most: int = 500) -> list[Clash]:
    """Those to come, the first ones first; `wanted` narrows it to some bookings or blocks."""
    found = session.execute(_CLASHING.where(*wanted).limit(most), {"moment": moment}).unique()
    return [Clash(*row[:3], Period(*row[3:])) for row in found]


def note(session: Session, hall: Hall, actor: Actor, found: Sequence[Clash], moment: datetime) -> None:
    """Write down each that is new: once for an event and a time of an appointment.

    The plugins hear of the first of each person, with the number of the `others`: two weeks of holidays entered on a
    phone are one piece of news.
    """
    if not found:
        return
    known = _known(session, found)
    news: dict[int, list[tuple[Clash, dict[str, Any]]]] = {}
    for clash in found:
        after = audit.snapshot(clash.booking) | {
            "block": clash.block.id,
            "person": clash.person.id,
            "private": [at.isoformat() for at in clash.period],
        }
        if (clash.booking.uid, clash.block.id, after["starts"]) not in known:
            audit.write(session, moment, actor, CLASHED, f"booking {clash.booking.uid}", after=after)
            news.setdefault(clash.person.id, []).append((clash, after))
    for (clash, after), *others in news.values():
        _tell(session, hall, actor, clash, after | {"others": len(others)}, moment)


def _tell(
    session: Session, hall: Hall, actor: Actor, clash: Clash, after: dict[str, Any], moment: datetime
) -> None:
    booking = clash.booking
    key = f"{booking.uid}/{CLASHED}/{clash.block.id}/{int(booking.starts.timestamp())}"
    change = Change(CLASHED, booking.uid, booking.sequence, actor.name, actor.door, key, after=after)
    outbox.tell_plugins(session, hall, booking, change, moment)


def _known(session: Session, found: Sequence[Clash]) -> set[tuple[str, int, str]]:
    """What was noted before."""
    subjects = {f"booking {clash.booking.uid}" for clash in found}
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.subject.in_(subjects), AuditEntry.act == CLASHED)
    )
    told = ((entry.subject.removeprefix("booking "), entry.after or {}) for entry in entries)
    return {(uid, after["block"], after["starts"]) for uid, after in told}


def give_way(session: Session, chosen: Assignment) -> None:
    """Take private events that an appointment is about to be laid over out of the belt."""
    for item in chosen.items:
        session.execute(
            update(Allocation)
            .where(
                Allocation.resource_id == item.resource.id,
                Allocation.block == 1,
                Allocation.starts < item.ends,
                Allocation.ends > item.starts,
            )
            .values(guarded=False)
        )
