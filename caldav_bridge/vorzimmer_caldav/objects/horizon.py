"""The rolling horizon: series without end are unfolded further, and close the time of their new occurrences."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import booking
from vorzimmer.icalendar.text import CalendarDataError, SafeCalendar, parse
from vorzimmer.icalendar.times import Series
from vorzimmer.models import Block, Calendar, CalendarObject
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects import stored

LAG = timedelta(days=30)
"""A series is taken up when it has fallen this far behind, so each about once a month."""

MOST_AT_ONCE = 50
MOST_OCCURRENCES = 50_000
"""More than at first, for a series grows with the years."""

log = structlog.get_logger(__name__)


def roll(session: Session, hall: Hall, moment: datetime) -> None:
    """Unfold the series that are furthest behind; the rest has its turn at the next run."""
    behind = session.execute(
        select(CalendarObject, Calendar)
        .join(Calendar, Calendar.id == CalendarObject.calendar_id)
        .where(CalendarObject.expanded_until < moment + stored.HORIZON - LAG, Calendar.deleted_at.is_(None))
        .order_by(CalendarObject.expanded_until)
        .limit(MOST_AT_ONCE)
    ).all()
    for row, calendar in behind:
        try:
            _unfold(session, hall, calendar, row, moment)
        except (
            CalendarDataError
        ):  # stored before there was such a reader: it keeps what it has, the others go on
            log.warning("series was not unfolded further", href=row.href)
            row.expanded_until = moment + stored.HORIZON


def _unfold(session: Session, hall: Hall, calendar: Calendar, row: CalendarObject, moment: datetime) -> None:
    sent = SafeCalendar(row.text, parse(row.text))
    horizon = moment + stored.HORIZON
    since = row.expanded_until or horizon
    spans, known = Series(sent, hall.config.zone).up_to(horizon, MOST_OCCURRENCES, since)
    later = [span for span in spans if span.starts >= since]
    stored.add_occurrences(session, row, later)
    if known is None:
        row.ends = max((span.ends for span in spans), default=None)
    row.expanded_until = known
    block = session.get(Block, row.block_id) if row.block_id else None
    periods = stored.busy(calendar, sent, later, moment)
    if block is not None and periods:
        session.flush()
        booking.extend_block(session, hall, block, periods)
