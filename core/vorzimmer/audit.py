"""Who changed what, by which door; written in the transaction of the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from vorzimmer.access import Actor
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import AuditEntry, Booking, Model

_ADD = insert(Model.metadata.tables[AuditEntry.__tablename__])


def write(
    session: Session,
    moment: datetime,
    actor: Actor,
    act: str,
    subject: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one entry. `subject` is kind and id ("booking 5f0c…"); times in `before` and `after` are ISO strings."""
    entry = {"at": moment, "actor": actor.name, "door": actor.door, "act": act, "subject": subject}
    session.execute(_ADD, {**entry, "before": before, "after": after})


def snapshot(booking: Booking) -> dict[str, Any]:
    """What the log and a message say of a booking; it may have moved on before anybody reads it."""
    return {
        "status": booking.status,
        "starts": booking.starts.isoformat(),
        "ends": booking.ends.isoformat(),
        "sequence": booking.sequence,
        "resources": list({allocation.resource_id: None for allocation in booking.allocations}),
        "service": booking.service.name,
        "staff": list({a.resource.name: None for a in booking.allocations if a.resource.kind == "staff"}),
        "where": ical.address(booking),
        "link": booking.link,
        "offered": booking.offered_at is not None,
    }
