"""`/office/paper`: the day to print and as PDF, slip and card of an appointment, who gets the list (D3, D4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database, seen, urls
from vorzimmer.access import APPOINTMENTS, Right, may, may_touch_booking, open_to, require
from vorzimmer.booking.parts import load
from vorzimmer.models import Booking, Location, Resource, Status
from vorzimmer.periods import day_of
from vorzimmer.reasons import Reason, Refused
from vorzimmer.seen import Seen
from vorzimmer.server import here
from vorzimmer.settings import change as core
from vorzimmer.text import contact
from vorzimmer.text.texts import Reader
from vorzimmer_paper import posters, sheets
from vorzimmer_paper.days import List, away, listed, next_of, reach, with_whom
from vorzimmer_paper.settings import Settings

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


pages = Blueprint("vorzimmer_paper", __name__, url_prefix="/office/paper", template_folder="templates")

TABLE = "plugins.vorzimmer_paper"
ENDED = (Status.HELD, Status.CANCELLED, Status.DECLINED, Status.EXPIRED)
LAST_HOURS = range(12, 24)


# ---- a day -----------------------------------------------------------------------------------------------------------


@pages.get("/day")
@open_to(*APPOINTMENTS)
def day() -> str:
    """The day as a page that prints well."""
    hall = here.hall()
    with hall.database.reading() as session:
        found = _asked(session)
        return render_template(
            "vorzimmer_paper/day.html",
            found=found,
            people=_people(session),
            places=_places(session),
            with_whom=with_whom,
            chosen={
                "day": found.day,
                "staff": request.args.get("staff"),
                "location": request.args.get("location"),
            },
        )


@pages.get("/day.pdf")
@open_to(*APPOINTMENTS)
def day_pdf() -> ResponseReturnValue:
    """The same as PDF."""
    hall = here.hall()
    with hall.database.reading() as session:
        found = _asked(session)
        return _pdf(sheets.day_list(_reader(), hall.config.settings.practice, found), f"termine-{found.day}")


def _asked(session: Session) -> List:
    """The list that the address asks for, as far as the reader may see; whom and what there is not are left out."""
    hall, actor = here.hall(), here.actor()
    require(any(may(actor, right) for right in APPOINTMENTS))
    person = next((one for one in _people(session) if one.slug == request.args.get("staff")), None)
    place = next((one for one in _places(session) if one.slug == request.args.get("location")), None)
    zone = ZoneInfo(place.zone) if place else hall.config.zone
    try:
        of = day_of(request.args.get("day", ""))
    except ValueError:
        of = database.now(session).astimezone(zone).date()
    found = listed(session, of, zone, reach(actor, person), person=person, place=place)
    return replace(found, away=away(session, hall, actor, found), notes=may(actor, Right.NOTES))


def _people(session: Session) -> Sequence[Resource]:
    actor = here.actor()
    wanted = select(Resource).where(Resource.kind == "staff", Resource.active).order_by(Resource.name)
    if not may(actor, Right.CALENDARS):
        wanted = wanted.where(Resource.id == actor.resource_id)
    return session.scalars(wanted).all()


def _places(session: Session) -> Sequence[Location]:
    return session.scalars(select(Location).where(Location.active).order_by(Location.name)).all()


# ---- an appointment --------------------------------------------------------------------------------------------------


@pages.get("/slip/<uid>.pdf")
@open_to(*APPOINTMENTS)
def slip(uid: str) -> ResponseReturnValue:
    """The appointment on a sheet of A6."""
    hall = here.hall()
    with hall.database.reading() as session:
        found = _own(session, uid)
        reader, practice = hall.texts.reader(found.language), hall.config.settings.practice
        return _pdf(sheets.slip(reader, practice, found, _key(uid)), f"termin-{found.wall[:10]}")


@pages.get("/card/<uid>.pdf")
@open_to(*APPOINTMENTS)
def card(uid: str) -> ResponseReturnValue:
    """This appointment and the customer's next ones on a card."""
    hall = here.hall()
    with hall.database.reading() as session:
        found = _own(session, uid)
        reader, practice = hall.texts.reader(found.language), hall.config.settings.practice
        coming = next_of(session, found, database.now(session), sheets.ON_CARD)
        allowed = [one for one in coming if may_touch_booking(here.actor(), one)]
        return _pdf(sheets.card(reader, practice, allowed, _key(uid)), f"karte-{found.wall[:10]}")


