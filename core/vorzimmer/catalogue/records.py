"""What every use case of the catalogue does around its own work: the right, the claim, the slug, the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, addresses, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.booking import Decisions, close_time
from vorzimmer.catalogue import checks
from vorzimmer.models import Location, Resource, Service
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused

T = TypeVar("T", Location, Resource, Service)


def begin(session: Session, actor: Actor, *, own: Resource | None = None) -> None:
    """Refuse whoever may not change settings; then claim every resource: nobody books by rules of both kinds.

    `own`: what concerns this resource alone may be changed by whoever it is and plans their own time, too (K27).
    """
    mine = own is not None and own.id == actor.resource_id and access.may(actor, Right.AVAILABILITY)
    access.require(mine or access.may(actor, Right.SETTINGS))
    database.claim(session, session.scalars(select(Resource.id)))


def found(session: Session, kind: type[T], slug: str) -> T:
    """What has this slug, archived or not, or `NOT_FOUND`."""
    row = session.scalar(select(kind).where(kind.slug == slug))
    if row is None:
        raise Refused(Reason.NOT_FOUND)
    return row


def settle_slug(
    session: Session, kind: type[T], clean: dict[str, Any], errors: dict[str, str], *, row: T | None = None
) -> None:
    """Give `clean` its slug: the one typed if it is free, else one made from the name.

    What another was called once is not free: addresses with it are printed somewhere (B31).
    """
    own = row.slug if row else ""
    taken = set(session.scalars(select(kind.slug))) - {own} | addresses.promised(session, kind, but=own)
    if clean.get("slug") in taken:
        errors["slug"] = N_("This address is taken.")
    elif not clean.get("slug") and (row is None or "slug" in clean):
        name = clean.get("name") or (row.name if row else "")
        clean["slug"] = checks.slug_of(name, kind.__tablename__, taken)


def save(session: Session, actor: Actor, row: T, clean: Mapping[str, Any], *, act: str = "changed") -> None:
    """Set the fields and write down those that differ."""
    before = {name: getattr(row, name) for name in clean}
    for name, value in clean.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    if "slug" in clean and act == "changed":
        addresses.renamed(session, type(row), before["slug"], clean["slug"])
    differing = {name for name, value in clean.items() if act != "changed" or before[name] != value}
    if differing:
        log(
            session,
            actor,
            row,
            act,
            before={name: before[name] for name in sorted(differing)} if act == "changed" else None,
            after={name: clean[name] for name in sorted(differing)},
        )


def archive(session: Session, hall: Hall, actor: Actor, kind: type[T], slug: str, decisions: Decisions) -> T:
    """Put it away, once each coming appointment that needs it is decided on; what is past stays as it is (O7, O8)."""
    return closing(session, hall, actor, decisions, lambda: _switch(session, actor, kind, slug, on=False))


def restore(session: Session, actor: Actor, kind: type[T], slug: str) -> T:
    """Bring it back from the archive."""
    begin(session, actor)
    return _switch(session, actor, kind, slug, on=True)


def closing(session: Session, hall: Hall, actor: Actor, decisions: Decisions, change: Callable[[], T]) -> T:
    """Make a change that may close time; see `booking.close_time`."""
    access.require(access.may(actor, Right.SETTINGS))
    return close_time(session, hall, actor, change, decisions)


def _switch(session: Session, actor: Actor, kind: type[T], slug: str, *, on: bool) -> T:
    row = found(session, kind, slug)
    if row.active != on:
        row.active = on
        log(session, actor, row, "restored" if on else "archived")
    return row


def log(session: Session, actor: Actor, row: Location | Resource | Service, act: str, **values: Any) -> None:
    """Write one entry about a row of the catalogue."""
    noun = row.__tablename__
    audit.write(session, database.now(session), actor, f"{noun} {act}", f"{noun} {row.slug}", **values)
