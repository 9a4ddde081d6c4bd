"""Busy time without a customer, such as a private event typed on a phone: it closes slots at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor
from vorzimmer.booking.load import release_expired
from vorzimmer.models import Allocation, Block
from vorzimmer.periods import Period, merge
from vorzimmer.reasons import Reason, Refused

_AT_ONCE = 500


def block(
    session: Session, actor: Actor, resource_id: int, uid: str, title: str, periods: Sequence[Period]
) -> Block:
    """Close the periods of a resource; refuses with `SLOT_TAKEN` (`conflicts`) over an appointment or hold.

    Blocks may overlap blocks. The claim is taken here; it may be held already.
    """
    made = Block(uid=uid, resource_id=resource_id, title=title, allocations=[])
    _place(session, actor, made, periods, "blocked")
    return made


def change_block(session: Session, actor: Actor, found: Block, title: str, periods: Sequence[Period]) -> None:
    """Give a block another title and other periods, under the same rules."""
    found.title = title
    _place(session, actor, found, periods, "block changed")


def extend_block(session: Session, found: Block, periods: Sequence[Period]) -> None:
    """Lay later occurrences of a series, as the horizon moves on.

    One that meets an appointment is laid unguarded: both stand in the calendar, and staff see it (architecture §3).
    """
    database.claim(session, [found.resource_id])
    release_expired(session, [found.resource_id], database.now(session))
    taken = _conflicts(session, found.resource_id, periods)
    found.allocations += [
        Allocation(
            resource_id=found.resource_id,
            starts=start,
            ends=end,
            block=1,
            guarded=not any(start < booked.end and booked.start < end for booked in taken),
        )
        for start, end in periods
    ]
    session.flush()


def delete_block(session: Session, actor: Actor, found: Block) -> None:
    """Open the time again."""
    access.require(access.may_touch_resource(actor, found.resource_id))
    database.claim(session, [found.resource_id])
    audit.write(session, database.now(session), actor, "block deleted", f"block {found.uid}")
    session.delete(found)
    session.flush()


def delete_blocks(session: Session, actor: Actor, resource_id: int, ids: Sequence[int]) -> None:
    """Open the time of many blocks of one resource at once, such as those of a whole calendar."""
    access.require(access.may_touch_resource(actor, resource_id))
    database.claim(session, [resource_id])
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        session.execute(delete(Allocation).where(Allocation.block_id.in_(some)))
        session.execute(delete(Block).where(Block.id.in_(some), Block.resource_id == resource_id))
    after = {"resource": resource_id, "blocks": len(ids)}
    audit.write(
        session, database.now(session), actor, "blocks deleted", f"resource {resource_id}", after=after
    )
    session.expire_all()


def _place(session: Session, actor: Actor, made: Block, periods: Sequence[Period], act: str) -> None:
    access.require(access.may_touch_resource(actor, made.resource_id))
    database.claim(session, [made.resource_id])
    moment = database.now(session)
    release_expired(session, [made.resource_id], moment)
    _refuse_conflicts(session, made.resource_id, periods)
    session.add(made)
    made.allocations = []
    session.flush()
    made.allocations = [
        Allocation(resource_id=made.resource_id, starts=start, ends=end, block=1)
        for start, end in periods
        if start < end
    ]
    session.flush()
    after = {
        "resource": made.resource_id,
        "periods": [[s.isoformat(), e.isoformat()] for s, e in periods[:20]],
    }
    audit.write(session, moment, actor, act, f"block {made.uid}", after=after)


def _refuse_conflicts(session: Session, resource_id: int, periods: Sequence[Period]) -> None:
    conflicts = _conflicts(session, resource_id, periods)
    if conflicts:
        raise Refused(Reason.SLOT_TAKEN, conflicts=conflicts)


def _conflicts(session: Session, resource_id: int, periods: Sequence[Period]) -> list[Period]:
    """The appointments and holds in the way."""
    if not periods:
        return []
    taken = session.execute(
        select(Allocation.starts, Allocation.ends)
        .where(
            Allocation.resource_id == resource_id,
            Allocation.block == 0,
            Allocation.ends > min(period.start for period in periods),
            Allocation.starts < max(period.end for period in periods),
        )
        .order_by(Allocation.starts)
    ).all()
    spans = merge(periods)
    ends = [end for _, end in spans]
    first = [(bisect_right(ends, starts), Period(starts, until)) for starts, until in taken]
    return [period for at, period in first if at < len(spans) and spans[at][0] < period.end]
