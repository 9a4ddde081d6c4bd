"""Hours as rows: written, checked, read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from sqlalchemy import ColumnElement, delete
from sqlalchemy.orm import Session

from vorzimmer.periods import MINUTES_A_DAY
from vorzimmer_weekly_hours.models import Hours

Minutes = tuple[int, int]
"""A period of a local day in minutes after midnight; the end may reach into the next day."""
Week = Mapping[int, Sequence[Minutes]]
"""Periods by weekday, 0 is Monday."""


def set_week(session: Session, week: Week, **subject: int) -> None:
    """Replace weekly hours; weekdays (0 = Monday) that are missing are closed.

    `subject`: `resource_id` and `location_id`, or `location_id`, or `service_id` (with or without a location).
    Raises `ValueError` where a period has no length, begins outside its day or overlaps another.
    """
    session.execute(delete(Hours).where(*of(subject), Hours.weekday.is_not(None)))
    for weekday, periods in week.items():
        session.add(Hours(**subject, weekday=weekday, periods=checked(periods)))


def set_day(
    session: Session,
    day: date,
    periods: Sequence[Minutes] | None,
    *,
    despite_closure: bool = False,
    **subject: int,
) -> None:
    """Replace the hours of one date (rule 14); no periods close it, None takes the exception back."""
    session.execute(delete(Hours).where(*of(subject), Hours.day == day))
    if periods is not None:
        hours = Hours(**subject, day=day, periods=checked(periods), despite_closure=despite_closure)
        session.add(hours)


def of(subject: Mapping[str, int]) -> list[ColumnElement[bool]]:
    """The rows of exactly this subject."""
    columns = (Hours.resource_id, Hours.location_id, Hours.service_id)
    return [column.is_not_distinct_from(subject.get(column.key)) for column in columns]


def checked(periods: Iterable[Minutes]) -> list[list[int]]:
    """The periods of one day in order; raises `ValueError` as `set_week` says."""
    ordered = sorted(periods)
    for start, end in ordered:
        if not 0 <= start < min(end, MINUTES_A_DAY) or end > start + MINUTES_A_DAY:
            raise ValueError(f"not a period of a day: {start} to {end} minutes after midnight")
    if any(one[1] > other[0] for one, other in pairwise(ordered)):
        raise ValueError("periods of one day overlap")
    return [list(period) for period in ordered]
