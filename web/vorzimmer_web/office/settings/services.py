"""The settings of services: the list, the form of one, archiving, categories, prices (K17 to K26, O6 to O9)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import availability, booking, catalogue, database, hookspecs, urls
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Triage, try_to
from vorzimmer.models import Offer, Requirement, Resource, Service
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.settings.archiving import undecided, warned
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.office.settings.service_form import blank, read, shown
from vorzimmer_web.public.choices import Finder, given
from vorzimmer_web.shell import words
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.typed import UNITS, Typed, whole

COLORS = {
    "#0b6b6b": N_("Teal"),
    "#1d5fa8": N_("Blue"),
    "#4b4fbf": N_("Indigo"),
    "#7a3fa0": N_("Violet"),
    "#a8326b": N_("Berry"),
    "#b3261e": N_("Red"),
    "#9a4f00": N_("Orange"),
    "#7a5c00": N_("Ochre"),
    "#3d6b1f": N_("Green"),
    "#566166": N_("Grey"),
}
"""White text stands on each of them with a contrast of at least 4.5 (O9)."""
WHOLE = selectinload(Service.requirements).selectinload(Requirement.offers).joinedload(Offer.resource)


@open_to(Right.SETTINGS)
def overview() -> str:
    """All services by category; archived ones below."""
    found = reading().scalars(select(Service).order_by(Service.category, Service.name).options(WHOLE)).all()
    active = [one for one in found if one.active]
    return render_template(
        "office/settings/services.html",
        categories=[(name, list(those)) for name, those in groupby(active, key=lambda one: one.category)],
        archived=[one for one in found if not one.active],
        offered=given(reading(), hall(), active),
        names={one.id: one.name for one in found},
        prices=any(one.price_shown for one in active),
        link=link,
    )


def link(slug: str) -> str:
    """The address at which customers book a service (C42)."""
    return urls.absolute(hall().config, f"/book/{slug}")


@open_to(Right.SETTINGS)
def new() -> ResponseReturnValue:
    """The form of a new service (O6)."""
    return _form(None)


@open_to(Right.SETTINGS)
def edit(slug: str) -> ResponseReturnValue:
    """The form of a service (K21)."""
    return _form(_found(reading(), slug))


def _found(session: Session, slug: str) -> Service:
    found = session.scalar(select(Service).where(Service.slug == slug).options(WHOLE))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


@open_to(Right.SETTINGS)
def own(slug: str, name: str) -> ResponseReturnValue:
    """The form of one person's own version; until it is saved nothing is changed for anybody (K28, K29, O57)."""
    session = reading()
    service, owner = _found(session, slug), session.scalar(select(Resource).where(Resource.slug == name))
    if owner is None:
        raise Refused(Reason.NOT_FOUND)
    try:
        catalogue.given_in(service, owner)
    except Refused as refusal:
        flash(gettext(refusal.facts["errors"]["person"]), "warning")
        return redirect(url_for("office.resource", slug=name), 303)
    return _form(None, (service, owner))


def _form(service: Service | None, of: tuple[Service, Resource] | None = None) -> ResponseReturnValue:
    """The form of a service, of a new one, or of an own version `of` a service for a person."""
    if request.method != "POST":
        return _page(service, _begun(service, of), of)
    typed = Typed(request.form)
    if {"add", "drop"} & request.form.keys():
        _change_needs(typed)
        return _page(service, typed, of)
    values, needs = read(typed)
    status = 422
    if not typed.errors:
        try:
            return _saved(service, typed, values, needs, of)
        except Refused as refusal:
            status = typed.refused(refusal)
            typed.errors = _by_row(typed, typed.errors)
    return _page(service, typed, of), status


def _begun(service: Service | None, of: tuple[Service, Resource] | None) -> Typed:
    if of is not None:
        values, needs = catalogue.draft_of(reading(), *of)
        return shown(Service(**values), needs)
    return shown(service) if service else blank(reading())


def _change_needs(typed: Typed) -> None:
    """A further need, or one less; nothing is stored yet."""
    rows = typed.values.getlist("need")
    if (kind := request.form.get("add")) is not None:
        fresh = str(max((whole(row) or 0 for row in rows), default=-1) + 1)
        typed.values.update({f"need-{fresh}-kind": kind, f"need-{fresh}-quantity": "1"})
        typed.values.setlist("need", [*rows, fresh])
    else:
        typed.values.setlist("need", [row for row in rows if row != request.form["drop"]])


def _by_row(typed: Typed, errors: dict[str, str]) -> dict[str, str]:
    """The core counts needs from nought, the form has numbers of its own for them."""
    rows = typed.values.getlist("need")
    names = {f"need-{number}": f"need-{row}-members" for number, row in enumerate(rows)}
    return {names.get(name, name): text for name, text in errors.items()}


def _saved(
    service: Service | None,
    typed: Typed,
    values: dict[str, Any],
    needs: list[catalogue.Need],
    of: tuple[Service, Resource] | None,
) -> ResponseReturnValue:
    person = signed_in()
    if of is not None:
        slugs = (of[0].slug, of[1].slug)
        made = hall().database.write(
            lambda session: catalogue.own_version(session, hall(), person, *slugs, values, needs)
        )
        _say(
            made,
            gettext("%(name)s is made; links to the service with this person lead to it.", name=made.name),
        )
    elif service is None:
        made = hall().database.write(
            lambda session: catalogue.create_service(session, hall(), person, values, needs)
        )
        _say_whether(made, gettext("The service %(name)s can be booked now.", name=made.name))
    else:
        slug = service.slug

        def change(session: Session) -> Service:
            typed.check(session, lambda: shown(_found(session, slug)))
            return catalogue.change_service(session, hall(), person, slug, values, needs)

        made = hall().database.write(change)
        _say(made, gettext("%(name)s is changed. Appointments that stand keep their times.", name=made.name))
    return redirect(url_for("office.services"), 303)


