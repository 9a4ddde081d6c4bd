"""Addresses are promises: what was called otherwise once is found by that name for ever (O5, B31)."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from vorzimmer.models import Location, OldAddress, Resource, Service

CATEGORY = "category"
Kind = type[Service] | type[Resource] | type[Location] | None
"""What stands in an address; None for the name of a category."""


def renamed(session: Session, kind: Kind, old: str, now: str) -> None:
    """Lead on from the old name to the new one, and from all that led to the old one."""
    if not old or old == now:
        return
    name = _name(kind)
    mine = OldAddress.kind == name
    session.execute(delete(OldAddress).where(mine, OldAddress.old == now))
    session.execute(update(OldAddress).where(mine, OldAddress.now == old).values(now=now))
    session.add(OldAddress(kind=name, old=old, now=now))
    session.flush()


def leads_to(session: Session, kind: Kind, old: str) -> str | None:
    """What is called otherwise now; None where nothing was ever called so."""
    found = select(OldAddress.now).where(OldAddress.kind == _name(kind), OldAddress.old == old)
    return session.scalar(found)


def promised(session: Session, kind: Kind, *, but: str = "") -> set[str]:
    """Old names that still lead to something else than `but`: nothing new may be called so."""
    found = select(OldAddress.old).where(OldAddress.kind == _name(kind), OldAddress.now != but)
    return set(session.scalars(found))


def _name(kind: Kind) -> str:
    return CATEGORY if kind is None else kind.__tablename__
