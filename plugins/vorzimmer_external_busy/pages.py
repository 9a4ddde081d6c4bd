"""`/office/external`: whose calendars elsewhere take time, how they are, and the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, booking, database, hookspecs, seen
from vorzimmer.access import Right, open_to
from vorzimmer.hookspecs import ExternalCalendar, ExternalCalendars, NewExternalCalendar
from vorzimmer.models import Resource
from vorzimmer.periods import Period
from vorzimmer.reasons import Reason, Refused
from vorzimmer.seen import Seen
from vorzimmer.server import here
from vorzimmer_external_busy.sources import KINDS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


T = TypeVar("T")
pages = Blueprint(
    "vorzimmer_external_busy", __name__, url_prefix="/office/external", template_folder="templates"
)
ONE = "/<int(max=2147483647):calendar_id>"


@dataclass(frozen=True)
class Typed:
    """What a form held, and what is wrong with it: field to msgid."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    seen: Seen = field(default_factory=lambda: Seen(""))


NEW = Typed({"kind": "ics", "tentative": "busy", "all_day": "busy", "stale": "offer"})


@pages.get("/")
@open_to(Right.AVAILABILITY)
def overview() -> str:
    """The calendars, and the form for another one."""
    return _overview(NEW)


def _overview(typed: Typed) -> str:
    with here.hall().database.reading() as session:
        found, people = _store().listed(session, here.actor()), _people(session)
    return render_template(
        "vorzimmer_external_busy/overview.html",
        calendars=found,
        people=people,
        kinds=KINDS,
        typed=typed,
        zone=here.hall().config.zone,
    )


@pages.post("/")
@open_to(Right.AVAILABILITY)
def enter() -> ResponseReturnValue:
    """Add a calendar; the worker reads it in a moment."""
    resource, typed = request.form.get("resource", ""), Typed(request.form)
    try:
        _write(lambda s: _store().enter(s, here.hall(), here.actor(), resource, _wanted()))
    except Refused as refusal:
        return _overview(Typed(typed.values, _errors(refusal))), 422
    flash(gettext("The calendar is entered. It is read in a moment."), "good")
    return redirect(url_for(".overview"), 303)


@pages.get(ONE)
@open_to(Right.AVAILABILITY)
def show(calendar_id: int) -> str:
    """The form of one calendar; its address is not shown again."""
    with here.hall().database.reading() as session:
        found = _found(session, calendar_id)
    shown = _shown(found)
    return _one(found, Typed(shown, seen=Seen(seen.mark(shown))))


def _shown(found: ExternalCalendar) -> dict[str, str]:
    return {
        "kind": found.kind,
        "title": found.title,
        "mine": found.mine,
        "tentative": "busy" if found.tentative_busy else "free",
        "all_day": "busy" if found.all_day_busy else "free",
        "stale": "offer" if found.offer_when_stale else "refuse",
    }


def _one(found: ExternalCalendar, typed: Typed) -> str:
    zone = here.hall().config.zone
    return render_template(
        "vorzimmer_external_busy/one.html", calendar=found, typed=typed, kinds=KINDS, zone=zone
    )


@pages.post(ONE)
@open_to(Right.AVAILABILITY)
def change(calendar_id: int) -> ResponseReturnValue:
    """Set what the form says; an empty address stays as it was."""
    with here.hall().database.reading() as session:
        found = _found(session, calendar_id)
    mark = request.form.get(seen.FIELD, "")

    def work(session: Session) -> None:
        typed = {"kind": found.kind, **request.form}
        seen.check(session, mark, typed, lambda: _shown(_found(session, calendar_id)))
        _store().change(session, here.hall(), here.actor(), calendar_id, _wanted())

    try:
        _write(work)
    except Refused as refusal:
        if now := seen.of(refusal):
            return _one(found, Typed(request.form, seen=now)), 409
        return _one(found, Typed(request.form, _errors(refusal), Seen(mark))), 422
    flash(gettext("Saved. The calendar is read anew in a moment."), "good")
    return redirect(url_for(".overview"), 303)


@pages.post(f"{ONE}/read")
@open_to(Right.AVAILABILITY)
def read_soon(calendar_id: int) -> ResponseReturnValue:
    """Have the worker read it now; no request does."""
    _write(lambda session: _store().read_soon(session, here.actor(), calendar_id))
    flash(gettext("The calendar is read in a moment."), "good")
    return redirect(url_for(".overview"), 303)


@pages.route(f"{ONE}/delete", methods=["GET", "POST"])
@open_to(Right.AVAILABILITY)
def delete(calendar_id: int) -> ResponseReturnValue:
    """The question, then forget it; its time is free at once."""
    if request.method != "POST":
        return _sure(calendar_id)
    _write(lambda session: _store().delete(session, here.actor(), calendar_id))
    flash(gettext("The calendar is forgotten, and its time is free."), "good")
    return redirect(url_for(".overview"), 303)


def _sure(calendar_id: int) -> str:
    hall, actor = here.hall(), here.actor()
    with hall.database.reading() as session:
        found, now = _found(session, calendar_id), database.now(session)
    return render_template(
        "office/sure.html",
        title=gettext("Forget the calendar “%(name)s”?", name=found.title),
        consequences=[gettext("It is read no more. To have it again, its address has to be entered anew.")],
        foreseen=booking.foresee(
            hall,
            Period(now, now + timedelta(days=366)),
            lambda session: _store().delete(session, actor, calendar_id),
            whose=[found.resource.id],
        ),
        a_year=True,
        button=gettext("Forget this calendar"),
        back=url_for(".show", calendar_id=calendar_id),
    )


def _wanted() -> NewExternalCalendar:
    given = request.form
    return NewExternalCalendar(
        given.get("kind", ""),
        given.get("title", ""),
        given.get("address", ""),
        given.get("user", ""),
        given.get("password", ""),
        given.get("mine", ""),
        given.get("tentative") != "free",
        given.get("all_day") != "free",
        given.get("stale") != "refuse",
    )


def _errors(refusal: Refused) -> dict[str, str]:
    """What stands beside the fields; any other refusal is none of a form."""
    if refusal.reason is not Reason.INVALID:
        raise refusal
    return dict(refusal.facts["errors"])


def _found(session: Session, calendar_id: int) -> ExternalCalendar:
    found = next((one for one in _store().listed(session, here.actor()) if one.id == calendar_id), None)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def _people(session: Session) -> list[Resource]:
    """Whose calendars the actor may enter: people first."""
    rows = session.scalars(select(Resource).where(Resource.active))
    mine = [resource for resource in rows if access.may_touch_resource(here.actor(), resource.id)]
    return sorted(mine, key=lambda resource: (resource.kind != "staff", resource.name))


def _write(work: Callable[[Session], T]) -> T:
    return here.hall().database.write(work)


def _store() -> ExternalCalendars:
    store: ExternalCalendars | None = here.hall().plugins.ask_first(hookspecs.external_calendars)
    if store is None:
        raise Refused(Reason.NOT_FOUND)
    return store
