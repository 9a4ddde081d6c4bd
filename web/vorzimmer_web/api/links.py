"""Named links to the booking by API (K62 to K64)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from vorzimmer.access import Right, open_to
from vorzimmer.here import hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer_web import invitations
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.api.times import Day
from vorzimmer_web.invitations import Invitation, NewInvitation
from vorzimmer_web.office.settings.publish import link_address

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
    target = {key: value for key, value in json.target.model_dump().items() if value}
    wanted = NewInvitation(json.name, target, json.first, json.last, json.single)

    def work(session: Session) -> Answer:
        return {"link": _out(invitations.create(session, actor, wanted), 0)}, 201

    return answered(work)


@links.delete("/links/<link_id>")
@open_to(Right.SETTINGS)
@call(None, 204, key=True)
def delete(link_id: str) -> Response:
    """Delete a link, which leads nowhere from then on."""
    actor = staff_caller()
    if not re.fullmatch("[1-9][0-9]{0,8}", link_id):
        raise Refused(Reason.NOT_FOUND)
    hall().database.write(lambda session: invitations.delete(session, actor, int(link_id)))
    return Response(status=204)


def _out(one: Invitation, number: int) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "url": link_address(one),
        "target": one.target,
        "first": one.first.isoformat() if one.first else None,
        "last": one.last.isoformat() if one.last else None,
        "single": one.single,
        "appointments": number,
    }
