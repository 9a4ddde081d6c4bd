"""Who is away on a day, beside the list of who comes (office 23). Why, stays where absences are entered."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Actor
from vorzimmer.periods import Period
from vorzimmer.server.here import hall
from vorzimmer_web.shell import words


def away(session: Session, person: Actor, day: Period, staff: int | None = None) -> list[tuple[str, str]]:
    """Names of people, rooms and devices, and until when where that is no whole day; within the person's reach."""
    store = hall().plugins.ask_first(hookspecs.absences)
    if store is None:
        return []
    found = store.listed(session, person, day)
    return [
        (one.resource.name, _when(one, day)) for one in found if staff is None or one.resource.id == staff
    ]


def _when(one: hookspecs.Absence, day: Period) -> str:
    """Empty where it is the whole day."""
    if not isinstance(one.start, datetime) or not isinstance(one.end, datetime):
        return ""
    zone = hall().config.zone
    if one.start <= day.start and one.end >= day.end:
        return ""
    if one.start <= day.start:
        return str(gettext("until %(time)s", time=words.clock(one.end, zone)))
    if one.end >= day.end:
        return str(gettext("from %(time)s on", time=words.clock(one.start, zone)))
    return f"{words.clock(one.start, zone)}–{words.clock(one.end, zone)}"
