"""The booking made public: links, buttons, frames, QR codes, named links (C40 to C46, K60 to K65, O64, O65)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import booking, database, urls
from vorzimmer.access import Right, open_to
from vorzimmer.models import Location, Resource, Service
from vorzimmer.reasons import N_, Refused
from vorzimmer.server.guard import CONTENT_SECURITY_POLICY, FRAMES
from vorzimmer.server.here import hall
from vorzimmer.settings import change
from vorzimmer_web.office import checklist
from vorzimmer_web.office.settings import qr, ready
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.public import presets
from vorzimmer_web.public.choices import given_by
from vorzimmer_web.shell import invitations
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.typed import Typed

KINDS = "<any(svg, png, pdf):kind>"


@open_to(Right.SETTINGS)
def show() -> ResponseReturnValue:
    """The page; what the address presets is what the link presets."""
    return _shown()


def _shown(status: int = 200) -> ResponseReturnValue:
    return page(_sites(hall().config.settings.practice), status)


def _sites(practice: Any) -> Typed:
    return Typed({"sites": "\n".join(practice.embed_on)})


def page(typed: Typed, status: int = 200) -> ResponseReturnValue:
    """The page with its preview: the one page of the office that has a frame in it."""
    target, today = target_of(request.args), database.now(reading()).astimezone(hall().config.zone).date()
    address = urls.absolute(hall().config, presets.path(target))
    page = make_response(
        render_template(
            "office/settings/publish.html",
            **choices(),
            typed=typed,
            target=target,
            address=address,
            framed_path=presets.path(target, framed=True),
            framed_address=urls.absolute(hall().config, presets.path(target, framed=True)),
            script_address=urls.absolute(hall().config, "/embed.js"),
            code=qr.drawn(address, gettext("QR code of the link")),
            fits=_fits(target),
            links=invitations.listed(reading(), signed_in()),
            link_address=invitations.address,
            today=today,
            sites_fixed=hall().config.is_fixed("practice", "embed_on"),
            papers=beside("publish", path=presets.path(target)),
            ready=ready.texts(address),
            is_open=booking.is_open(hall()),
            online=hall().config.settings.booking.online,
            online_fixed=hall().config.is_fixed("booking", "online"),
            missing=checklist.needed_to_publish(reading()),
        ),
        status,
    )
    page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "default-src 'none';", "default-src 'none'; frame-src 'self';"
    )
    page.headers[FRAMES[0]] = FRAMES[1]
    return page


def choices() -> dict[str, Any]:
    """What can be preset: services, people, places and categories."""
    session = reading()
    services = session.scalars(
        select(Service).where(Service.active).order_by(Service.category, Service.name)
    ).all()
    people = select(Resource).where(Resource.kind == "staff", Resource.active).order_by(Resource.name)
    places = select(Location).where(Location.active).order_by(Location.name)
    return {
        "services": {one.slug: one.name for one in services},
        "people": {one.slug: one.name for one in session.scalars(people)},
        "places": {one.slug: one.name for one in session.scalars(places)},
        "categories": sorted({one.category for one in services if one.category and one.listed}),
    }


def target_of(given: Any) -> dict[str, Any]:
    """What was chosen, as far as it exists: an address that presets anything else leads nowhere."""
    known = choices()
    lists = {"service": "services", "staff": "people", "location": "places"}
    target: dict[str, Any] = {key: given[key] for key, name in lists.items() if given.get(key) in known[name]}
    categories = [one for one in given.getlist("category") if one in known["categories"]]
    if categories and "service" not in target:
        target["category"] = categories
    return target


def _fits(target: dict[str, Any]) -> bool:
    """Whether the person gives the service; else the link would offer nothing."""
    if not {"service", "staff"} <= target.keys():
        return True
    service = reading().scalars(select(Service).where(Service.slug == target["service"])).one()
    return bool(given_by(reading(), hall(), [service], target["staff"]))


@open_to(Right.SETTINGS)
def open_online() -> ResponseReturnValue:
    """Publish: from now on customers book by themselves; or close it again (K60)."""
    wanted = request.form.get("online") == "1"
    if wanted and checklist.needed_to_publish(reading()):
        return _shown(409)
    hall().database.write(lambda s: change.save(s, hall(), signed_in(), "booking", {"online": wanted}))
    hall().refresh(at_once=True)
    said = N_("The online booking is open.") if wanted else N_("The online booking is closed.")
    flash(gettext(said), "good")
    return redirect(url_for("office.publish"), 303)


@open_to(Right.SETTINGS)
def code(kind: str) -> ResponseReturnValue:
    """The QR code of a link with presets, to download."""
    target = target_of(request.args)
    name = "-".join(["termin", *filter(None, [target.get("service"), target.get("staff")])])
    return qr.answer(urls.absolute(hall().config, presets.path(target)), kind, name)


@open_to(Right.SETTINGS)
def save_sites() -> ResponseReturnValue:
    """Which sites may show the booking in a frame (A65)."""
    typed = Typed(request.form)
    sites = typed.get("sites").split()

    def work(session: Session) -> None:
        typed.check(session, lambda: _sites(change.held(session, hall(), "practice")))
        change.save(session, hall(), signed_in(), "practice", {"embed_on": sites})

    try:
        hall().database.write(work)
    except Refused as refusal:
        status = typed.refused(refusal)
        if "embed_on" in typed.errors:
            typed.errors["sites"] = typed.errors.pop("embed_on")
        return page(typed, status)
    hall().refresh(at_once=True)
    flash(gettext("These sites may show the booking from now on."), "good")
    return redirect(url_for("office.publish", _anchor="sites"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/publish", endpoint="publish")(show)
    office.get(f"/settings/publish/code.{KINDS}", endpoint="publish_code")(code)
    office.post("/settings/publish/online", endpoint="publish_online")(open_online)
    office.post("/settings/publish/sites", endpoint="publish_sites")(save_sites)
