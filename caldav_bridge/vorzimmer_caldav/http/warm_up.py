"""The first request after a start is as quick as any: its statements are compiled before (performance.md, cold)."""

from __future__ import annotations

from datetime import timedelta

from vorzimmer import database
from vorzimmer.access import APPOINTMENTS, Actor
from vorzimmer.models import Calendar
from vorzimmer.practice import Hall
from vorzimmer_caldav.http.auth import find
from vorzimmer_caldav.reports import calendar_query
from vorzimmer_caldav.reports.calendar_query import Search
from vorzimmer_caldav.reports.time_range import Window
from vorzimmer_caldav.storage import changes
from vorzimmer_caldav.storage.collections import CalendarCollection
from vorzimmer_caldav.storage.storage import Storage
from vorzimmer_caldav.visit import Visit, begin


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
        list(calendar_query.rows(session, calendar, asked, hall.config.zone))
        changes.changes(session, calendar, changes.token(calendar), None)
        begin(None)
