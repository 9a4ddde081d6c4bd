"""What a run is told: which column is what, or whose calendar it is and which words mean which service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import customers, hookspecs
from vorzimmer.models import Attribute, Resource, Service
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_import import headings
from vorzimmer_import.cells import month_first
from vorzimmer_import.headings import ADDED
from vorzimmer_import.models import CSV, Item, Run

NO_SERVICE = N_("There is no such service.")
NO_COLUMN = N_("There is no such column.")
NO_CALENDAR = N_("Please choose whose calendar it is.")
CALENDARS_OFF = N_("Calendars are switched off here.")


def attributes(session: Session) -> list[Attribute]:
    """The practice's own questions to customers, which a column may answer."""
    return [one.attribute for one in customers.questions(session)]


def columns(session: Session, run: Run, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Options of a table: `chosen` by place ("0" is the first), nothing else; ValueError (a msgid)."""
    filled = {place: field for place, field in chosen.items() if field}
    error = headings.wrong(filled, headings.choices(attributes(session), ""))
    if error is not None or not all(place.isdigit() and int(place) < len(run.head) for place in filled):
        raise ValueError(error or NO_COLUMN)
    american = _month_first(session, run, filled)
    return {"columns": filled, "month_first": american} if american else {"columns": filled}


def _month_first(session: Session, run: Run, filled: Mapping[str, str]) -> list[str]:
    """The columns of dates whose lines, all together, tell that the month comes first."""
    days = {f"fields.{one.slug}" for one in attributes(session) if one.kind == "date"}
    places = [place for place, field in filled.items() if field in days]
    lines = select(Item.cells).where(Item.run_id == run.id, Item.flawed.is_(False))
    found = session.scalars(lines.execution_options(yield_per=1000)) if places else ()
    texts = [[cells[int(place)] for place in places] for cells in found]
    return [place for at, place in enumerate(places) if month_first(line[at] for line in texts)]


def calendar(session: Session, hall: Hall, resource: str, phrases: Mapping[str, str]) -> dict[str, Any]:
    """Options of a calendar: whose it is, and words of titles to services, all by slugs; ValueError (a msgid)."""
    if hall.plugins.ask_first(hookspecs.own_calendars) is None:
        raise ValueError(CALENDARS_OFF)
    if session.scalar(select(Resource.id).where(Resource.slug == resource, Resource.active)) is None:
        raise ValueError(NO_CALENDAR)
    if not set(phrases.values()) <= {service.slug for service in services(session)}:
        raise ValueError(NO_SERVICE)
    return {"resource": resource, "phrases": dict(phrases)}


def services(session: Session) -> list[Service]:
    """All that can be booked, by name."""
    return list(session.scalars(select(Service).where(Service.active).order_by(Service.name)))


def by_words(
    session: Session, hall: Hall, run: Run, said: Mapping[str, str], resource: str
) -> dict[str, Any]:
    """The options as the command line gives them, on top of what can be guessed; ValueError (a msgid)."""
    if run.kind == CSV:
        guess = headings.guessed(run.head, attributes(session))
        own = {_place(run, column): field for column, field in said.items()}
        free = {at: field for at, field in guess.items() if field in ADDED or field not in own.values()}
        return columns(session, run, free | own)
    names = {service.name: service.slug for service in services(session)}
    return calendar(session, hall, resource, names | dict(said))


def _place(run: Run, column: str) -> str:
    """Where a column stands that is named by its heading, or by its number from 1."""
    names = [name.casefold() for name in run.head]
    if column.strip().casefold() in names:
        return str(names.index(column.strip().casefold()))
    if column.isascii() and column.isdigit() and 1 <= int(column) <= len(names):
        return str(int(column) - 1)
    raise ValueError(NO_COLUMN)
