"""The practice's places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from vorzimmer.access import Actor
from vorzimmer.booking import NOTHING, Decisions
from vorzimmer.catalogue import checks, records
from vorzimmer.models import Location
from vorzimmer.practice import Hall

FIELDS: dict[str, checks.Rule] = {
    "name": checks.line(120, needed=True),
    "slug": checks.slug,
    "address": checks.line(300),
    "zone": checks.zone,
}


def create_location(session: Session, actor: Actor, values: Mapping[str, Any]) -> Location:
    """Add a place; `name` and `zone` are needed. Refuses with `FORBIDDEN`, `INVALID` (`errors`)."""
    return _save(session, actor, None, {"name": "", "zone": "", **values})


def change_location(
    session: Session,
    hall: Hall,
    actor: Actor,
    slug: str,
    values: Mapping[str, Any],
    decisions: Decisions = NOTHING,
) -> Location:
    """Change some of a place's fields; another zone moves its hours.

    Refuses with `FORBIDDEN`, `NOT_FOUND`, `INVALID` (`errors`), and as `close_time` does.
    """
    if "zone" not in values:
        return _save(session, actor, slug, values)
    return records.closing(session, hall, actor, decisions, lambda: _save(session, actor, slug, values))


def _save(session: Session, actor: Actor, slug: str | None, values: Mapping[str, Any]) -> Location:
    records.begin(session, actor)
    row = records.found(session, Location, slug) if slug else None
    errors: dict[str, str] = {}
    clean = checks.checked(values, FIELDS, errors)
    records.settle_slug(session, Location, clean, errors, row=row)
    checks.refuse(errors)
    place = row or Location()
    records.save(session, actor, place, clean, act="changed" if row else "created")
    return place


def archive_location(
    session: Session, hall: Hall, actor: Actor, slug: str, decisions: Decisions = NOTHING
) -> Location:
    """Nobody can be booked there any more. Refuses with `FORBIDDEN`, `NOT_FOUND`, and as `close_time` does."""
    return records.archive(session, hall, actor, Location, slug, decisions)


def restore_location(session: Session, actor: Actor, slug: str) -> Location:
    """Bring an archived place back. Refuses with `FORBIDDEN`, `NOT_FOUND`."""
    return records.restore(session, actor, Location, slug)
