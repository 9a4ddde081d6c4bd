"""Busy time without a customer, such as a private event typed on a phone: it closes slots at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import SYSTEM, Actor
from vorzimmer.booking.parts.clashes import clashes, note
from vorzimmer.booking.parts.load import release_expired
from vorzimmer.models import Allocation, Block
from vorzimmer.periods import Period, merge
from vorzimmer.practice import Hall

_AT_ONCE = 500


def block(
    session: Session,
    hall: Hall,
    actor: Actor,
    resource_id: int,
    uid: str,
    title: str,
    periods: Sequence[Period],
) -> Block:
    """Close the periods of a resource. Where one meets an appointment or a hold, both stand, and the clash is noted.

    The claim is taken here; it may be held already.
    """
    made = Block(uid=uid, resource_id=resource_id, title=title, allocations=[])
    _place(session, hall, actor, made, periods, "blocked")
    return made


def change_block(
    session: Session, hall: Hall, actor: Actor, found: Block, title: str, periods: Sequence[Period]
) -> None:
    """Give a block another title and other periods, under the same rules."""
    found.title = title
    _place(session, hall, actor, found, periods, "block changed")


def extend_block(session: Session, hall: Hall, found: Block, periods: Sequence[Period]) -> None:
    """Lay later occurrences of a series, as the horizon moves on, under the same rules."""
    database.claim(session, [found.resource_id])
    _lay(session, hall, SYSTEM, found, periods, database.now(session))


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


def _place(
    session: Session, hall: Hall, actor: Actor, made: Block, periods: Sequence[Period], act: str
) -> None:
    access.require(access.may_touch_resource(actor, made.resource_id))
    database.claim(session, [made.resource_id])
    moment = database.now(session)
    session.add(made)
    made.allocations = []
    session.flush()
    after = {
        "resource": made.resource_id,
        "periods": [[s.isoformat(), e.isoformat()] for s, e in periods[:20]],
    }
    audit.write(session, moment, actor, act, f"block {made.uid}", after=after)
    _lay(session, hall, actor, made, periods, moment)


def _lay(
    session: Session, hall: Hall, actor: Actor, made: Block, periods: Sequence[Period], moment: datetime
) -> None:
    """Take the time; the belt does not guard a period that meets an appointment (architecture §3)."""
    release_expired(session, [made.resource_id], moment)
    taken = _taken(session, made.resource_id, periods)
    ends = [end for _, end in taken]
    made.allocations += [
        Allocation(
            resource_id=made.resource_id,
            starts=start,
            ends=end,
            block=1,
            guarded=not ((at := bisect_right(ends, start)) < len(taken) and taken[at].start < end),
        )
        for start, end in periods
        if start < end
    ]
    session.flush()
    if taken:  # where nothing is, nothing is met
        note(session, hall, actor, clashes(session, moment, Block.id == made.id), moment)


def _taken(session: Session, resource_id: int, periods: Sequence[Period]) -> list[Period]:
    """When the resource has appointments and holds, around the periods."""
    if not periods:
        return []
    found = session.execute(
        select(Allocation.starts, Allocation.ends).where(
            Allocation.resource_id == resource_id,
            Allocation.block == 0,
            Allocation.ends > min(period.start for period in periods),
            Allocation.starts < max(period.end for period in periods),
        )
    )
    return [Period(*one) for one in merge(Period(*row) for row in found)]
