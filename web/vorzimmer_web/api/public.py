"""Calls that need no key: the catalogue, free times, holds, and why a time is offered or not."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify
from flask_babel import gettext
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import availability, booking, database, urls
from vorzimmer.access import EVERYONE, Right, may, open_to
from vorzimmer.addresses import leads_to
from vorzimmer.as_json import booking_out
from vorzimmer.availability import Slot
from vorzimmer.models import Location, Offer, Requirement, Resource, Service
from vorzimmer.periods import Period, day_period
from vorzimmer.questions import fields
from vorzimmer.reasons import N_, TEXTS, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, caller, public_caller
from vorzimmer_web.api.views import field_out, hold_out, service_out, slot_out, staff_service_out, why_out
from vorzimmer_web.public.choices import given
from vorzimmer_web.shell import hoarding, limits, words

MOST_DAYS = 62
DAY = timedelta(days=1)
PRIVATE = {"person", "room", "device"}  # sources that tell of somebody
GRID = {"21", "22", "23", "25"}

WITH_NEEDS = (selectinload(Service.requirements).selectinload(Requirement.offers).joinedload(Offer.resource),)

# Statements are built once: putting one together takes as long as running it.
_ZONES = select(Location.zone).where(Location.active).distinct()
_KNOWN: dict[type[Resource | Location], Select[int]] = {
    Location: select(Location.id).where(Location.slug == bindparam("slug"), Location.active),
    Resource: select(Resource.id).where(
        Resource.slug == bindparam("slug"), Resource.kind == "staff", Resource.active
    ),
}

public = Blueprint("api_public", __name__)


@public.get("/services")
@open_to(EVERYONE)
@call(shapes.Services)
def services(query: shapes.NoQuery) -> Response:
    """The services that can be booked; only with a key those that are unlisted or given by nobody.

    With a key that may change settings all of each is told.
    """
    actor = caller()
    wanted = select(Service).where(Service.active).order_by(Service.id)
    wanted = wanted.options(selectinload(Service.requirements))
    out = service_out
    if actor and may(actor, Right.SETTINGS):
        out, wanted = staff_service_out, wanted.options(*WITH_NEEDS)
    if actor is None or not actor.is_staff:
        wanted = wanted.where(Service.listed)
    with hall().database.reading() as session:
        found = session.scalars(wanted).all()
        if actor is None or not actor.is_staff:
            found = given(session, hall(), found)
        forms = fields.asked_by_service(session, [service.id for service in found])
        asked = {number: [field_out(field) for field in form] for number, form in forms.items()}
        return jsonify(services=[{**out(service), "fields": asked[service.id]} for service in found])


@public.get("/slots")
@open_to(EVERYONE)
@limits.public_calls
@call(shapes.Slots)
def slots(query: shapes.SlotQuery) -> Response:
    """Free times from the first to the last day, both included."""
    zone = ZoneInfo(query.tz) if query.tz else None
    with hall().database.reading() as session:
        service = booking.parts.load.service(session, query.service)
        if query.to < query.from_ or (query.to - query.from_).days >= MOST_DAYS:
            raise Refused(Reason.INVALID, errors={"to": N_("At most 62 days, the first before the last.")})
        found = _free(session, service, query, query.from_, query.to)
        return jsonify(slots=[slot_out(slot, zone) for slot in found])


@public.get("/days")
@open_to(EVERYONE)
@limits.public_calls
@call(shapes.Days)
def days(query: shapes.DayQuery) -> Response:
    """Every day of the month, true where there are free times."""
    year, month = (int(part) for part in query.month.split("-"))
    first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    with hall().database.reading() as session:
        service = booking.parts.load.service(session, query.service)
        free = {local_day(slot) for slot in _free(session, service, query, first, last)}
    every = (first + DAY * offset for offset in range((last - first).days + 1))
    return jsonify(days={day.isoformat(): day in free for day in every})


def _free(session: Session, service: Service, query: Any, first: date, last: date) -> Iterable[Slot]:
    """The free slots whose local days at their location lie between the two, both included."""
    staff, location = _known(session, Resource, query.staff), _known(session, Location, query.location)
    if not booking.is_open(hall()):
        return []
    zones = {ZoneInfo(name) for name in session.scalars(_ZONES)}
    spans = [(day_period(first, zone).start, day_period(last, zone).end) for zone in zones]
    if not spans:
        return []
    window = Period(min(start for start, _end in spans), max(end for _start, end in spans))
    found = availability.free_slots(
        session,
        hall().plugins,
        service,
        window,
        database.now(session),
        staff=staff,
        location=location,
    )
    return found if len(zones) == 1 else [slot for slot in found if first <= local_day(slot) <= last]


def _known(session: Session, kind: type[Resource | Location], slug: str | None) -> str | None:
    """What a person or place is called now, also by what it was called once (B31); refuse one that does not exist."""
    if slug is None or session.scalar(_KNOWN[kind], {"slug": slug}) is not None:
        return slug
    now = leads_to(session, kind, slug)
    if now is None or session.scalar(_KNOWN[kind], {"slug": now}) is None:
        raise Refused(Reason.NOT_FOUND)
    return now


def _now(session: Session, kind: type[Resource | Location], slug: str | None) -> str | None:
    """What a person or place is called now; whether there is one is judged with everything else."""
    return slug and (leads_to(session, kind, slug) or slug)


def local_day(slot: Slot) -> date:
    """The day of a slot at its location (rule 8)."""
    return slot.start.astimezone(ZoneInfo(slot.location.zone)).date()


@public.post("/holds")
@open_to(EVERYONE)
@limits.holds
@call(shapes.Hold, 201, refusals=(409,))
def hold(json: shapes.NewHold) -> Response:
    """Hold a time for ten minutes."""

    def work(session: Session) -> Answer:
        staff, location = _now(session, Resource, json.staff), _now(session, Location, json.location)
        wish = booking.HoldRequest(json.service, json.start, staff, location, json.seats)
        made = booking.hold(session, hall(), public_caller(), wish)
        hoarding.refuse(session, made)
        hoarding.note(made)
        return hold_out(hall(), made), 201

    return answered(work)


def _check_token(uid: str, token: str) -> None:
    if not urls.token_fits(hall().config, "hold", uid, token):
        raise Refused(Reason.NOT_FOUND)


@public.post("/holds/<uid>/details")
@open_to(EVERYONE)
@limits.code_mails
@call(shapes.Next, refusals=(409,))
def details(uid: str, json: shapes.NewDetails) -> Response:
    """Say who books; the code goes out by mail."""
    _check_token(uid, json.token)
    given = booking.Details(
        json.customer.name,
        json.customer.email,
        json.customer.phone,
        json.message,
        json.language or "",
        json.fields,
        json.consents,
    )

    def work(session: Session) -> Answer:
        booking.details(session, hall(), public_caller(), uid, given)
        return {"next": "code"}, 200

    return answered(work)


@public.post("/holds/<uid>/confirm")
@open_to(EVERYONE)
@limits.code_tries
@call(shapes.Booked, refusals=(409,))
def confirm(uid: str, json: shapes.Code) -> Response:
    """Prove the address with the mailed code: the hold becomes a booking or a request."""
    _check_token(uid, json.token)

    def work(session: Session) -> Answer:
        done = booking.confirm(session, hall(), public_caller(), uid, json.code)
        return {"booking": booking_out(hall(), done)}, 200

    return answered(work)


@public.post("/holds/<uid>/release")
@open_to(EVERYONE)
@limits.holds
@call(None, 204, refusals=(409,))
def release(uid: str, json: shapes.OnlyToken) -> Response:
    """Give a held time back."""
    _check_token(uid, json.token)

    def work(session: Session) -> Answer:
        booking.release(session, hall(), public_caller(), uid)
        return None, 204

    return answered(work)


@public.get("/explain")
@open_to(EVERYONE)
@limits.public_calls
@call(shapes.Explained)
def explain(query: shapes.ExplainQuery) -> Response:
    """Whether a time is offered to customers and which rules decided; names only with a key (rule 81)."""
    actor = caller()
    named = actor is not None and actor.is_staff
    with hall().database.reading() as session:
        service = booking.parts.load.service(session, query.service)
        staff = _known(session, Resource, query.staff)
        found = availability.explain(
            session, hall().plugins, service, query.start, database.now(session), staff=staff
        )
        told = explained(found, named=named)
    return jsonify(told if booking.is_open(hall()) else _closed(told))


def _closed(told: dict[str, Any]) -> dict[str, Any]:
    """While nobody can book online no time is offered, whatever its rules say."""
    why = {
        "rule": "vorzimmer_web",
        "text": gettext(TEXTS[Reason.ONLINE_CLOSED]),
        "source": "settings:booking",
    }
    return {**told, "offered": False, "reasons": [why, *told["reasons"]]}


def explained(found: availability.Explanation, *, named: bool) -> dict[str, Any]:
    """The explanation in JSON; without names one entry for each kind of reason."""
    reasons = [why_out(why) if named else _nameless(why) for why in found.reasons]
    return {
        "offered": found.offered,
        "reasons": [entry for index, entry in enumerate(reasons) if entry not in reasons[:index]],
        "would_be_free_if": [_say(phrase) for phrase in found.would_be_free_if] if named else [],
    }


def _say(phrase: availability.Phrase) -> str:
    return words.told(phrase)


def _nameless(why: availability.Why) -> dict[str, str]:
    """What everybody may know: private, booked and blocked time look alike, and so do all absences (A110)."""
    if why.conflict:
        return {"rule": "44", "text": gettext(N_("This time is already taken.")), "source": "booking"}
    if why.source.partition(":")[0] not in PRIVATE:
        return why_out(why)
    if why.rule in GRID:
        return {
            "rule": why.rule,
            "text": gettext(N_("Appointments do not begin at this time.")),
            "source": "hours",
        }
    return {"rule": "13", "text": gettext(N_("Nobody is available at this time.")), "source": "hours"}
