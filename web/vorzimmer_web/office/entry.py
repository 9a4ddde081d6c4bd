"""Enter a booking while the customer is on the telephone, or stands at the desk (K77 to K81, O10 to O14, O20, D9).

The page works in steps without a script. With one the same steps come as parts of the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import booking as use_cases
from vorzimmer import database
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.booking import Entry
from vorzimmer.models import Booking, Requirement, Service
from vorzimmer.questions import fields
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.caller import Caller, caller, hits
from vorzimmer_web.office.choose import Choice, explained, only_place, people_of, place_said
from vorzimmer_web.shell import words
from vorzimmer_web.shell.answers import Sheet
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.site import LANGUAGES, local_path, zone_of

STEPS = ("show", "find", "pick", "forget")  # buttons that only lead on
LONGEST_BACK = 500
NOW = 5  # minutes that are no waiting


@dataclass(frozen=True)
class Call:
    """What is known so far: who, what, when."""

    caller: Caller | None
    services: list[Service]
    service: Service | None
    choice: Choice

    @classmethod
    def of_form(cls, session: Session, person: Actor) -> Call:
        """What the form or the address says; a known customer's last service is taken where none is chosen."""
        given = request.values
        uid = "" if "forget" in given else given.get("pick") or given.get("customer", "")
        who = caller(session, person, uid) if uid else None
        services = _services(session, person)
        wanted = given.get("service") or (who.service if who else None)
        service = next((one for one in services if one.slug == wanted), None)
        return cls(who, services, service, Choice.of_form(hall().config.zone))

    def entry(self) -> Entry:
        """What the core is asked for; refuses what is missing with `INVALID`."""
        errors = {}
        if self.service is None:
            errors["service"] = N_("Please choose a service.")
        elif self.choice.start is None:
            errors["when"] = N_("Please choose a time.")
        elif self.choice.is_typed and not self.place:
            errors["place"] = N_("Please choose where.")
        if self.service is None or self.choice.start is None or errors:
            raise Refused(Reason.INVALID, errors=errors)
        return Entry(
            service=self.service.slug,
            start=self.choice.start,
            is_offered=not self.choice.is_typed,
            staff=self.choice.staff,
            location=self.place,
            customer=self.caller.customer.uid if self.caller else None,
            name=request.form.get("name", ""),
            phone=request.form.get("phone", ""),
            email=request.form.get("email", ""),
            language=request.form.get("language", ""),
            note=request.form.get("note", ""),
            fields=self.sheet().answers,
            consents=self.sheet().consents,
        )

    @cached_property
    def place(self) -> str | None:
        """Where it would be: as chosen, or the only place that is possible or on offer; never one of several."""
        if self.choice.location or self.service is None or self.choice.start is None:
            return self.choice.location
        return only_place(reading(), self.service, self.choice.start, self.choice.staff)

    def sheet(self) -> Sheet:
        """The practice's questions about the service; what a known customer has answered stands in them."""
        form = fields.asked(reading(), self.service.id) if self.service else []
        answered = self.caller.customer.attributes if self.caller else {}
        known = {one.slug: answered[one.slug] for one in form if one.slug in answered}
        return Sheet(form, {**Sheet.of([], known, {}).typed, **request.values.to_dict()}, all_needed=False)


def _services(session: Session, person: Actor) -> list[Service]:
    """What can be booked; of those with their own calendar only, what they give."""
    query = select(Service).where(Service.active).order_by(Service.name)
    found = session.scalars(query.options(selectinload(Service.requirements).joinedload(Requirement.service)))
    return [one for one in found if may(person, Right.CALENDARS) or people_of(session, person, one)]


@open_to(*STAFF)
def new() -> ResponseReturnValue:
    """One page: who, what, when."""
    session, person = reading(), signed_in()
    call = Call.of_form(session, person)
    refusal: Refused | None = None
    if _is_entered():
        try:
            return _entered(person, call.entry(), call.choice, call.sheet().unasked())
        except Refused as error:
            refusal, session = explained(error), read_anew()
            call = Call.of_form(session, person)
    offer = call.choice.offer(session, person, call.service) if call.service else {}
    return _page("office/new.html", session, person, call, refusal, **offer)


@open_to(*STAFF)
def walk_in() -> ResponseReturnValue:
    """Somebody stands at the desk: what, who is free now or next, and a name where there is one (D9)."""
    session, person = reading(), signed_in()
    call = Call.of_form(session, person)
    refusal: Refused | None = None
    if _is_entered():
        try:
            entry = replace(call.entry(), walk_in=True)
            return _entered(person, entry, call.choice, call.sheet().unasked())
        except Refused as error:
            refusal, session = explained(error), read_anew()
            call = Call.of_form(session, person)
    found = use_cases.chances(session, hall(), person, call.service) if call.service else []
    chances = [_shown(chance, database.now(session)) for chance in found]
    return _page("office/walk_in.html", session, person, call, refusal, chances=chances)


