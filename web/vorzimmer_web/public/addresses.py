"""Addresses are promises: whatever was handed out leads somewhere sensible for ever (O5, B31).

What an address presets is looked up by today's names and by earlier ones; what no longer fits is said in one line, and
the customer chooses. Of each address that somebody comes by from elsewhere the day is kept, and nothing of who it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import gettext
from sqlalchemy import Date, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from vorzimmer import catalogue, database
from vorzimmer.models import Location, Requirement, Resource, Service
from vorzimmer.server.here import hall
from vorzimmer_web.public import presets
from vorzimmer_web.public.choices import given_by
from vorzimmer_web.shell.invitations import Tables
from vorzimmer_web.shell.requests import reading
from vorzimmer_web.shell.site import is_framed

Row = TypeVar("Row", Service, Resource, Location)
SEEN = "vorzimmer_web_addresses"
MOST = 2_000
"""So many addresses are remembered; nobody fills the table from outside."""


class Address(Tables):
    """An address that somebody came by from elsewhere, and the day of the last time."""

    __tablename__ = "vorzimmer_web_address"

    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    used_on: Mapped[date] = mapped_column(Date)


@dataclass
class Asked:
    """What an address presets, by today's names, and a line for each thing that does not fit any more."""

    staff: str | None = None
    location: str | None = None
    categories: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    """What exists of it or existed once, as it was asked for: part of an address that was handed out."""


def called(session: Session, kind: type[Row], slug: str) -> Row | None:
    """What is called so, or was once; archived or not."""
    found = session.scalar(select(kind).where(kind.slug == slug))
    if found is None and (now := catalogue.leads_to(session, kind, slug)) is not None:
        found = session.scalar(select(kind).where(kind.slug == now))
    return found


def of_choice(
    session: Session, given: Mapping[str, str], people: Sequence[Resource], places: Mapping[str, Location]
) -> Asked:
    """The person and the place for a service that `people` give."""
    asked = Asked()
    _place(session, asked, given.get("location"), places)
    slug = given.get("staff")
    if slug in (None, "", "any"):
        asked.staff = slug or None
        return asked
    person = called(session, Resource, slug)
    if person is not None and person.slug in {one.slug for one in people}:
        asked.staff, asked.known["staff"] = person.slug, slug
    elif person is not None:
        asked.known["staff"] = slug
        asked.lines.append(gettext("%(name)s does not give this at the moment.", name=person.name))
    else:
        asked.lines.append(gettext("The person whom this link names is no longer here."))
    return asked


def _place(session: Session, asked: Asked, slug: str | None, places: Mapping[str, Location]) -> None:
    if slug in (None, "", "any"):
        asked.location = slug or None
        return
    place = called(session, Location, slug)
    if place is not None:
        asked.known["location"] = slug
    if place is not None and place.slug in places:
        asked.location = place.slug
    else:
        asked.lines.append(gettext("The place that this link names is no longer there."))


def of_start(
    session: Session, given: Any, offered: Sequence[Service], places: Mapping[str, Location]
) -> Asked:
    """Person, place and categories for the page of the practice, which offers these services."""
    asked = Asked()
    _place(session, asked, given.get("location"), places)
    _categories(session, asked, given.getlist("category"), {one.category for one in offered if one.category})
    slug = given.get("staff")
    person = called(session, Resource, slug) if slug not in (None, "", "any") else None
    if person is not None:
        asked.known["staff"] = slug
    if person is not None and given_by(session, hall(), offered, person.slug):
        asked.staff = person.slug
    elif person is not None:
        asked.lines.append(
            gettext("With %(name)s nothing can be booked online at the moment.", name=person.name)
        )
    elif slug not in (None, "", "any"):
        asked.lines.append(gettext("The person whom this link names is no longer here."))
    _gone(session, asked, given.get("gone"))
    return asked


def _categories(session: Session, asked: Asked, names: Sequence[str], there: set[str]) -> None:
    found = [name if name in there else catalogue.leads_to(session, None, name) for name in names]
    asked.categories = [name for name in found if name in there]
    asked.known |= (
        {"category": [old for old, now in zip(names, found, strict=True) if now]} if any(found) else {}
    )
    if names and not asked.categories:
        asked.lines.append(
            gettext("What this link showed is no longer offered. This is everything that we offer:")
        )


def _gone(session: Session, asked: Asked, slug: str | None) -> None:
    service = called(session, Service, slug) if slug else None
    if service is not None and not service.active:
        asked.lines.append(
            gettext("“%(name)s” can no longer be booked. This is what we offer:", name=service.name)
        )


# ---- services that lead on -------------------------------------------------------------------------------------------


def instead(session: Session, service: Service, staff: str | None) -> Service | None:
    """The person's own version of a service, where they give it in place of the catalogue's (O57)."""
    person = called(session, Resource, staff) if staff not in (None, "", "any") else None
    if person is None:
        return None
    versions = session.scalars(select(Service).where(Service.variant_of == service.id, Service.active)).all()
    return next((one for one in versions if given_by(session, hall(), [one], person.slug)), None)


def after(session: Session, gone: Service) -> tuple[Service, str] | None:
    """Where an own version leads that can no longer be booked: to the catalogue's service, with the same person."""
    original = session.get(Service, gone.variant_of) if gone.variant_of else None
    if original is None or not original.active:
        return None
    wanted = select(Requirement).where(Requirement.service_id == gone.id, Requirement.kind == "staff")
    givers = [offer.resource.slug for need in session.scalars(wanted) for offer in need.offers]
    return original, givers[0] if len(givers) == 1 else "any"


# ---- the last use ----------------------------------------------------------------------------------------------------


def note(target: Mapping[str, Any]) -> None:
    """Remember that somebody came by the address of this target today, from elsewhere."""
    note_path(presets.path(target, framed=is_framed(request)))


def note_path(path: str) -> None:
    """Remember that somebody came by an address today; pages must be read where nothing can be written, too."""
    if not _from_elsewhere() or len(path) > 300:
        return
    today = database.now(reading()).astimezone(hall().config.zone).date()
    seen: set[tuple[str, date]] = current_app.extensions.setdefault(SEEN, set())
    if (path, today) in seen:
        return
    if len(seen) > MOST:
        seen.clear()
    if hall().database.note(lambda session: _keep(session, path, today)):
        seen.add((path, today))


def _from_elsewhere() -> bool:
    """Whether a person comes from outside of these pages, as far as a browser says so."""
    site = request.headers.get("Sec-Fetch-Site")
    if request.method != "GET" or "HX-Request" in request.headers or site in ("same-origin", "same-site"):
        return False
    return site is not None or urlsplit(request.referrer or "").netloc != request.host


def _keep(session: Session, path: str, today: date) -> None:
    row = session.get(Address, path)
    if row is not None:
        row.used_on = today
    elif (session.scalar(select(func.count()).select_from(Address)) or 0) < MOST:
        session.add(Address(path=path, used_on=today))
