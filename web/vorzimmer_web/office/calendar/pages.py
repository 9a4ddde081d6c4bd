"""The page, its feed, and the look at one appointment."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from vorzimmer import availability, database
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.models import Service
from vorzimmer.periods import Period, day_of, day_period
from vorzimmer.reasons import PluginFailed, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office import remarked
from vorzimmer_web.office.agenda import STAFF, WEEK, asked_day
from vorzimmer_web.office.booking import own
from vorzimmer_web.office.calendar import facts, moving
from vorzimmer_web.office.calendar.events import Drawing
from vorzimmer_web.shell import words
from vorzimmer_web.shell.requests import reading, signed_in

LONGEST = 14
"""Days that one answer of the feed covers at most."""
FRESH = timedelta(minutes=5)
"""Free times are as old as this at most: notice moves them without anybody's act."""
SMALL = 1_000
ABSENCES = "vorzimmer_absences.overview"


@dataclass(frozen=True)
class Days:
    """The days on the page: one, or Monday to Sunday."""

    first: date
    number: int

    @classmethod
    def asked(cls, today: date) -> Days:
        """What the address says."""
        day = asked_day(today)
        if request.args.get("view") == "week":
            return cls(day - timedelta(days=day.weekday()), WEEK)
        return cls(day, 1)

    @property
    def last(self) -> date:
        """The last of them."""
        return self.first + timedelta(days=self.number - 1)

    @property
    def title(self) -> str:
        """The days in words."""
        if self.number == 1:
            return words.day(self.first)
        return words.days(self.first, self.last)

    @property
    def heading(self) -> dict[str, str]:
        """What the head of the page says and where its links lead."""
        week = self.number == WEEK
        step = timedelta(days=self.number)
        return {
            "title": self.title,
            "before": _at(self.first - step, week),
            "after": _at(self.first + step, week),
            "day": _at(self.first, False),
            "week": _at(self.first, True),
            "list": url_for("office.week" if week else "office.today", day=self.first),
        }


def _at(day: date, week: bool) -> str:
    return url_for("office.calendar", view="week" if week else "day", day=day)


@open_to(*STAFF)
def calendar() -> str:
    """Day or week, drawn by the script; without one the same as a list."""
    session, person, zone = reading(), signed_in(), hall().config.zone
    today = database.now(session).astimezone(zone).date()
    return render_template(
        "office/calendar.html",
        shown=Days.asked(today),
        today=today,
        columns=facts.columns(session, person),
        services=facts.services(session),
        own=person.resource_id,
        absences=_absences(person),
    )


def _absences(person: Actor) -> str | None:
    """Where a chosen time is closed instead of booked, if the practice has that (K82)."""
    known = ABSENCES in current_app.view_functions
    return ABSENCES if known and may(person, Right.AVAILABILITY) else None


@open_to(*STAFF)
def events() -> ResponseReturnValue:
    """What stands in the calendar from `from` to `to` (days, inclusive), for a page that asks every few seconds.

    The entity tag costs one query; where nothing changed, nothing else is read.
    """
    session, person, shown = reading(), signed_in(), _shown()
    g.unattended = "unattended" in request.args  # nobody touched the page since it asked last
    moment = database.now(session)
    tag = _tag(session, person, moment)
    if tag in request.if_none_match:
        return _tagged(Response(status=304), tag)
    feed = _feed(session, person, shown, moment)
    packed = _packed(json.dumps(feed, ensure_ascii=False, separators=(",", ":")).encode())
    return packed if feed["lacking"] else _tagged(packed, tag)  # who lacks may be back at the next look


def _shown() -> Days:
    try:
        first, last = (day_of(request.args.get(name, "")) for name in ("from", "to"))
    except ValueError:
        raise BadRequest from None
    number = (last - first).days + 1
    if not 1 <= number <= LONGEST:
        raise BadRequest
    return Days(first, number)


def _tag(session: Session, person: Actor, moment: datetime) -> str:
    """Everything that the answer depends on, in a few letters."""
    sight = f"{person.account_id} {person.resource_id} {sorted(person.rights)} {get_locale()}"
    asked = f"{request.args.get('from')} {request.args.get('to')} {request.args.get('service', '')}"
    age = moment.timestamp() // FRESH.total_seconds() if request.args.get("service") else 0
    today = moment.astimezone(hall().config.zone).date()
    known = f"{facts.version(session, moment)} {sight} {asked} {age} {today}"
    return hashlib.sha256(known.encode()).hexdigest()[:24]


def _tagged(answer: Response, tag: str) -> Response:
    answer.set_etag(tag)
    answer.vary.add("Cookie")
    answer.vary.add("Accept-Encoding")
    return answer


def _packed(body: bytes) -> Response:
    """Compressed where that is worth it: a week of twenty people is a tenth of its length."""
    answer = Response(body, mimetype="application/json")
    if len(body) > SMALL and request.accept_encodings.quality("gzip") > 0:
        answer.set_data(gzip.compress(body, 1))
        answer.content_encoding = "gzip"
    return answer


def _feed(session: Session, person: Actor, shown: Days, moment: datetime) -> dict[str, Any]:
    zone = hall().config.zone
    window = Period(day_period(shown.first, zone).start, day_period(shown.last, zone).end)
    known = facts.gather(session, hall().plugins, person, window, moment)
    drawing = Drawing(known, window, zone)
    found, grounds = drawing.events(), drawing.grounds()
    first, last = drawing.hours([*found, *grounds])
    return {
        "heading": shown.heading,
        "today": moment.astimezone(zone).date().isoformat(),
        "offset": moment.astimezone(zone).strftime("%z"),
        "hours": [first, last],
        "columns": drawing.columns(),
        "events": found,
        "grounds": grounds,
        "free": drawing.free(_free(session, window, moment)),
        "lacking": ", ".join(map(gettext, known.lacking)),
    }


def _free(session: Session, window: Period, moment: datetime) -> list[availability.Slot]:
    """Times that staff can enter for the service of the address (K83, K80, K81)."""
    slug = request.args.get("service", "")
    if not slug or window.end <= moment:
        return []
    try:
        service: Service = load.service(session, slug)
        return availability.free_slots(session, hall().plugins, service, window, moment, by_staff=True)
    except (Refused, PluginFailed):
        return []


@open_to(*STAFF)
def look(uid: str) -> str:
    """One appointment at a glance, for the dialog of the calendar (K84, K89)."""
    found = own(reading(), signed_in(), uid)
    moment = database.now(reading())
    return render_template("office/calendar_look.html", booking=found, now=moment, open=found.status in OPEN)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/calendar")(calendar)
    office.get("/calendar/events", endpoint="events")(events)
    office.get("/calendar/booking/<uid>", endpoint="look")(look)
    office.get("/calendar/entry/<int(max=2147483647):block_id>", endpoint="look_at_entry")(
        remarked.look_at_entry
    )
    office.route("/calendar/booking/<uid>/move", methods=["GET", "POST"], endpoint="shift")(moving.shift)
