"""Working and opening hours by API; the store is a plugin's."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from vorzimmer import hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.hookspecs import HoursOf, WorkingHours
from vorzimmer.periods import MINUTES_A_DAY
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.api.times import DAY, Day

hours = Blueprint("api_hours", __name__)

Clock = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Kind = Literal["resource", "location", "service"]


class PeriodIn(shapes.Taken):
    """A period of a local day; one that ends before it begins reaches into the next day."""

    start: Clock
    end: Clock


class PeriodOut(BaseModel):
    """A period of a local day."""

    start: Clock
    end: Clock


Periods = Annotated[list[PeriodIn], Field(max_length=12)]


class Whose(shapes.Deciding):
    """Whose hours: a person, room or device at a `location`, a location itself, or a service."""

    kind: Kind
    slug: shapes.Slug
    location: shapes.Slug | None = None


class NewWeek(Whose):
    """The hours of a week; a day without periods is closed."""

    monday: Periods = Field(default_factory=list)
    tuesday: Periods = Field(default_factory=list)
    wednesday: Periods = Field(default_factory=list)
    thursday: Periods = Field(default_factory=list)
    friday: Periods = Field(default_factory=list)
    saturday: Periods = Field(default_factory=list)
    sunday: Periods = Field(default_factory=list)


class NewDay(Whose):
    """The hours of one date, which replace the week's; none close it (without a `location` at every place), null takes
    the exception back."""

    day: Day
    periods: Periods | None
    on_holidays: bool = False


class DayOut(BaseModel):
    """The hours of one date."""

    day: Annotated[str, Field(pattern=DAY)]
    periods: list[PeriodOut]


class HoursOut(BaseModel):
    """The hours of one subject at one place: by weekday, and the dates to come that differ."""

    kind: Kind
    slug: str
    location: str | None
    monday: list[PeriodOut]
    tuesday: list[PeriodOut]
    wednesday: list[PeriodOut]
    thursday: list[PeriodOut]
    friday: list[PeriodOut]
    saturday: list[PeriodOut]
    sunday: list[PeriodOut]
    days: list[DayOut]


class AllHours(BaseModel):
    """The hours within the caller's reach."""

    hours: list[HoursOut]


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@hours.get("/hours")
@open_to(Right.AVAILABILITY, Right.SETTINGS)
@call(AllHours, key=True)
def listed(query: shapes.NoQuery) -> Response:
    """Hours of all whose hours the caller may change."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(hours=[_out(found) for found in _store().listed(session, actor)])


@hours.post("/hours")
@open_to(Right.AVAILABILITY, Right.SETTINGS)
@call(AllHours, key=True, refusals=(409,))
def set_week(json: NewWeek) -> Response:
    """Replace the week of one subject at one place; undecided bookings that it leaves out refuse it (`affected`)."""
    week = {number: _minutes(getattr(json, name)) for number, name in enumerate(WEEKDAYS)}
    actor, whose = staff_caller(), _whose(json)

    def work(session: Session) -> Answer:
        _store().set_week(session, hall(), actor, whose, week, decisions=json.decisions, message=json.message)
        return _those_of(session, whose), 200

    return answered(work)


@hours.post("/hours/days")
@open_to(Right.AVAILABILITY, Right.SETTINGS)
@call(AllHours, key=True, refusals=(409,))
def set_day(json: NewDay) -> Response:
    """Replace the hours of one date; undecided bookings that it leaves out refuse it (`affected`)."""
    actor, whose = staff_caller(), _whose(json)
    periods = None if json.periods is None else _minutes(json.periods)

    def work(session: Session) -> Answer:
        _store().set_day(
            session,
            hall(),
            actor,
            whose,
            json.day,
            periods,
            on_holidays=json.on_holidays,
            decisions=json.decisions,
            message=json.message,
        )
        return _those_of(session, whose), 200

    return answered(work)


def _store() -> WorkingHours:
    found = hall().plugins.ask_first(hookspecs.working_hours)
    if found is None:
        raise NotFound
    return found


def _whose(json: Whose) -> HoursOf:
    return HoursOf(json.kind, json.slug, json.location)


def _those_of(session: Session, whose: HoursOf) -> dict[str, Any]:
    found = _store().listed(session, staff_caller())
    return {"hours": [_out(one) for one in found if (one.of.kind, one.of.slug) == (whose.kind, whose.slug)]}


def _minutes(periods: list[PeriodIn]) -> list[tuple[int, int]]:
    spans = [(_clock(period.start), _clock(period.end)) for period in periods]
    return [(start, end + MINUTES_A_DAY if end < start or start == end == 0 else end) for start, end in spans]


def _clock(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _out(found: hookspecs.HoursFound) -> dict[str, Any]:
    return {
        **vars(found.of),
        **{name: _periods_out(found.week.get(number, ())) for number, name in enumerate(WEEKDAYS)},
        "days": [
            {"day": day.isoformat(), "periods": _periods_out(periods)} for day, periods in _sorted(found)
        ],
    }


def _sorted(found: hookspecs.HoursFound) -> list[tuple[date, Any]]:
    return sorted(found.days.items())


def _periods_out(periods: Any) -> list[dict[str, str]]:
    return [{"start": _shown(start), "end": _shown(end)} for start, end in periods]


def _shown(minutes: int) -> str:
    return "24:00" if minutes == MINUTES_A_DAY else f"{minutes // 60 % 24:02}:{minutes % 60:02}"
