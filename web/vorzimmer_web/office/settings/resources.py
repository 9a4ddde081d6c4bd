"""The settings of people, rooms and devices: places, services, own versions of these (K27 to K29, O57)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import catalogue, hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions, Triage, try_to
from vorzimmer.catalogue.resources import STAFF, offerable, serves
from vorzimmer.models import Location, Resource
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.settings.archiving import undecided, warned
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.typed import Typed


def _kinds() -> dict[str, hookspecs.ResourceKind]:
    return {kind.name: kind for kind in hall().plugins.known(hookspecs.resource_kinds)[0]}


@open_to(Right.SETTINGS)
def overview() -> str:
    """Everybody and everything by kind; archived ones below."""
    wanted = select(Resource).order_by(Resource.name).options(joinedload(Resource.location))
    found = reading().scalars(wanted).all()
    return render_template(
        "office/settings/resources.html",
        kinds=_kinds().values(),
        active=[one for one in found if one.active],
        archived=[one for one in found if not one.active],
    )


@open_to(Right.SETTINGS)
def new(kind: str) -> ResponseReturnValue:
    """The form of a new person, room or device."""
    if kind not in _kinds():
        raise Refused(Reason.NOT_FOUND)
    return _form(kind, None)


@open_to(Right.SETTINGS)
def edit(slug: str) -> ResponseReturnValue:
    """The form of one of them."""
    found = _found(reading(), slug)
    return _form(found.kind, found)


def _found(session: Session, slug: str) -> Resource:
    found = session.scalar(
        select(Resource).where(Resource.slug == slug).options(joinedload(Resource.location))
    )
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def _shown(session: Session, resource: Resource) -> Typed:
    offers = offerable(session, resource)
    return Typed(
        {
            "services": [service.slug for service, needs in offers.items() if serves(resource, needs)],
            "name": resource.name,
            "slug": resource.slug,
            "location": resource.location.slug if resource.location else "",
            "before": "" if resource.before is None else str(resource.before),
            "after": "" if resource.after is None else str(resource.after),
        }
    )


def _form(kind: str, resource: Resource | None) -> ResponseReturnValue:
    if request.method != "POST":
        return _page(kind, resource, _shown(reading(), resource) if resource else Typed({}))
    typed = Typed(request.form)
    values: dict[str, Any] = {name: typed.values.get(name, "") for name in ("name", "slug")}
    values |= {"before": typed.number("before"), "after": typed.number("after")}
    if kind != STAFF:
        values["location"] = typed.get("location")
    status = 422
    if not typed.errors:
        try:
            return _saved(kind, resource, typed, values)
        except Refused as refusal:
            status = typed.refused(refusal)
    return _page(kind, resource, typed), status


def _saved(kind: str, resource: Resource | None, typed: Typed, values: dict[str, Any]) -> ResponseReturnValue:
    person, ticked = signed_in(), typed.values.getlist("services")
    if resource is None:
        made = hall().database.write(
            lambda session: catalogue.create_resource(session, hall(), person, values | {"kind": kind})
        )
        flash(gettext("%(name)s is entered.", name=made.name), "good")
        return redirect(url_for("office.resource", slug=made.slug), 303)
    slug = resource.slug

    def work(session: Session, decided: Decisions) -> Resource:
        typed.check(session, lambda: _shown(session, _found(session, slug)))
        catalogue.set_offers(session, person, slug, ticked)
        return catalogue.change_resource(session, hall(), person, slug, values, decided)

    done = try_to(hall(), request.values, work)
    if isinstance(done, Triage):
        return undecided(done, resource.name, url_for("office.resource", slug=slug))
    flash(gettext("%(name)s is changed.", name=done.name), "good")
    return redirect(url_for("office.resources"), 303)


def _page(kind: str, resource: Resource | None, typed: Typed) -> str:
    session = reading()
    offers = offerable(session, resource) if resource else {}
    given = {service.slug for service, needs in offers.items() if resource and serves(resource, needs)}
    places = select(Location).where(Location.active).order_by(Location.name)
    return render_template(
        "office/settings/resource.html",
        kind=kind,
        title=resource.name if resource else _kinds()[kind].title,
        resource=resource,
        typed=typed,
        places={"": gettext("Please choose"), **{one.slug: one.name for one in session.scalars(places)}},
        offers=list(offers),
        ticked=set(typed.values.getlist("services")),
        given=given,
        links=beside("resource", slug=resource.slug) if resource else [],
    )


@open_to(Right.SETTINGS)
def archive(slug: str) -> ResponseReturnValue:
    """The warning, then the act."""
    session, person = reading(), signed_in()
    resource = _found(session, slug)
    if request.method == "POST":
        triage = try_to(
            hall(),
            request.values,
            lambda s, decided: catalogue.archive_resource(s, hall(), person, slug, decided),
        )
        if isinstance(triage, Triage):
            title = gettext("Archive “%(name)s”?", name=resource.name)
            return undecided(triage, title, url_for("office.resource", slug=slug))
        flash(gettext("%(name)s can no longer be booked.", name=resource.name), "good")
        return redirect(url_for("office.resources"), 303)
    return warned(
        resource.name,
        gettext("Nobody can be booked with %(name)s any more.", name=resource.name),
        action=url_for("office.archive_resource", slug=slug),
        back=url_for("office.resource", slug=slug),
    )


@open_to(Right.SETTINGS)
def restore(slug: str) -> ResponseReturnValue:
    """Bring an archived one back."""
    person = signed_in()
    made = hall().database.write(lambda session: catalogue.restore_resource(session, person, slug))
    flash(gettext("%(name)s can be booked again.", name=made.name), "good")
    return redirect(url_for("office.resources"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    both = ["GET", "POST"]
    office.get("/settings/people/", endpoint="resources")(overview)
    office.route("/settings/people/new/<kind>", methods=both, endpoint="new_resource")(new)
    office.route("/settings/people/<slug>", methods=both, endpoint="resource")(edit)
    office.route("/settings/people/<slug>/archive", methods=both, endpoint="archive_resource")(archive)
    office.post("/settings/people/<slug>/restore", endpoint="restore_resource")(restore)
