"""Events that come in by another door than a calendar app: from a file (D2)."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, database
from vorzimmer.access import Actor
from vorzimmer.icalendar.text import SafeCalendar
from vorzimmer.models import Booking, Calendar, CalendarObject
from vorzimmer.practice import Hall
from vorzimmer_caldav.objects import stored

SLUG = "imported"


class Keeping:
    """The store of `hookspecs.own_calendars`."""

    def keep(
        self, session: Session, hall: Hall, actor: Actor, resource_id: int, title: str, sent: SafeCalendar
    ) -> bool:
        """Put an event into the imported calendar; False where its UID is known."""
        access.require(access.may_touch_resource(actor, resource_id))
        database.claim(session, [resource_id])
        calendar = _imported(session, resource_id, title)
        uid = stored.check(sent)
        here = CalendarObject.calendar_id == calendar.id, CalendarObject.uid == uid
        taken = session.scalar(select(Booking.id).where(Booking.uid == uid))
        if taken or session.scalar(select(CalendarObject.id).where(*here)):
            return False
        href = f"{hashlib.sha256(uid.encode()).hexdigest()[:32]}.ics"
        stored.store(session, hall, actor, calendar, href, None, sent)
        return True


def _imported(session: Session, resource_id: int, title: str) -> Calendar:
    """A calendar of its own, which the person may look at, hide or delete as a whole."""
    mine = Calendar.resource_id == resource_id, Calendar.slug == SLUG, Calendar.deleted_at.is_(None)
    found = session.scalar(select(Calendar).where(*mine))
    if found is None:
        found = Calendar(
            resource_id=resource_id, slug=SLUG, kind="private", properties={"D:displayname": title}
        )
        session.add(found)
        session.flush()
    return found
