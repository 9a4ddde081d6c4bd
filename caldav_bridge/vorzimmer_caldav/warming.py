"""The first request after a start is as quick as any: its statements are compiled before (performance.md, cold)."""

from __future__ import annotations

from datetime import timedelta

from vorzimmer import database
from vorzimmer.access import APPOINTMENTS, Actor
from vorzimmer.models import Calendar
from vorzimmer.practice import Hall
from vorzimmer_caldav import searching, syncing
from vorzimmer_caldav.auth import find
from vorzimmer_caldav.collections import CalendarCollection
from vorzimmer_caldav.searching import Search
from vorzimmer_caldav.storage import Storage
from vorzimmer_caldav.visit import Visit, begin
from vorzimmer_caldav.windows import Window


def warm(hall: Hall, storage: Storage) -> None:
    """Ask for nobody's calendar what clients ask first."""
    visit = Visit(Actor("", "caldav", resource_id=0, rights=frozenset(APPOINTMENTS)), "", "")
    calendar = Calendar(id=0, resource_id=0, slug="", properties={}, sequence=0)
    with hall.database.reading() as session:
        visit.enter(session)
        begin(visit)
        moment = database.now(session)
        find(session, "")
        storage.calendar("")
        list(storage.calendars())
        CalendarCollection(visit, calendar).item("")
        asked = Search("VEVENT", Window(moment, moment + timedelta(days=7)), None, None)
        list(searching.rows(session, calendar, asked, hall.config.zone))
        syncing.changes(session, calendar, syncing.token(calendar), None)
        begin(None)
