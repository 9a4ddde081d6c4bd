"""sync-collection (RFC 6578): tokens from a change log that never expires, and limits that lose nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer.models import Calendar, CalendarChange, CalendarObject
from vorzimmer_caldav.xml.multistatus import D
from vorzimmer_caldav.xml.refusal import RefusalError

_TOKEN = re.compile(r"urn:vorzimmer:sync:(\d{1,18})-(\d{1,18})(?:-(\d{1,18}))?")


@dataclass(frozen=True)
class Changes:
    """One page of a sync: who changed, who is gone, the next token, and whether it was cut short."""

    changed: Sequence[str]
    gone: Sequence[str]
    token: str
    cut: bool


def token(calendar: Calendar) -> str:
    """The token of the present state."""
    return _token(calendar, calendar.sequence)


def _token(calendar: Calendar, sequence: int, after: int | None = None) -> str:
    """`after`: the first listing goes on behind this object; later changes count from `sequence`."""
    return f"urn:vorzimmer:sync:{calendar.id}-{sequence}" + (f"-{after}" if after is not None else "")


def changes(session: Session, calendar: Calendar, given: str, limit: int | None) -> Changes:
    """What happened since the token. Raises `RefusalError` for one that was never given here (A145)."""
    if not given:
        return _members(session, calendar, calendar.sequence, 0, limit)
    found = _TOKEN.fullmatch(given)
    if not found or int(found[1]) != calendar.id or not _is_known(session, calendar, int(found[2])):
        raise RefusalError(403, f"{D}valid-sync-token")
    if found[3] is not None:
        return _members(session, calendar, int(found[2]), int(found[3]), limit)
    return _since(session, calendar, int(found[2]), limit)


def _is_known(session: Session, calendar: Calendar, sequence: int) -> bool:
    """Whether the log goes on without a gap behind this number: after a restore it begins anew (F46)."""
    next_one = (calendar.id, sequence + 1)
    return sequence == calendar.sequence or session.get(CalendarChange, next_one) is not None


def _members(session: Session, calendar: Calendar, sequence: int, after: int, limit: int | None) -> Changes:
    """The first listing, page by page in the order of making."""
    rows = session.execute(
        select(CalendarObject.id, CalendarObject.href)
        .where(CalendarObject.calendar_id == calendar.id, CalendarObject.id > after)
        .order_by(CalendarObject.id)
        .limit(limit + 1 if limit else None)
    ).all()
    cut = bool(limit) and len(rows) > (limit or 0)
    page = rows[:limit] if limit else rows
    last = page[-1].id if cut else None
    return Changes([row.href for row in page], (), _token(calendar, sequence, last), cut)


def _since(session: Session, calendar: Calendar, sequence: int, limit: int | None) -> Changes:
    """Each address once, at its newest change, oldest first."""
    newest = (
        select(CalendarChange.href, func.max(CalendarChange.sequence).label("sequence"))
        .where(CalendarChange.calendar_id == calendar.id, CalendarChange.sequence > sequence)
        .group_by(CalendarChange.href)
        .subquery()
    )
    rows = session.execute(
        select(CalendarChange.href, CalendarChange.gone, CalendarChange.sequence)
        .join(newest, CalendarChange.sequence == newest.c.sequence)
        .where(CalendarChange.calendar_id == calendar.id)
        .order_by(CalendarChange.sequence)
        .limit(limit + 1 if limit else None)
    ).all()
    cut = bool(limit) and len(rows) > (limit or 0)
    page = rows[:limit] if limit else rows
    reached = page[-1].sequence if cut else calendar.sequence
    return Changes(
        [row.href for row in page if not row.gone],
        [row.href for row in page if row.gone],
        _token(calendar, reached),
        cut,
    )
