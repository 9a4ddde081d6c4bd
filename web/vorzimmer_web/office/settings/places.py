"""The settings of the practice's places."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import catalogue
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions, Triage, try_to
from vorzimmer.models import Location
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.settings.archiving import undecided, warned
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.typed import Typed

FIELDS = ("name", "slug", "address", "zone")


@open_to(Right.SETTINGS)
def overview() -> str:
    """All places; archived ones below."""
    found = reading().scalars(select(Location).order_by(Location.name)).all()
    return render_template(
        "office/settings/places.html",
        active=[one for one in found if one.active],
        archived=[one for one in found if not one.active],
    )


@open_to(Right.SETTINGS)
def new() -> ResponseReturnValue:
    """The form of a new place."""
    return _form(None)


@open_to(Right.SETTINGS)
def edit(slug: str) -> ResponseReturnValue:
    """The form of a place."""
    return _form(_found(reading(), slug))


def _found(session: Session, slug: str) -> Location:
    found = session.scalar(select(Location).where(Location.slug == slug))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def _form(place: Location | None) -> ResponseReturnValue:
    if request.method != "POST":
        return _page(place, _shown(place) if place else Typed({"zone": hall().config.zone.key}))
    typed = Typed(request.form)
    try:
        return _saved(place, typed)
    except Refused as refusal:
        status = typed.refused(refusal)
    return _page(place, typed), status


def _shown(place: Location) -> Typed:
    return Typed({name: getattr(place, name) for name in FIELDS})


def _saved(place: Location | None, typed: Typed) -> ResponseReturnValue:
    person, values = signed_in(), {name: typed.values.get(name, "") for name in FIELDS}
    if place is None:
        made = hall().database.write(lambda session: catalogue.create_location(session, person, values))
        flash(gettext("%(name)s is entered.", name=made.name), "good")
    else:
        slug = place.slug

        def work(session: Session, decided: Decisions) -> Location:
            typed.check(session, lambda: _shown(_found(session, slug)))
            return catalogue.change_location(session, hall(), person, slug, values, decided)

        done = try_to(hall(), request.values, work)
        if isinstance(done, Triage):
            return undecided(done, place.name, url_for("office.place", slug=slug))
        made = done
        flash(gettext("%(name)s is changed.", name=made.name), "good")
    return redirect(url_for("office.places"), 303)


def _page(place: Location | None, typed: Typed) -> str:
    zones = reading().scalars(select(Location.zone).distinct()).all()
    return render_template(
        "office/settings/place.html",
        place=place,
        typed=typed,
        zones=sorted({*zones, hall().config.zone.key, typed.get("zone")} - {""}),
        links=beside("location", slug=place.slug) if place else [],
    )


@open_to(Right.SETTINGS)
def archive(slug: str) -> ResponseReturnValue:
    """The warning, then the act."""
    session, person = reading(), signed_in()
    place = _found(session, slug)
    if request.method == "POST":
        triage = try_to(
            hall(),
            request.values,
            lambda s, decided: catalogue.archive_location(s, hall(), person, slug, decided),
        )
        if isinstance(triage, Triage):
            title = gettext("Archive “%(name)s”?", name=place.name)
            return undecided(triage, title, url_for("office.place", slug=slug))
        flash(gettext("Nothing can be booked at %(name)s any more.", name=place.name), "good")
        return redirect(url_for("office.places"), 303)
    return warned(
        place.name,
        gettext("Nothing can be booked there any more."),
        action=url_for("office.archive_place", slug=slug),
        back=url_for("office.place", slug=slug),
    )


@open_to(Right.SETTINGS)
def restore(slug: str) -> ResponseReturnValue:
    """Bring an archived place back."""
    person = signed_in()
    made = hall().database.write(lambda session: catalogue.restore_location(session, person, slug))
    flash(gettext("Appointments can be booked at %(name)s again.", name=made.name), "good")
    return redirect(url_for("office.places"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    both = ["GET", "POST"]
    office.get("/settings/places/", endpoint="places")(overview)
    office.route("/settings/places/new", methods=both, endpoint="new_place")(new)
    office.route("/settings/places/<slug>", methods=both, endpoint="place")(edit)
    office.route("/settings/places/<slug>/archive", methods=both, endpoint="archive_place")(archive)
    office.post("/settings/places/<slug>/restore", endpoint="restore_place")(restore)
