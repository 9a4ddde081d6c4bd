"""Named links to the booking by API (K62 to K64)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import Right, open_to
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.api.times import Day
from vorzimmer_web.shell import invitations
from vorzimmer_web.shell.invitations import Invitation, NewInvitation

links = Blueprint("api_links", __name__)


class Target(shapes.Taken):
    """What a link presets, by slugs; `category` are names."""

    service: shapes.Slug | None = None
    staff: shapes.Slug | None = None
    location: shapes.Slug | None = None
    category: list[shapes.Line] = Field(default_factory=list, max_length=20)


class NewLink(shapes.Taken):
    """A link; `first` and `last` are days, inclusive; `single` ends it after one appointment."""

    name: shapes.Line
    target: Target = Target()
    first: Day | None = None
    last: Day | None = None
    single: bool = False


class ChangedLink(shapes.Taken):
    """What changes of a link; what is not given stays, and null takes a day away."""

    name: shapes.Line = ""
    target: Target | None = None
    first: Day | None = None
    last: Day | None = None
    single: bool = False


class LinkOut(BaseModel):
    """A link with its address, and how many appointments it brought."""

    id: str
    name: str
    url: str
    target: dict[str, Any]
    first: date | None
    last: date | None
    single: bool
    appointments: int


class OneLink(BaseModel):
    """One link."""

    link: LinkOut


class Links(BaseModel):
    """All links, the newest first."""

    links: list[LinkOut]


@links.get("/links")
@open_to(Right.SETTINGS)
@call(Links, key=True)
def listed(query: shapes.NoQuery) -> Response:
    """All named links."""
    with hall().database.reading() as session:
        found = invitations.listed(session, staff_caller())
        return jsonify(links=[_out(one, number) for one, number in found])


@links.post("/links")
@open_to(Right.SETTINGS)
@call(OneLink, 201, key=True)
def create(json: NewLink) -> Response:
    """Make a named link."""
    actor = staff_caller()
    wanted = NewInvitation(json.name, _target(json.target), json.first, json.last, json.single)

    def work(session: Session) -> Answer:
        return {"link": _out(invitations.create(session, actor, wanted, _today(session)), 0)}, 201

    return answered(work)


def _today(session: Session) -> date:
    return database.now(session).astimezone(hall().config.zone).date()


@links.patch("/links/<link_id>")
@open_to(Right.SETTINGS)
@call(OneLink, key=True)
def change(link_id: str, json: ChangedLink) -> Response:
    """Change what a link is called, presets, and when it holds; its address stays."""
    actor, number = staff_caller(), _number(link_id)

    def work(session: Session) -> Answer:
        was = invitations.get(session, number)
        kept = {name: getattr(was, name) for name in ("name", "target", "first", "last", "single")}
        given = {name: getattr(json, name) for name in json.model_fields_set}
        if json.target is not None:
            given["target"] = _target(json.target)
        wanted = NewInvitation(**{**kept, **given})
        made = invitations.change(session, actor, number, wanted, _today(session))
        return {"link": _out(made, invitations.appointments(session, made))}, 200

    return answered(work)


@links.delete("/links/<link_id>")
@open_to(Right.SETTINGS)
@call(None, 204, key=True)
def delete(link_id: str) -> Response:
    """Delete a link, which says that it has ended from then on."""
    actor, number = staff_caller(), _number(link_id)
    hall().database.write(lambda session: invitations.delete(session, actor, number))
    return Response(status=204)


def _number(link_id: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,8}", link_id):
        raise Refused(Reason.NOT_FOUND)
    return int(link_id)


def _target(given: Target) -> dict[str, Any]:
    return {key: value for key, value in given.model_dump().items() if value}


def _out(one: Invitation, number: int) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "url": invitations.address(one),
        "target": one.target,
        "first": one.first.isoformat() if one.first else None,
        "last": one.last.isoformat() if one.last else None,
        "single": one.single,
        "appointments": number,
    }