def _key(uid: str) -> sheets.Key:
    config = here.hall().config
    address = urls.absolute(config, "/b/").partition("://")[2]
    return sheets.Key(urls.manage(config, uid), address, urls.reference(uid), urls.paper_code(config, uid))


def _own(session: Session, uid: str) -> Booking:
    """The appointment if the reader may see it and it stands; any other is as if it did not exist (A1)."""
    found = load.booking(session, uid)
    if not may_touch_booking(here.actor(), found) or found.status in ENDED:
        raise Refused(Reason.NOT_FOUND)
    return found


# ---- for customers to come -------------------------------------------------------------------------------------------


@pages.get("/poster.pdf")
@open_to(Right.SETTINGS)
def poster() -> ResponseReturnValue:
    """A sheet for the wall with an address of the booking, in words and as a code (O72)."""
    return _pdf(posters.poster(_offer(), _readers()), "plakat")


@pages.get("/business-cards.pdf")
@open_to(Right.SETTINGS)
def business_cards() -> ResponseReturnValue:
    """Ten cards to be cut out (O72)."""
    return _pdf(posters.cards(_offer(), _readers()), "visitenkarten")


def _offer() -> posters.Offer:
    """What is offered where; an address of ours alone."""
    path = request.args.get("path", "/")
    if not re.fullmatch(r"/(?!/)[\x21-\x7e]{0,300}", path):
        raise Refused(Reason.NOT_FOUND)
    hall = here.hall()
    with hall.database.reading() as session:
        places = _places(session)
    where = places[0].address if len(places) == 1 else ""
    return posters.Offer(hall.config.settings.practice, urls.absolute(hall.config, path), where)


def _readers() -> list[Reader]:
    """One for each language of the practice, its own first."""
    return [here.hall().texts.reader(one) for one in here.hall().config.settings.practice.languages]


def _pdf(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


# ---- who gets the list -----------------------------------------------------------------------------------------------


@pages.get("/settings")
@open_to(Right.SETTINGS)
def settings() -> str:
    """Addresses and the hour."""
    typed = _shown(_config())
    return _page(typed, Seen(seen.mark(typed)), {})


def _shown(config: Any) -> dict[str, str]:
    typed = {f"address-{place}": address for place, address in config.addresses.items()}
    return {**typed, "hour": str(config.hour)}


def _page(typed: dict[str, str], found: Seen, errors: dict[str, str]) -> str:
    hall = here.hall()
    with hall.database.reading() as session:
        places = {place.slug: place.name for place in _places(session)}
    fixed = any(hall.config.is_fixed(TABLE, key) for key in ("addresses", "hour"))
    return render_template(
        "vorzimmer_paper/settings.html",
        typed=typed,
        seen=found,
        errors=errors,
        places=places,
        fixed=fixed,
        hours=LAST_HOURS,
    )


@pages.post("/settings")
@open_to(Right.SETTINGS)
def save_settings() -> ResponseReturnValue:
    """Set where the lists go."""
    hall, typed, errors = here.hall(), request.form.to_dict(), dict[str, str]()
    addresses: dict[str, str] = {}
    for name, text in typed.items():
        if name.startswith("address-") and text.strip():
            wrong: dict[str, str] = {}
            addresses[name.removeprefix("address-")] = contact.email_of(text, wrong)
            if wrong:
                errors[name] = wrong["email"]
    hour = typed.get("hour", "")
    values = {
        "addresses": addresses,
        "hour": int(hour) if re.fullmatch(r"[0-9]{1,2}", hour) else None,
    }
    mark = typed.get(seen.FIELD, "")

    def work(session: Session) -> None:
        seen.check(session, mark, typed, lambda: _shown(core.held(session, hall, TABLE)))
        core.save(session, hall, here.actor(), TABLE, values)

    if not errors:
        try:
            hall.database.write(work)
        except Refused as refusal:
            if found := seen.of(refusal):
                return _page(typed, found, {}), 409
            if refusal.reason is not Reason.INVALID:
                raise
            errors = refusal.facts["errors"]
    if errors:
        return _page(typed, Seen(mark), errors), 422
    hall.refresh(at_once=True)
    flash(gettext("The lists go there from now on."), "good")
    return redirect(url_for(".settings"), 303)


def _config() -> Settings:
    config: Settings = here.hall().plugins.instance("vorzimmer_paper").config
    return config


def _reader() -> Reader:
    locale = get_locale()
    return here.hall().texts.reader(locale.language if locale else "en")