def _shown(chance: use_cases.Chance, now: datetime) -> dict[str, Any]:
    """A chance as a line to choose."""
    zone = ZoneInfo(chance.location.zone)
    minutes = round((chance.start - now).total_seconds() / 60)
    staff = chance.staff.slug if chance.staff else ""
    return {
        "value": f"{chance.start.astimezone(zone).isoformat()}|{chance.location.slug}|{staff}",
        "start": chance.start,
        "end": chance.end,
        "zone": zone,
        "wait": _wait(minutes),
        "person": chance.staff.name if chance.staff else gettext("Without a person"),
        "place": chance.location.name,
    }


def _wait(minutes: int) -> str:
    """ "in 1 Std. 28 Min."."""
    if minutes <= NOW:
        said = gettext("now")
    elif minutes < 60:
        said = ngettext("in %(num)d minute", "in %(num)d minutes", minutes)
    else:
        said = gettext("in %(hours)d hr %(minutes)d min", hours=minutes // 60, minutes=minutes % 60)
    return str(said)


def _is_entered() -> bool:
    return request.method == "POST" and not any(step in request.values for step in STEPS)


def _page(
    template: str, session: Session, person: Actor, call: Call, refusal: Refused | None, **more: Any
) -> ResponseReturnValue:
    searched = request.form.get("name", "") if "find" in request.form else ""
    page = render_template(
        template,
        call=call,
        choice=call.choice,
        sheet=call.sheet(),
        refusal=refusal,
        typed=request.values,
        hits=hits(session, person, searched) if searched else None,
        languages_told={code: LANGUAGES[code] for code in hall().config.settings.practice.languages},
        may_note=may(person, Right.NOTES),
        back=_came_from(),
        home=hall().config.zone,
        **more,
    )
    if refusal is None:
        return page
    return page, 422 if refusal.reason is Reason.INVALID else 409


def _entered(person: Actor, entry: Entry, choice: Choice, unasked: Sequence[str] = ()) -> ResponseReturnValue:
    made = hall().database.write(
        lambda session: use_cases.enter(session, hall(), person, entry, choice.override)
    )
    _report(made)
    if unasked:
        text = gettext("The customer has not agreed yet: %(what)s", what=" / ".join(unasked))
        flash({"linked": text}, "warning")  # type: ignore[arg-type]  # kept as JSON; toasts.html reads it
    return redirect(_back_to(made), 303)


def _report(made: Booking) -> None:
    """What was entered, who is told, and the way to the next one of the same customer."""
    when, name = words.when(made.starts, zone_of(made)), made.staff.name if made.staff else ""
    parts = [when, name, place_said(made)]
    said = [gettext("%(name)s: %(when)s", name=made.name, when=", ".join(filter(None, parts)))]
    if made.ends <= made.created_at:
        said.append(gettext("This time is in the past: nobody is told."))
    elif made.email:
        said.append(gettext("%(email)s is told.", email=made.email))
    else:
        said.append(gettext("There is no e-mail address: nobody is told."))
    text = ". ".join(part.rstrip(".") for part in said) + "."
    if made.customer:
        another = url_for("office.new", customer=made.customer.uid, service=made.service.slug)
        link = {"text": text, "href": another, "label": gettext("Book another")}
        flash(link, "good")  # type: ignore[arg-type]  # kept as JSON; toasts.html reads it
    else:
        flash(text, "good")


def _came_from() -> str:
    """The page of the office that led here, to go back to."""
    asked = request.values.get("back", "")
    if not asked and request.method == "GET" and request.referrer:
        found = urlsplit(request.referrer)
        asked = f"{found.path}?{found.query}" if found.netloc == request.host else ""
    path = local_path(asked)[:LONGEST_BACK]
    ours = path.startswith("/office/") and urlsplit(path).path not in (
        url_for("office.new"),
        url_for("office.walk_in"),
    )
    return path if ours else url_for("office.today")


def _back_to(made: Booking) -> str:
    """Where the desk came from; a page of days at the day of the appointment, with it in focus."""
    parts = urlsplit(_came_from())
    query = dict(parse_qsl(parts.query))
    if parts.path in {url_for(f"office.{page}") for page in ("today", "week", "calendar")}:
        query["day"] = made.starts.astimezone(zone_of(made)).date().isoformat()
        if made.staff and query.get("staff") not in (None, made.staff.slug):
            query["staff"] = made.staff.slug
    return f"{parts.path}?{urlencode(query)}#booking-{made.uid}".replace("?#", "#")


@open_to(*STAFF)
def suggestions() -> str:
    """Customers for the letters typed so far; asked at every key."""
    typed = request.args.get("q", "").strip()
    found = hits(reading(), signed_in(), typed)
    return render_template("office/hits.html", hits=found, typed=typed, home=hall().config.zone)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.route("/new", methods=["GET", "POST"])(new)
    office.route("/walk-in", methods=["GET", "POST"])(walk_in)
    office.get("/new/customers")(suggestions)
