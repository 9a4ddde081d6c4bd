"""Entries of one's own calendar app that were not read as they stand: what was remarked on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import render_template
from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import Actor, open_to
from vorzimmer.icalendar.text import summary
from vorzimmer.models import Booking, Calendar, CalendarObject
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.shell.requests import reading, signed_in

MOST = 50
REMARKED = cast(CalendarObject.remarks, String) != "[]"


class Entry(NamedTuple):
    """An entry as its owner knows it: what it is called, when it begins, and what was remarked on it."""

    title: str
    starts: datetime | None
    again: bool
    remarks: Sequence[dict[str, Any]]


def remarked(session: Session, person: Actor, *wanted: ColumnElement[bool]) -> list[Entry]:
    """Those of the person's own entries that are not over and have remarks, the newest first."""
    if person.resource_id is None:
        return []
    query = (
        select(CalendarObject)
        .join(Calendar, Calendar.id == CalendarObject.calendar_id)
        .where(
            Calendar.resource_id == person.resource_id,
            Calendar.deleted_at.is_(None),
            CalendarObject.booking_id.is_(None),
            or_(CalendarObject.ends.is_(None), CalendarObject.ends > database.now(session)),
            REMARKED,
            *wanted,
        )
        .order_by(CalendarObject.modified_at.desc(), CalendarObject.id)
        .limit(MOST)
    )
    return [
        Entry(summary(row.text), row.starts, row.recurring, row.remarks) for row in session.scalars(query)
    ]


def of_booking(session: Session, found: Booking) -> Sequence[dict[str, Any]]:
    """What was remarked on an appointment as a calendar app sent it last, once."""
    query = select(CalendarObject.remarks).where(CalendarObject.booking_id == found.id, REMARKED)
    told: list[dict[str, Any]] = []
    for remarks in session.scalars(query):
        told += [remark for remark in remarks if remark not in told]
    return told


@open_to(*STAFF)
def look_at_entry(block_id: int) -> str:
    """One entry at a glance, for the dialog of the calendar; that of somebody else is as if it did not exist (A1)."""
    found = remarked(reading(), signed_in(), CalendarObject.block_id == block_id)
    if not found:
        raise Refused(Reason.NOT_FOUND)
    return render_template("office/calendar_entry.html", entry=found[0], zone=hall().config.zone)
