"""What a form showed of what is stored: nobody's change is undone by a form that was opened before it (A109)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.reasons import Reason, Refused

FIELD = "seen"
"""The hidden field of a form."""
_LOCK = 7036874417  # any number that nothing else locks
_OURS = {FIELD, "csrf_token", "shown_by"}
_COMMA = re.compile(r"^(\d+),(\d+)$")
Fields = Mapping[str, Any]
"""A form's texts by field; a list where a field may be there more than once."""


class Seen(NamedTuple):
    """What stands in the hidden field; `now`: after a change of somebody else what is stored, where it differs."""

    mark: str
    now: dict[str, list[str]] | None = None


def plain(fields: Fields) -> dict[str, list[str]]:
    """Fields as they are compared: an empty one is none, whatever a browser makes of the ends of lines."""
    found = {
        name: [
            str(one).replace("\r\n", "\n").strip() for one in (value if isinstance(value, list) else [value])
        ]
        for name, value in fields.items()
        if name not in _OURS
    }
    return {name: sorted(texts) for name, texts in found.items() if any(texts)}


def of(refusal: Refused) -> Seen | None:
    """What the form shows after this refusal; None where it is another one."""
    found: Seen | None = refusal.facts.get("seen")
    return found


def mark(stored: Fields) -> str:
    """Sixteen figures for all that a form shows, in whatever language it writes a price."""
    alike = {name: [_COMMA.sub(r"\1.\2", one) for one in texts] for name, texts in plain(stored).items()}
    text = json.dumps(alike, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check(session: Session, seen: str | None, typed: Fields, stored: Callable[[], Fields]) -> None:
    """Compare in the transaction that writes, before it does: of two at once the second sees what the first did."""
    if seen and not database.alone(session):
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    compare(seen, typed, stored())


def compare(seen: str | None, typed: Fields, stored: Fields) -> None:
    """Refuse with `WRONG_STATE` (`seen`: a `Seen`) what was typed into a form that showed something else.

    A form without the field is let through: it was opened before an update of the server, or a program sends it. So
    is what is stored already: a second click on the button.
    """
    if not seen or seen == mark(stored):
        return
    before, after = plain(stored), plain(typed)
    now = {name: before.get(name, []) for name in before | after if before.get(name) != after.get(name)}
    if now:
        raise Refused(Reason.WRONG_STATE, seen=Seen(mark(stored), now))