def _say(service: Service, good: str) -> None:
    """Say what was done; of a service that can never be booked, why that is so."""
    if not _warned_of_never(read_anew(), service):
        flash(good, "good")


def _warned_of_never(session: Session, service: Service) -> bool:
    session.expire_all()  # the form was filled with the needs as they were
    found = session.get_one(Service, service.id)
    why = availability.never_bookable(session, hall().plugins, found, database.now(session))
    if why is not None:
        said = gettext(
            "%(name)s is saved, but it cannot be booked: %(why)s", name=found.name, why=words.told(why)
        )
        flash(said, "warning")
    return why is not None


def _say_whether(service: Service, good: str) -> None:
    """Say that a service can be booked only where it can."""
    session = read_anew()
    if _warned_of_never(session, service):
        return None
    found = session.get_one(Service, service.id)
    if Finder(session, hall(), found, database.now(session)).next_free() is None:
        said = gettext(
            "%(name)s is entered. It is not free on any day that can be booked now.", name=found.name
        )
    elif not booking.is_open(hall()):
        said = gettext(
            "%(name)s is entered. Customers see it; the online booking is closed.", name=found.name
        )
    else:
        return flash(good, "good")
    return flash(said, "warning")


def _page(service: Service | None, typed: Typed, of: tuple[Service, Resource] | None = None) -> str:
    session = reading()
    kinds, _lacking = hall().plugins.known(hookspecs.resource_kinds)
    return render_template(
        "office/settings/service.html",
        service=service,
        original=of[0]
        if of
        else session.get(Service, service.variant_of)
        if service and service.variant_of
        else None,
        typed=typed,
        kinds={kind.name: kind for kind in kinds},
        resources=session.scalars(select(Resource).where(Resource.active).order_by(Resource.name)).all(),
        categories=session.scalars(
            select(Service.category).where(Service.category != "").distinct().order_by(Service.category)
        ).all(),
        colors=COLORS,
        units=UNITS,
        reminder_hours=hall().config.settings.booking.reminder_hours,
        link=link(service.slug) if service else None,
        links=beside("service", slug=service.slug) if service else [],
    )


@open_to(Right.SETTINGS)
def archive(slug: str) -> ResponseReturnValue:
    """The warning, then the act (O7, O8)."""
    session, person = reading(), signed_in()
    service = _found(session, slug)
    if request.method == "POST":
        triage = try_to(
            hall(),
            request.values,
            lambda s, decided: catalogue.archive_service(s, hall(), person, slug, decided),
        )
        if isinstance(triage, Triage):
            title = gettext("Archive “%(name)s”?", name=service.name)
            return undecided(triage, title, url_for("office.service", slug=slug))
        flash(gettext("%(name)s can no longer be booked.", name=service.name), "good")
        return redirect(url_for("office.services"), 303)
    return warned(
        service.name,
        gettext("Customers can no longer book this service; links to it lead to what else you offer."),
        action=url_for("office.archive_service", slug=slug),
        back=url_for("office.service", slug=slug),
    )


@open_to(Right.SETTINGS)
def restore(slug: str) -> ResponseReturnValue:
    """Bring an archived service back."""
    person = signed_in()
    made = hall().database.write(lambda session: catalogue.restore_service(session, person, slug))
    _say_whether(made, gettext("%(name)s can be booked again.", name=made.name))
    return redirect(url_for("office.services"), 303)


@open_to(Right.SETTINGS)
def prices() -> ResponseReturnValue:
    """Show or hide all prices (K24)."""
    person, wanted = signed_in(), request.form.get("shown") == "1"
    hall().database.write(lambda session: catalogue.show_prices(session, person, wanted))
    flash(
        gettext("Customers see the prices of all services.")
        if wanted
        else gettext("Customers see no prices any more."),
        "good",
    )
    return redirect(url_for("office.services"), 303)


@open_to(Right.SETTINGS)
def category() -> ResponseReturnValue:
    """Give a category another name in all of its services."""
    person, old, fresh = signed_in(), request.form.get("old", ""), request.form.get("new", "")
    try:
        number = hall().database.write(lambda session: catalogue.rename_category(session, person, old, fresh))
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        (wrong,) = refusal.facts["errors"].values()
        flash(gettext(wrong), "warning")
    else:
        flash(
            ngettext(
                "The category has its new name in one service.",
                "The category has its new name in %(num)d services.",
                number,
            ),
            "good",
        )
    return redirect(url_for("office.services"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/services/", endpoint="services")(overview)
    office.route("/settings/services/new", methods=["GET", "POST"], endpoint="new_service")(new)
    office.post("/settings/services/prices", endpoint="prices")(prices)
    office.post("/settings/services/category", endpoint="category")(category)
    office.route("/settings/services/<slug>", methods=["GET", "POST"], endpoint="service")(edit)
    office.route("/settings/services/<slug>/own/<name>", methods=["GET", "POST"], endpoint="own_version")(own)
    office.route("/settings/services/<slug>/archive", methods=["GET", "POST"], endpoint="archive_service")(
        archive
    )
    office.post("/settings/services/<slug>/restore", endpoint="restore_service")(restore)
