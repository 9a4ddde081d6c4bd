"""Absences by API; the store is a plugin's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from vorzimmer import database, hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.as_json import show
from vorzimmer.hookspecs import Absence, Absences, NewAbsence
from vorzimmer.periods import Period, day_period
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.api.times import DAY, INSTANT, Day, Instant

absences = Blueprint("api_absences", __name__)

FOREVER = datetime(2999, 1, 1, tzinfo=UTC)
Kind = Literal["vacation", "sick", "break", "other"]
DayOrTime = Annotated[str, Field(pattern=f"{DAY}|{INSTANT}")]


class Window(shapes.Query):
    """Which absences: those that overlap these local days, `to` inclusive; from today on where `from` is left out."""

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None


class AbsenceIn(shapes.Deciding):
    """An absence to enter: days (`end` inclusive) or times; `decisions` says what becomes of each booking in it."""

    resource: shapes.Slug
    start: Day | Instant = Field(union_mode="left_to_right")
    end: Day | Instant = Field(union_mode="left_to_right")
    kind: Kind
    note: str = Field("", max_length=100)


class AbsenceOut(BaseModel):
    """An absence; days where whole days were meant, else times."""

    id: str
    resource: str
    start: DayOrTime
    end: DayOrTime
    kind: Kind
    note: str | None = Field(None, description="What for, where somebody wrote it.")


class OneAbsence(BaseModel):
    """One absence."""

    absence: AbsenceOut


class AllAbsences(BaseModel):
    """The absences in the window."""

    absences: list[AbsenceOut]


def _store() -> Absences:
    found = hall().plugins.ask_first(hookspecs.absences)
    if found is None:
        raise NotFound
    return found


@absences.get("/absences")
@open_to(Right.AVAILABILITY)
@call(AllAbsences, key=True)
def listed(query: Window) -> Response:
    """Who is away, as far as the caller's rights reach."""
    actor, zone = staff_caller(), hall().config.zone
    with hall().database.reading() as session:
        today = database.now(session).astimezone(zone).date()
        end = day_period(query.to, zone).end if query.to else FOREVER
        window = Period(day_period(query.from_ or today, zone).start, end)
        return jsonify(absences=[_out(found) for found in _store().listed(session, actor, window)])


@absences.post("/absences")
@open_to(Right.AVAILABILITY)
@call(OneAbsence, 201, key=True, refusals=(409,))
def enter(json: AbsenceIn) -> Response:
    """Enter an absence and do what was decided, in one transaction; undecided bookings refuse it (`affected`)."""
    actor = staff_caller()
    wanted = NewAbsence(
        json.resource, json.start, json.end, json.kind, json.decisions, json.message, json.note
    )

    def work(session: Session) -> Answer:
        return {"absence": _out(_store().enter(session, hall(), actor, wanted))}, 201

    return answered(work)


@absences.delete("/absences/<absence_id>")
@open_to(Right.AVAILABILITY)
@call(None, 204, key=True)
def delete(absence_id: str) -> Response:
    """Take an absence back; what was decided stays so."""
    actor = staff_caller()
    if not re.fullmatch("[1-9][0-9]{0,8}", absence_id):
        raise Refused(Reason.NOT_FOUND)
    hall().database.write(lambda session: _store().delete(session, actor, int(absence_id)))
    return Response(status=204)


def _out(found: Absence) -> dict[str, Any]:
    place = found.resource.location
    zone = ZoneInfo(place.zone) if place else hall().config.zone
    return {
        "id": str(found.id),
        "resource": found.resource.slug,
        "start": _said(found.start, zone),
        "end": _said(found.end, zone),
        "kind": found.kind,
    } | ({"note": found.note} if found.note else {})


def _said(moment: date | datetime, zone: ZoneInfo) -> str:
    return show(moment, zone) if isinstance(moment, datetime) else moment.isoformat()
