"""What an entry of the log says has changed: each part of the appointment before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.models import AuditEntry, Booking, Resource
from vorzimmer_web.shell import words

Difference = tuple[str, str, str]
"""Label, before, after; no label where there is no doubt."""
COMPARED = frozenset({"moved", "changed", "reassigned", "edited"})


def differences_in(
    session: Session, booking: Booking, history: Iterable[AuditEntry]
) -> Callable[[AuditEntry], list[Difference]]:
    """For each entry what it has changed; rooms and devices are looked up once for all of them."""
    sides = [side for entry in history for side in (entry.before, entry.after) if side]
    ids = {number for side in sides for number in side.get("resources", ())}
    wanted = select(Resource).where(Resource.id.in_(ids), Resource.kind != "staff")
    rooms = {one.id: one.name for one in session.scalars(wanted)}

    def differences(entry: AuditEntry) -> list[Difference]:
        if entry.act not in COMPARED or not entry.before or not entry.after:
            return []
        was, now = (_said(side, booking, rooms) for side in (entry.before, entry.after))
        return [
            (_LABELS[name](), was[name] or "–", now[name] or "–")
            for name in _LABELS
            if name in was and name in now and was[name] != now[name]
        ]

    return differences


_LABELS: dict[str, Callable[[], str]] = {
    "when": lambda: "",
    "service": lambda: gettext("Service"),
    "staff": lambda: gettext("Person"),
    "rooms": lambda: gettext("Room or device"),
    "where": lambda: gettext("Place"),
    "link": lambda: gettext("Video link"),
    "name": lambda: gettext("Customer"),
    "price": lambda: gettext("Price"),
}


def _said(side: Mapping[str, Any], booking: Booking, rooms: Mapping[int, str]) -> dict[str, str]:
    """What one side says, as people read it; entries of earlier versions say less."""
    zone = ZoneInfo(booking.zone)
    starts, ends = (datetime.fromisoformat(side[name]) for name in ("starts", "ends"))
    found = {
        "when": f"{words.when(starts, zone)}–{words.clock(ends, zone)}",
        "rooms": ", ".join(rooms[number] for number in side["resources"] if number in rooms),
    }
    for name in ("service", "where", "link", "name"):
        if name in side:
            found[name] = side[name]
    if "staff" in side:
        found["staff"] = ", ".join(side["staff"])
    if "price" in side:
        found["price"] = "" if side["price"] is None else words.money(side["price"], booking.currency)
    return found
