"""The private events of the demo, as if somebody had typed them into a calendar app."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from vorzimmer.access import Actor, Right
from vorzimmer.booking.parts import published
from vorzimmer.hookspecs import DraftEvent
from vorzimmer.icalendar import reader
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects import stored

_TEXT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Vorzimmer//Demo//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:{start:%Y%m%dT%H%M%SZ}
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:{title}
END:VEVENT
END:VCALENDAR
"""


def put(session: Session, hall: Hall, event: DraftEvent) -> None:
    """Put an event into the calendar of its person."""
    resource, period = event.resource, event.period
    calendar = published.bookings_calendar(session, resource.id)
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{resource.slug} {period.start.isoformat()}"))
    text = _TEXT.format(uid=uid, title=event.title, start=period.start, end=period.end).replace("\n", "\r\n")
    actor = Actor(resource.name, "caldav", resource_id=resource.id, rights=frozenset({Right.OWN_CALENDAR}))
    stored.store(session, hall, actor, calendar, f"{uid}.ics", None, reader.read(text.encode()))
