"""`/office/absences`: the list, the form, and what to do about appointments in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, database
from vorzimmer.access import Actor, Right, open_to
from vorzimmer.models import Booking, Resource
from vorzimmer.periods import MINUTES_A_DAY, day_of, local_instant
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_absences import absences
from vorzimmer_absences.models import Kind

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from vorzimmer.hall import Hall

pages = Blueprint("vorzimmer_absences", __name__, url_prefix="/office/absences", template_folder="templates")

KINDS = {Kind.VACATION: N_("Vacation"), Kind.SICK: N_("Sick"), Kind.BREAK: N_("Break")}


@dataclass
class Typed:
    """What the form held, and what is wrong with it: field to English msgid."""

    values: Mapping[str, str]
    keep: frozenset[str] = frozenset()
    errors: dict[str, str] = field(default_factory=dict)

    def date(self, name: str) -> date | None:
        """A day, or None and an error."""
        try:
            return day_of(self.values.get(name, ""))
        except ValueError:
            self.errors[name] = N_("Please choose a day.")
            return None

    def minutes(self, name: str) -> int | None:
        """Minutes after midnight, None where the field is empty or wrong."""
        try:
            return _minutes(time.fromisoformat(self.values[name])) if self.values.get(name) else None
        except ValueError:
            self.errors[name] = N_("Please enter a time like 13:30.")
            return None


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


@pages.get("/")
@open_to(Right.AVAILABILITY)
def overview() -> ResponseReturnValue:
    """Who is away, and the form."""
    return _page(Typed(request.args))


@pages.post("/")
@open_to(Right.AVAILABILITY)
def enter() -> ResponseReturnValue:
    """Enter an absence, or show the appointments in it."""
    hall, actor = _hall(), _actor()
    typed = Typed(request.form, frozenset(request.form.getlist("keep")))
    with hall.database.reading() as session:
        resource = _resource(session, actor, request.form.get("resource", ""))
        period = _period(typed, absences.zone_of(resource, hall.config.zone)) if resource else None
    if resource is None:
        typed.errors["resource"] = N_("Please choose who is away.")
    kind = request.form.get("kind", "")
    if kind not in set(Kind):
        typed.errors["kind"] = N_("Please choose a reason.")
    if typed.errors or resource is None or period is None:
        return _page(typed), 422
    try:
        hall.database.write(
            lambda session: absences.enter(
                session, actor, resource.id, *period, Kind(kind), zone=hall.config.zone, keep=typed.keep
            )
        )
    except Refused as refusal:
        return _refused(typed, refusal)
    flash(gettext("The absence of %(name)s is entered.", name=resource.name))
    return redirect(url_for(".overview"), 303)


@pages.post("/<int(max=2147483647):absence_id>/delete")
@open_to(Right.AVAILABILITY)
def delete(absence_id: int) -> ResponseReturnValue:
    """Take an absence back."""
    actor = _actor()
    _hall().database.write(lambda session: absences.delete(session, actor, absence_id))
    flash(gettext("The absence is deleted; the time can be booked again."))
    return redirect(url_for(".overview"), 303)


def _refused(typed: Typed, refusal: Refused) -> ResponseReturnValue:
    if refusal.reason is Reason.AFFECTED:
        return _page(typed, refusal.facts["bookings"]), 409
    if refusal.reason is Reason.INVALID:
        typed.errors["last"] = N_("The end is not after the start.")
        return _page(typed), 422
    raise refusal


def _period(typed: Typed, zone: ZoneInfo) -> tuple[date, date] | tuple[datetime, datetime] | None:
    """Whole days, or instants where a time was given."""
    first, last = typed.date("first"), typed.date("last")
    start, end = typed.minutes("from"), typed.minutes("to")
    if first is None or last is None:
        return None
    if start is None and end is None:
        return first, last
    return (
        local_instant(first, start or 0, zone, edge="start"),
        local_instant(last, MINUTES_A_DAY if end is None else end, zone, edge="end"),
    )


def _page(typed: Typed, affected: list[Booking] | None = None) -> str:
    hall, actor = _hall(), _actor()
    with hall.database.reading() as session:
        return render_template(
            "vorzimmer_absences/overview.html",
            absences=absences.listed(session, actor, database.now(session)),
            people=_people(session, actor),
            kinds=KINDS,
            typed=typed,
            affected=affected or [],
            zone_of=lambda subject: absences.zone_of(subject, hall.config.zone),
        )


def _people(session: Session, actor: Actor) -> list[Resource]:
    """Whom the actor may send away: people first."""
    rows = session.scalars(select(Resource).where(Resource.active).options(joinedload(Resource.location)))
    mine = [resource for resource in rows if access.may_touch_resource(actor, resource.id)]
    return sorted(mine, key=lambda resource: (resource.kind != "staff", resource.name))


def _resource(session: Session, actor: Actor, slug: str) -> Resource | None:
    return next((resource for resource in _people(session, actor) if resource.slug == slug), None)


def _hall() -> Hall:
    hall: Hall = current_app.extensions["vorzimmer"]
    return hall


def _actor() -> Actor:
    actor: Actor = g.actor  # set by whoever signed them in
    return actor
