"""Hours for other doors than the plugin's own page: the store that the hook `working_hours` gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import database
from vorzimmer.access import Actor
from vorzimmer.booking import Decisions
from vorzimmer.hookspecs import HoursFound, HoursOf
from vorzimmer.models import Location
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer_weekly_hours import hours
from vorzimmer_weekly_hours.hours import Place, Subject
from vorzimmer_weekly_hours.models import Hours
from vorzimmer_weekly_hours.storing import Minutes


class Store:
    """`hookspecs.WorkingHours` over the plugin's table."""

    def listed(self, session: Session, actor: Actor) -> list[HoursFound]:
        """All hours that the actor may change, by subject and place; one query for the rows."""
        since = database.now(session).date()
        rows = select(Hours).where(or_(Hours.weekday.is_not(None), Hours.day >= since))
        whole = (joinedload(Hours.resource), joinedload(Hours.location), joinedload(Hours.service))
        found: dict[HoursOf, HoursFound] = {}
        for row in session.scalars(rows.options(*whole).order_by(Hours.id)):
            subject = _subject(row)
            if subject is None or not hours.may(actor, subject):
                continue
            place = row.location.slug if row.location and subject.kind != "location" else None
            of = HoursOf(subject.kind, subject.row.slug, place)
            one = found.setdefault(of, HoursFound(of, {}, {}))
            periods = [(start, end) for start, end in row.periods]
            if row.day:
                one.days[row.day] = periods
            elif row.weekday is not None:
                one.week[row.weekday] = periods
        return list(found.values())

    def set_week(
        self,
        session: Session,
        hall: Hall,
        actor: Actor,
        of: HoursOf,
        week: Mapping[int, Sequence[Minutes]],
        *,
        decisions: Mapping[str, str],
        message: str,
    ) -> None:
        """Replace weekly hours at one place."""
        subject = hours.find(session, actor, of.kind, of.slug)
        place = _place(session, of)
        try:
            weeks = {**_elsewhere(session, subject, place), place: week}
            hours.change_weeks(session, hall, actor, subject, weeks, Decisions(decisions, message))
        except Refused as refusal:
            if refusal.reason is Reason.INVALID and "booking" not in refusal.facts:
                refusal.facts["errors"] = {"week": next(iter(refusal.facts["errors"].values()))}
            raise

    def set_day(
        self,
        session: Session,
        hall: Hall,
        actor: Actor,
        of: HoursOf,
        day: date,
        periods: Sequence[Minutes] | None,
        *,
        on_holidays: bool,
        decisions: Mapping[str, str],
        message: str,
    ) -> None:
        """Replace the hours of a date; None takes that back. A person may be free at every place at once."""
        subject = hours.find(session, actor, of.kind, of.slug)
        everywhere = of.kind == "resource" and of.location is None and not periods
        place = None if everywhere else _place(session, of)
        hours.change_day(
            session,
            hall,
            actor,
            subject,
            place,
            day,
            periods,
            despite_closure=on_holidays,
            decisions=Decisions(decisions, message),
        )


def _subject(row: Hours) -> Subject | None:
    kind = "resource" if row.resource else "service" if row.service else "location"
    of = row.resource or row.service or row.location
    return Subject(kind, of) if of else None


def _elsewhere(session: Session, subject: Subject, place: Place) -> dict[Place, dict[int, list[Minutes]]]:
    """The same person's hours at other places, which these must not overlap."""
    return {other: week for other, week in hours.weeks_of(session, subject).items() if other != place}


def _place(session: Session, of: HoursOf) -> Place:
    """The id of the place; the hours of a resource need one, a location is its own."""
    slug = of.slug if of.kind == "location" else of.location
    if slug is None and of.kind == "service":
        return None
    found = session.scalar(select(Location.id).where(Location.slug == slug, Location.active))
    if found is None:
        raise Refused(Reason.INVALID, errors={"location": hours.PLACE_NEEDED})
    return found
