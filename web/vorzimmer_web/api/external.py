"""Calendars elsewhere by API; the store is a plugin's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from vorzimmer import hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.as_json import show
from vorzimmer.hookspecs import ExternalCalendar, ExternalCalendars, NewExternalCalendar
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller

external = Blueprint("api_external", __name__)

Kind = Literal["ics", "caldav"]
Busy = Literal["busy", "free"]
WhenStale = Literal["offer", "refuse"]
Title = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Secret = Annotated[str, StringConstraints(max_length=200)]


class Changed(shapes.Taken):
    """Everything but whose and of which kind it is; an empty `address` keeps address, user and password.

    `mine`: the owner's e-mail address there, by which declined invitations are known. `stale`: what to do once it has
    not answered for too long.
    """

    title: Title
    address: shapes.Text = ""
    user: Secret = ""
    password: Secret = ""
    mine: shapes.NoEmail = ""
    tentative: Busy = "busy"
    all_day: Busy = "busy"
    stale: WhenStale = "offer"


class CalendarIn(Changed):
    """A calendar elsewhere of a person, room or device; `user` and `password` are needed for `caldav`."""

    resource: shapes.Slug
    kind: Kind


class RemarkOut(BaseModel):
    """What people should know of so many events, the first of them at that time; `text` with its `facts` in it."""

    text: str
    facts: dict[str, str | int]
    when: shapes.When | None = None
    events: int = Field(default=0, ge=0)


class CalendarOut(BaseModel):
    """A calendar elsewhere; its address is a secret, `host` is all that is told of it. `busy`: how many times."""

    id: str
    resource: str
    kind: Kind
    title: str
    host: str
    mine: str
    tentative: Busy
    all_day: Busy
    stale: WhenStale
    last_success: shapes.When | None
    out_of_date: bool
    error: str
    remarks: list[RemarkOut]
    busy: int = Field(ge=0)


class OneCalendar(BaseModel):
    """One calendar elsewhere."""

    external_calendar: CalendarOut


class AllCalendars(BaseModel):
    """The calendars elsewhere."""

    external_calendars: list[CalendarOut]


def _store() -> ExternalCalendars:
    found = hall().plugins.ask_first(hookspecs.external_calendars)
    if found is None:
        raise NotFound
    return found


@external.get("/external-calendars")
@open_to(Right.AVAILABILITY)
@call(AllCalendars, key=True)
def listed() -> Response:
    """Those of everybody whose availability the caller may change."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(external_calendars=[_out(found) for found in _store().listed(session, actor)])


@external.post("/external-calendars")
@open_to(Right.AVAILABILITY)
@call(OneCalendar, 201, key=True)
def enter(json: CalendarIn) -> Response:
    """Add one; the worker reads it in a moment."""
    actor = staff_caller()

    def work(session: Session) -> Answer:
        made = _store().enter(session, hall(), actor, json.resource, _wanted(json, json.kind))
        return {"external_calendar": _out(made)}, 201

    return answered(work)


@external.put("/external-calendars/<calendar_id>")
@open_to(Right.AVAILABILITY)
@call(OneCalendar, key=True)
def change(calendar_id: str, json: Changed) -> Response:
    """Set it anew; the worker reads it in a moment."""
    actor, number = staff_caller(), _number(calendar_id)
    return _one(lambda s: _store().change(s, hall(), actor, number, _wanted(json, "")))


@external.post("/external-calendars/<calendar_id>/read")
@open_to(Right.AVAILABILITY)
@call(OneCalendar, key=True)
def read_soon(calendar_id: str) -> Response:
    """Have the worker read it now; this call does not wait for it."""
    actor, number = staff_caller(), _number(calendar_id)
    return _one(lambda session: _store().read_soon(session, actor, number))


@external.delete("/external-calendars/<calendar_id>")
@open_to(Right.AVAILABILITY)
@call(None, 204, key=True)
def delete(calendar_id: str) -> Response:
    """Forget it; its time is free at once."""
    actor, number = staff_caller(), _number(calendar_id)
    hall().database.write(lambda session: _store().delete(session, actor, number))
    return Response(status=204)


def _one(work: Callable[[Session], ExternalCalendar]) -> Response:
    return answered(lambda session: ({"external_calendar": _out(work(session))}, 200))


def _number(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise Refused(Reason.NOT_FOUND)
    return int(text)


def _wanted(json: Changed, kind: str) -> NewExternalCalendar:
    return NewExternalCalendar(
        kind,
        json.title,
        json.address,
        json.user,
        json.password,
        json.mine,
        json.tentative == "busy",
        json.all_day == "busy",
        json.stale == "offer",
    )


def _remark(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, "when": show(found["when"], hall().config.zone) if found["when"] else None}


def _out(found: ExternalCalendar) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "resource": found.resource.slug,
        "kind": found.kind,
        "title": found.title,
        "host": found.host,
        "mine": found.mine,
        "tentative": "busy" if found.tentative_busy else "free",
        "all_day": "busy" if found.all_day_busy else "free",
        "stale": "offer" if found.offer_when_stale else "refuse",
        "last_success": show(found.success_at, hall().config.zone) if found.success_at else None,
        "out_of_date": found.stale,
        "error": found.error,
        "remarks": [_remark(remark) for remark in found.remarks],
        "busy": found.busy,
    }
