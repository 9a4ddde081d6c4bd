"""Calendar objects in their tables: what a text says is put into columns once, when it is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from vorzimmer import booking, database
from vorzimmer.access import Actor
from vorzimmer.booking.parts import published
from vorzimmer.icalendar.recurrence import MOST_OCCURRENCES
from vorzimmer.icalendar.text import CalendarDataError, Component, SafeCalendar, unescaped
from vorzimmer.icalendar.times import DAY, SECOND, Series, Span
from vorzimmer.models import Block, Calendar, CalendarObject, Occurrence
from vorzimmer.periods import Period, merge
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects.masking import masked

HORIZON = timedelta(days=750)
"""How far ahead the occurrences of a series stand in their table; a job moves it on every day."""

LONGEST_HREF = 255
_TITLE = 300
_AT_ONCE = 500


def check(calendar: SafeCalendar) -> str:
    """The one UID of a calendar object resource (RFC 4791 §4.1); raises `CalendarDataError`."""
    kinds = {entry.name for entry in calendar.entries}
    uids = {entry.value("UID") for entry in calendar.entries}
    if len(kinds) != 1:
        raise CalendarDataError("supported-calendar-component", "not exactly one kind of component")
    if len(uids) != 1 or "" in uids:
        raise CalendarDataError("valid-calendar-object-resource", "not exactly one UID")
    return uids.pop()


def fill(found: CalendarObject, calendar: SafeCalendar, zone: ZoneInfo, moment: datetime) -> list[Span]:
    """Set text and columns of an object; the spans up to the horizon are returned for `place` and `close`."""
    series = Series(calendar, zone)
    found.uid = check(calendar)
    found.text = calendar.text
    found.etag = published.etag(found.text)
    found.component = calendar.entries[0].name
    found.remarks = [remark.record() for remark in calendar.remarks]
    found.modified_at = moment
    found.recurring = series.recurring
    if not found.recurring:
        found.starts, found.ends = starts, ends = series.first()
        found.expanded_until = None
        if starts is None or ends is None:
            found.long = True
            return []
        found.long = ends - starts > DAY
        return single(found)
    horizon = moment + HORIZON
    spans, known = series.up_to(horizon, MOST_OCCURRENCES, moment)
    found.starts = spans[0].starts if spans else None
    found.ends = None if known else max((span.ends for span in spans), default=None)
    found.long = False
    found.expanded_until = known
    return spans


def single(found: CalendarObject) -> list[Span]:
    """The span of an object that does not come again."""
    return [Span(found.starts, found.ends, 0)] if found.starts and found.ends else []


def place(session: Session, found: CalendarObject, spans: Sequence[Span]) -> None:
    """Write the occurrences of a series; anything else has none."""
    session.flush()
    session.execute(delete(Occurrence).where(Occurrence.object_id == found.id))
    add_occurrences(session, found, spans if found.recurring else ())


def add_occurrences(session: Session, found: CalendarObject, spans: Sequence[Span]) -> None:
    """Append to the table of occurrences."""
    if spans:
        session.execute(
            insert(Occurrence),
            [
                {
                    "calendar_id": found.calendar_id,
                    "object_id": found.id,
                    "starts": span.starts,
                    "ends": span.ends,
                    "long": span.long,
                    "part": span.part,
                }
                for span in spans
            ],
        )


def busy(calendar: Calendar, sent: SafeCalendar, spans: Sequence[Span], moment: datetime) -> list[Period]:
    """The periods that close slots from now on: opaque events that are not cancelled (RFC 5545 §3.8.2.7)."""
    closing = {part for part, entry in enumerate(sent.entries) if entry.name == "VEVENT" and opaque(entry)}
    if calendar.free or not closing:
        return []
    taken = [
        (span.starts, span.ends)
        for span in spans
        if span.part in closing and span.ends > moment and span.ends - span.starts > SECOND
    ]
    return [Period(start, end) for start, end in merge(taken)]


def opaque(event: Component) -> bool:
    """Whether an event takes time."""
    return event.value("TRANSP").upper() != "TRANSPARENT" and event.value("STATUS").upper() != "CANCELLED"


def close(
    session: Session,
    hall: Hall,
    actor: Actor,
    calendar: Calendar,
    found: CalendarObject,
    sent: SafeCalendar,
    periods: Sequence[Period],
) -> None:
    """Make the block of an event what it has to be: none, new, or changed.

    Others who look at this person's calendar see the same times, and nothing of what they are for.
    """
    block = session.get(Block, found.block_id) if found.block_id else None
    title = _title(calendar, sent)
    if block is None and periods:
        made = booking.block(session, hall, actor, calendar.resource_id, found.uid, title, periods)
        found.block_id = made.id
    elif block is not None and periods:
        booking.change_block(session, hall, actor, block, title, periods)
    elif block is not None:
        open_again(session, actor, found, block)
    if periods:
        for target in published.copies(session, [calendar.resource_id]):
            row = copy(session, hall, target, found, sent)
            published.log_change(session, target.id, row.href)


def copy(
    session: Session, hall: Hall, target: Calendar, found: CalendarObject, sent: SafeCalendar
) -> CalendarObject:
    """The times of an event in a calendar that others read."""
    uid, moment = published.opaque(target, "event", found.id), database.now(session)
    known = select(CalendarObject).where(CalendarObject.calendar_id == target.id, CalendarObject.uid == uid)
    row = session.scalar(known) or CalendarObject(calendar_id=target.id, href=f"{uid}.ics", extras="")
    spans = fill(row, masked(sent, uid, published.busy_word(hall), moment), hall.config.zone, moment)
    session.add(row)
    place(session, row, spans)
    return row


def drop_copies(session: Session, resource_id: int, ids: Sequence[int]) -> None:
    """Take events out of the calendars that others read."""
    for target in published.copies(session, [resource_id]):
        uids = [published.opaque(target, "event", each) for each in ids]
        for start in range(0, len(uids), _AT_ONCE):
            some = CalendarObject.uid.in_(uids[start : start + _AT_ONCE])
            for row in session.scalars(
                select(CalendarObject).where(CalendarObject.calendar_id == target.id, some)
            ):
                published.log_change(session, target.id, row.href, gone=True)
                session.delete(row)


def _title(calendar: Calendar, sent: SafeCalendar) -> str:
    """What others may read of busy time: nothing of a private calendar or event."""
    entry = sent.entries[0]
    if calendar.kind == "private" or entry.value("CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"):
        return ""
    return unescaped(entry.value("SUMMARY")).replace("\n", " ")[:_TITLE]


def open_again(session: Session, actor: Actor, found: CalendarObject, block: Block) -> None:
    """Take the block of an event away."""
    found.block_id = None
    drop_copies(session, block.resource_id, [found.id])
    session.flush()
    booking.delete_block(session, actor, block)


def store(
    session: Session,
    hall: Hall,
    actor: Actor,
    calendar: Calendar,
    href: str,
    row: CalendarObject | None,
    sent: SafeCalendar,
) -> CalendarObject:
    """A private event: its text as sent, its occurrences, and the time that it closes; under the claim."""
    moment = database.now(session)
    found = row or CalendarObject(calendar_id=calendar.id, href=href, extras="")
    spans = fill(found, sent, hall.config.zone, moment)
    session.add(found)
    place(session, found, spans)
    close(session, hall, actor, calendar, found, sent, busy(calendar, sent, spans, moment))
    published.log_change(session, calendar.id, found.href)
    session.flush()
    return found


def deliver_again(session: Session, found: CalendarObject, moment: datetime) -> None:
    """Give an object another entity tag and its calendar a row in the log: whoever syncs reads it anew."""
    published.log_change(session, found.calendar_id, found.href)
    number = session.get_one(Calendar, found.calendar_id).sequence
    found.etag = published.etag(f"{number} {found.text}")
    found.modified_at = moment


def remove(session: Session, actor: Actor, found: CalendarObject) -> None:
    """Delete an object that is no booking, its block with it, and log it."""
    block = session.get(Block, found.block_id) if found.block_id else None
    if block is not None:
        open_again(session, actor, found, block)
    published.log_change(session, found.calendar_id, found.href, gone=True)
    session.delete(found)
    session.flush()
