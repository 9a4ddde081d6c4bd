"""The addresses that were handed out: where each leads today, and when somebody came by it last (B31)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import Right, open_to
from vorzimmer.addresses import CATEGORY
from vorzimmer.models import Location, OldAddress, Resource, Service
from vorzimmer.server.here import hall
from vorzimmer_web.public import presets
from vorzimmer_web.public.addresses import Address
from vorzimmer_web.shell.invitations import Invitation
from vorzimmer_web.shell.requests import reading


@dataclass(frozen=True)
class Promise:
    """An address, what it shows today, and the day of its last use; `old` is one that only leads on."""

    path: str
    shows: str
    used_on: date | None
    old: bool = False


def promises(session: Session) -> list[Promise]:
    """All of them: of what there is, of what was called otherwise or is gone, and whatever else somebody came by."""
    used = {row.path: row.used_on for row in session.scalars(select(Address))}
    known = {path: Promise(path, shows, used.get(path), old) for path, shows, old in _known(session)}
    others = [Promise(path, "", day) for path, day in used.items() if path not in known]
    return sorted([*known.values(), *others], key=lambda one: (one.old, one.path))


def _known(session: Session) -> Iterator[tuple[str, str, bool]]:
    names: dict[tuple[str, str], str] = {}
    for service in session.scalars(select(Service)):
        names["service", service.slug] = service.name
        shows = service.name if service.active else gettext("no longer booked: leads to what else there is")
        yield presets.path({"service": service.slug}), shows, not service.active
    for person in session.scalars(select(Resource).where(Resource.kind == "staff")):
        names["resource", person.slug] = person.name
        shows = person.name if person.active else gettext("no longer booked: leads to what else there is")
        yield presets.path({"staff": person.slug}), shows, not person.active
    for place in session.scalars(select(Location)):
        names["location", place.slug] = place.name
        shows = place.name if place.active else gettext("no longer booked: leads to what else there is")
        yield presets.path({"location": place.slug}), shows, not place.active
    for name in session.scalars(
        select(Service.category).where(Service.category != "", Service.active).distinct()
    ):
        yield presets.path({"category": [name]}), name, False
    yield from _old(session, names)
    yield from _links(session)


def _old(session: Session, names: dict[tuple[str, str], str]) -> Iterator[tuple[str, str, bool]]:
    keys = {"service": "service", "resource": "staff", "location": "location", CATEGORY: "category"}
    for row in session.scalars(select(OldAddress)):
        name = names.get((row.kind, row.now), row.now)
        if row.kind != "resource" or (row.kind, row.now) in names:  # rooms have no address of their own
            yield presets.path({keys[row.kind]: row.old}), gettext("leads on: %(name)s", name=name), True


def _links(session: Session) -> Iterator[tuple[str, str, bool]]:
    for link in session.scalars(select(Invitation).order_by(Invitation.id)):
        gone = link.deleted_at is not None
        shows = (
            gettext("a named link that is deleted")
            if gone
            else gettext("named link “%(name)s”", name=link.name)
        )
        yield f"/i/{link.secret}", shows, gone


@open_to(Right.SETTINGS)
def show() -> str:
    """The page."""
    return render_template(
        "office/settings/addresses.html", promises=promises(reading()), base=hall().config.base_url
    )


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.get("/settings/publish/addresses", endpoint="addresses")(show)
