"""The practice's public page: what it offers, who works there, where and when, and how to reach it (K60)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from vorzimmer import database
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.booking import is_open
from vorzimmer.models import Location, Service
from vorzimmer.reasons import PluginFailed
from vorzimmer.server.here import hall
from vorzimmer_web.public import addresses, booking, presets
from vorzimmer_web.public.choices import everybody, given_by, listed_services, places
from vorzimmer_web.public.opening import week_of
from vorzimmer_web.shell import invitations
from vorzimmer_web.shell.requests import reading
from vorzimmer_web.shell.site import is_framed


@open_to(EVERYONE)
def services() -> ResponseReturnValue:
    """The practice and its services; `?category=` (also several) and `?staff=` show some of them."""
    if presets.are_given():
        return presets.kept(".services")
    offered, here = listed_services(reading(), hall()), places(reading())
    asked = addresses.of_start(reading(), request.args, offered, here)
    addresses.note(asked.known)
    found = [one for one in offered if not asked.categories or one.category in asked.categories]
    if asked.staff:
        found = given_by(reading(), hall(), found, asked.staff)
    chosen = {"staff": asked.staff, "location": asked.location}
    return render_template(
        "booking/services.html",
        services=found,
        chosen={key: slug for key, slug in chosen.items() if slug},
        asked=asked,
        is_open=is_open(hall()),
        **({} if is_framed(request) else _about(here, offered)),
    )


def _about(here: dict[str, Location], offered: list[Service]) -> dict[str, Any]:
    """What the page tells of the practice beside its services; in a frame the site around tells it."""
    session = reading()
    try:
        people = everybody(session, hall(), offered)
    except PluginFailed:  # who works here is told again as soon as the plugin that knows it works
        people = []
    weeks = week_of(session, hall(), people, list(here.values()), database.now(session))
    zones = {slug: ZoneInfo(place.zone) for slug, place in here.items()}
    return {"people": people, "places": here, "weeks": weeks, "zones": zones}


@open_to(EVERYONE)
def invited(secret: str) -> ResponseReturnValue:
    """Follow a link of the practice's, as long as it leads anywhere (K62, K63)."""
    found, moment = invitations.by_secret(reading(), secret), database.now(reading())
    today = moment.astimezone(hall().config.zone).date()
    addresses.note_path(f"/i/{secret}")
    if invitations.begins_later(found, today):
        return render_template("booking/link_early.html", first=found.first), 409
    if not invitations.leads_on(reading(), found, moment, today):
        return render_template("booking/link_over.html"), 410
    session["invited"] = secret
    return redirect(presets.path(found.target), 303)


def pages_of(name: str, start: str, below: str) -> Blueprint:
    """The booking under a name of its own: the page of the practice at `start`, each service `below`."""
    pages = Blueprint(name, __name__)
    pages.get(start)(services)
    booking.add_to(pages, below)
    presets.add_to(pages)
    return pages


pages = pages_of("booking", "/", "/book/<slug>")
pages.get("/i/<secret>")(invited)
