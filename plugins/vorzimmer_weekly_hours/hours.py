"""Who may change whose hours; changed under the claim of all concerned, and logged (rules 11 to 15, O52 to O56)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.booking import NOTHING, Decisions, close_time
from vorzimmer.models import Location, Resource, Service
from vorzimmer.periods import MINUTES_A_DAY
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_weekly_hours.models import Hours
from vorzimmer_weekly_hours.storing import Minutes, Week, checked, of, set_day, set_week

MODELS: dict[str, Any] = {
    "resource": Resource,
    "location": Location,
    "service": Service,
}
WRONG = N_("These times overlap, or one of them has no length.")
ELSEWHERE = N_("At this time the person works at another place.")
PLACE_NEEDED = N_("Please choose a place.")
Place = int | None
"""The id of a location; None for everywhere: the hours of a service, and dates on which a person is free."""


@dataclass(frozen=True)
class Subject:
    """Whose hours: a row of the core, by the name of its kind in `MODELS`."""

    kind: str
    row: Location | Resource | Service

    def columns(self, place: Place) -> dict[str, int]:
        """The subject's columns in the table of hours."""
        if self.kind == "location":
            return {"location_id": self.row.id}
        mine = {f"{self.kind}_id": self.row.id}
        return mine if place is None else mine | {"location_id": place}

    @property
    def name(self) -> str:
        """As the log says it."""
        return f"{self.kind} {self.row.slug}"


def find(session: Session, actor: Actor, kind: str, slug: str) -> Subject:
    """Whose hours the actor may change; else `NOT_FOUND`, as for one that does not exist (A1)."""
    model = MODELS[kind]
    row: Location | Resource | Service | None = session.scalar(
        select(model).where(model.slug == slug, model.active)
    )
    if row is None or not may(actor, Subject(kind, row)):
        raise Refused(Reason.NOT_FOUND)
    return Subject(kind, row)


def may(actor: Actor, subject: Subject) -> bool:
    """Own hours with the right to availability, those of others with that to their calendars too (O52)."""
    if access.may(actor, Right.SETTINGS):
        return True
    touches = subject.kind == "resource" and access.may_touch_resource(actor, subject.row.id)
    return touches and access.may(actor, Right.AVAILABILITY)


def change_weeks(
    session: Session,
    hall: Hall,
    actor: Actor,
    subject: Subject,
    weeks: Mapping[Place, Week],
    decisions: Decisions = NOTHING,
) -> None:
    """Replace the weekly hours at each of these places.

    Refuses with `FORBIDDEN`, or `INVALID` (`errors`: "<place>-<weekday>" to msgid): times that overlap, without
    length, or at two places at once; and as `booking.close_time` does.
    """
    access.require(may(actor, subject))
    errors = {
        f"{place or 0}-{weekday}": WRONG
        for place, week in weeks.items()
        for weekday, periods in week.items()
        if not _right(periods)
    }
    _refuse(errors or _twice(weeks))

    def change() -> None:
        before = weeks_of(session, subject)
        for place, week in weeks.items():
            set_week(
                session, {day: periods for day, periods in week.items() if periods}, **subject.columns(place)
            )
        session.flush()
        after = weeks_of(session, subject)
        if before != after:
            _log(session, actor, subject, "hours changed", before=_said(before), after=_said(after))

    close_time(session, hall, actor, change, decisions, whose=_whose(subject))


def change_day(
    session: Session,
    hall: Hall,
    actor: Actor,
    subject: Subject,
    place: Place,
    day: date,
    periods: Sequence[Minutes] | None,
    *,
    despite_closure: bool = False,
    decisions: Decisions = NOTHING,
) -> None:
    """Replace the hours of one date; no periods close it, None takes the exception back (rules 14, 15).

    Where no place is named a person is free at all of them; hours are at one. Refuses as `change_weeks`.
    """
    access.require(may(actor, subject))
    if periods is not None and not _right(periods):
        _refuse({"periods": WRONG})
    if periods and place is None and subject.kind == "resource":
        _refuse({"location": PLACE_NEEDED})

    def change() -> None:
        set_day(session, day, periods, despite_closure=despite_closure, **subject.columns(place))
        said = {"day": day.isoformat(), "location": place}
        hours = None if periods is None else [list(one) for one in periods]
        _log(session, actor, subject, "hours of a day changed", after=said | {"periods": hours})

    close_time(session, hall, actor, change, decisions, whose=_whose(subject))


def weeks_of(session: Session, subject: Subject) -> dict[Place, dict[int, list[Minutes]]]:
    """Weekly hours by place and weekday."""
    found: dict[Place, dict[int, list[Minutes]]] = defaultdict(dict)
    for row in session.scalars(_rows(subject).where(Hours.weekday.is_not(None)).order_by(Hours.weekday)):
        found[row.location_id][row.weekday or 0] = [(start, end) for start, end in row.periods]
    return dict(found)


def days_of(session: Session, subject: Subject, since: date) -> list[Hours]:
    """Exceptions of dates that are not over, first ones first."""
    rows = _rows(subject).where(Hours.day >= since - timedelta(days=1))
    return list(session.scalars(rows.order_by(Hours.day, Hours.location_id)))


def _rows(subject: Subject) -> Any:
    column = {"resource": Hours.resource_id, "location": Hours.location_id, "service": Hours.service_id}
    rows = select(Hours).where(column[subject.kind] == subject.row.id)
    if subject.kind == "location":
        rows = rows.where(*of({"location_id": subject.row.id}))
    return rows


def resources(session: Session, actor: Actor) -> list[Resource]:
    """Those whose hours the actor may change, people first."""
    rows = session.scalars(select(Resource).where(Resource.active).options(joinedload(Resource.location)))
    mine = [row for row in rows if may(actor, Subject("resource", row))]
    return sorted(mine, key=lambda row: (row.kind != "staff", row.kind, row.name))


def _whose(subject: Subject) -> list[int] | None:
    """Nobody books by the old hours beside it: a person is claimed, for a place or a service everybody is."""
    return [subject.row.id] if subject.kind == "resource" else None


def _right(periods: Sequence[Minutes]) -> bool:
    try:
        checked(periods)
    except ValueError:
        return False
    return True


def _twice(weeks: Mapping[Place, Week]) -> dict[str, str]:
    """A person is at one place at a time (rule 61); nights reach into the next day."""
    spans = sorted(
        (weekday * MINUTES_A_DAY + start, weekday * MINUTES_A_DAY + end, place or 0, weekday)
        for place, week in weeks.items()
        for weekday, periods in week.items()
        for start, end in periods
    )
    return {
        f"{other[2]}-{other[3]}": ELSEWHERE
        for one, other in pairwise(spans)
        if one[1] > other[0] and one[2] != other[2]
    }


def _refuse(errors: Mapping[str, str]) -> None:
    if errors:
        raise Refused(Reason.INVALID, errors=dict(errors))


def _log(session: Session, actor: Actor, subject: Subject, act: str, **values: Any) -> None:
    audit.write(session, database.now(session), actor, act, subject.name, **values)


def _said(weeks: Mapping[Place, Mapping[int, Collection[Minutes]]]) -> dict[str, Any]:
    return {
        str(place or ""): {str(day): [list(one) for one in periods] for day, periods in week.items()}
        for place, week in weeks.items()
    }
