"""`/office/hours`: who works when, the week of one, and single dates that differ from it (K37 to K42, O54, O56)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, booking, database, seen
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions, Triage
from vorzimmer.models import Location, Resource, Service
from vorzimmer.periods import day_of, day_period
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.seen import Seen
from vorzimmer.server import here
from vorzimmer_weekly_hours import hours
from vorzimmer_weekly_hours.form import WEEKDAYS, WRONG, Form, minutes, shown, texts
from vorzimmer_weekly_hours.hours import Place, Subject
from vorzimmer_weekly_hours.models import Hours
from vorzimmer_weekly_hours.outside import outside

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


pages = Blueprint("vorzimmer_weekly_hours", __name__, url_prefix="/office/hours", template_folder="templates")

MONDAY = date(2024, 1, 1)
DAYS = [MONDAY + timedelta(days=number) for number in WEEKDAYS]
"""Any Monday to Sunday, to be called by their names."""


@pages.get("/")
@open_to(Right.AVAILABILITY, Right.SETTINGS)
def overview() -> str:
    """Everybody whose hours one may change, in a line each; places and services with the right to settings."""
    actor = here.actor()
    with here.hall().database.reading() as session:
        all_of = [(N_("People, rooms, devices"), "resource", hours.resources(session, actor))]
        if access.may(actor, Right.SETTINGS):
            all_of.append((N_("Places"), "location", _active(session, Location)))
            all_of.append((N_("Services"), "service", _active(session, Service)))
        return render_template(
            "vorzimmer_weekly_hours/overview.html",
            sections=all_of,
            weeks=_summaries(session),
            names={place.id: place.name for place in _active(session, Location)},
            weekdays=DAYS,
        )


def run_together(days: Sequence[int]) -> list[tuple[int, int]]:
    """Weekdays as first and last of those in a row."""
    runs: list[tuple[int, int]] = []
    for day in days:
        if runs and runs[-1][1] == day - 1:
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def _active(session: Session, model: type[Location | Service]) -> list[Any]:
    return list(session.scalars(select(model).where(model.active).order_by(model.name)))


def _summaries(
    session: Session,
) -> dict[tuple[str, int], list[tuple[Place, list[tuple[list[tuple[int, int]], str]]]]]:
    """By kind and id of a subject: its places, and at each the weekdays that have the same hours."""
    found: dict[tuple[str, int], dict[Place, dict[str, list[int]]]] = {}
    rows = session.scalars(select(Hours).where(Hours.weekday.is_not(None)).order_by(Hours.weekday, Hours.id))
    for row in rows:
        kind = "resource" if row.resource_id else "service" if row.service_id else "location"
        key = kind, row.resource_id or row.service_id or row.location_id or 0
        times = ", ".join("–".join(shown((start, end))) for start, end in row.periods)
        if times:
            alike = found.setdefault(key, {}).setdefault(row.location_id, {})
            alike.setdefault(times, []).append(row.weekday or 0)
    return {
        key: [
            (place, [(run_together(days), times) for times, days in alike.items()])
            for place, alike in places.items()
        ]
        for key, places in found.items()
    }


# ---- one week --------------------------------------------------------------------------------------------------------


@pages.get("/resource/<slug>", endpoint="resource", defaults={"kind": "resource"})
@pages.get("/location/<slug>", endpoint="location", defaults={"kind": "location"})
@pages.get("/service/<slug>", endpoint="service", defaults={"kind": "service"})
@open_to(Right.AVAILABILITY, Right.SETTINGS)
def week(kind: str, slug: str) -> str:
    """The form."""
    with here.hall().database.reading() as session:
        subject = hours.find(session, here.actor(), kind, slug)
        return _page(session, subject, _stored(session, subject))


def _places(session: Session, subject: Subject) -> dict[Place, str]:
    """Where the subject's hours are set; `None` means everywhere."""
    row = subject.row
    if isinstance(row, Service):
        return {None: gettext("At every place")}
    if isinstance(row, Location):
        return {row.id: gettext("Every week")}
    everywhere = {place.id: place.name for place in _active(session, Location)}
    fixed = {row.location_id} if row.location_id in everywhere else everywhere.keys()
    return {place: name for place, name in everywhere.items() if place in fixed}


@pages.post("/<any(resource, location, service):kind>/<slug>")
@open_to(Right.AVAILABILITY, Right.SETTINGS)
def save(kind: str, slug: str) -> ResponseReturnValue:
    """Store the week; or copy a day in the form, and store nothing yet."""
    hall, actor = here.hall(), here.actor()
    with hall.database.reading() as session:
        subject = hours.find(session, actor, kind, slug)
        form = Form.of_request(request.form, list(_places(session, subject)))
        if "more" in request.values:  # one more period to type; nothing is stored yet
            return _page(session, subject, form, more=request.values["more"])
        if "copy" in request.form:
            form.copy(request.form)
            return _page(session, subject, form, copied=True)
    weeks, status = form.weeks(), 422
    if not form.errors:

        def work(session: Session, decided: Decisions) -> None:
            subject = hours.find(session, actor, kind, slug)
            seen.check(session, form.seen.mark, form.shown(), lambda: _stored(session, subject).shown())
            hours.change_weeks(session, hall, actor, subject, weeks, decided)

        try:
            done = booking.try_to(hall, request.values, work)
        except Refused as refusal:
            if found := seen.of(refusal):
                form.seen, status = found, 409
            else:
                form.errors |= _wrong(refusal)
        else:
            if done:
                return _ask(done, subject)
            flash(gettext("The hours of %(name)s are changed.", name=subject.row.name), "good")
            return redirect(url_for(f".{kind}", slug=slug), 303)
    with hall.database.reading() as session:
        return _page(session, hours.find(session, actor, kind, slug), form), status


def _stored(session: Session, subject: Subject) -> Form:
    """The form as stored hours fill it."""
    return Form.of_weeks(hours.weeks_of(session, subject), list(_places(session, subject)))


def _ask(triage: Triage, subject: Subject) -> ResponseReturnValue:
    """The appointments in time that would be closed, before anything is."""
    back = url_for(f".{subject.kind}", slug=subject.row.slug)
    title = gettext("Hours of %(name)s", name=subject.row.name)
    return render_template("office/triage.html", triage=triage, title=title, back=back), 409


def _wrong(refusal: Refused) -> dict[str, str]:
    if refusal.reason is not Reason.INVALID:
        raise refusal
    errors: dict[str, str] = refusal.facts["errors"]
    return errors


def _page(
    session: Session,
    subject: Subject,
    form: Form,
    *,
    copied: bool = False,
    more: str = "",
    day_errors: Mapping[str, str] | None = None,
    dates: Seen | None = None,
) -> str:
    moment = database.now(session)
    today = moment.astimezone(here.hall().config.zone).date()
    return render_template(
        "vorzimmer_weekly_hours/week.html",
        subject=subject,
        form=form,
        places=_places(session, subject),
        weekdays=DAYS,
        used={place or None for (place, _weekday), periods in form.days.items() if periods},
        copied=copied,
        more=more,
        exceptions=hours.days_of(session, subject, today),
        shown=shown,
        outside=outside(session, subject, moment),
        day_errors=day_errors or {},
        dates=dates or Seen(seen.mark(_dates(session, subject))),
        always=not isinstance(subject.row, Resource) or subject.row.kind != "staff",
    )


# ---- single dates ----------------------------------------------------------------------------------------------------


@pages.post("/<any(resource, location, service):kind>/<slug>/day")
@open_to(Right.AVAILABILITY, Right.SETTINGS)
def set_day(kind: str, slug: str) -> ResponseReturnValue:
    """Other hours on one date, or none (rule 14)."""
    hall, actor, errors = here.hall(), here.actor(), dict[str, str]()
    with hall.database.reading() as session:
        subject = hours.find(session, actor, kind, slug)
        places = _places(session, subject)
    day, periods = _day(errors), _periods(errors)
    mark, found = request.form.get(seen.FIELD, ""), None
    place = request.form.get("place", type=int) if len(places) > 1 else next(iter(places), None)
    if place not in places and (place or periods or not places or request.form.get("place")):
        errors["place"] = hours.PLACE_NEEDED
    if not errors and day:
        despite = "despite" in request.form
        entry = {f"{day} {place or 0}": _said(periods)}

        def work(session: Session, decided: Decisions) -> None:
            subject = hours.find(session, actor, kind, slug)
            dates = _dates(session, subject)
            if any(name.startswith(f"{day} ") for name in dates):  # it would be replaced
                seen.check(session, mark, dates | entry, lambda: dates)
            hours.change_day(
                session,
                hall,
                actor,
                subject,
                place,
                day,
                periods,
                despite_closure=despite,
                decisions=decided,
            )

        try:
            done = booking.try_to(hall, request.values, work)
        except Refused as refusal:
            found = seen.of(refusal)
            errors |= {} if found else _wrong(refusal)
        else:
            if done:
                return _ask(done, subject)
            flash(gettext("The day is entered. It replaces the weekly hours of this date."), "good")
            return redirect(url_for(f".{kind}", slug=slug) + "#days", 303)
    with hall.database.reading() as session:
        subject = hours.find(session, actor, kind, slug)
        page = _page(
            session, subject, _stored(session, subject), day_errors=errors, dates=found or Seen(mark)
        )
        return page, 409 if found else 422


def _dates(session: Session, subject: Subject) -> dict[str, list[str]]:
    """The single dates as people read them, by day and place."""
    today = database.now(session).astimezone(here.hall().config.zone).date()
    found = hours.days_of(session, subject, today)
    return {f"{one.day} {one.location_id or 0}": _said(one.periods) for one in found}


def _said(periods: Sequence[Sequence[int]]) -> list[str]:
    return ["–".join(shown((start, end))) for start, end in periods] or ["–"]


def _day(errors: dict[str, str]) -> date | None:
    try:
        return day_of(request.form.get("day", ""))
    except ValueError:
        errors["day"] = N_("Please choose a day.")
        return None


def _periods(errors: dict[str, str]) -> Sequence[tuple[int, int]]:
    try:
        return [minutes(*pair) for pair in texts(request.form, "day")]
    except ValueError:
        errors["periods"] = WRONG
        return []


@pages.route(
    "/<any(resource, location, service):kind>/<slug>/day/<int(max=2147483647):hours_id>/delete",
    methods=["GET", "POST"],
)
@open_to(Right.AVAILABILITY, Right.SETTINGS)
def delete_day(kind: str, slug: str, hours_id: int) -> ResponseReturnValue:
    """The question, then take an exception back: the weekly hours hold again."""
    hall, actor = here.hall(), here.actor()

    def exception(session: Session) -> tuple[Subject, Hours, date]:
        subject = hours.find(session, actor, kind, slug)
        found = session.get(Hours, hours_id)
        mine = found is not None and found in hours.days_of(session, subject, date.min + timedelta(days=1))
        if found is None or found.day is None or not mine:
            raise Refused(Reason.NOT_FOUND)
        return subject, found, found.day

    with hall.database.reading() as session:
        whose = hours.find(session, actor, kind, slug)
        if request.method != "POST":
            _subject, one, day = exception(session)
            return _sure(whose, one, day)

    def work(session: Session, decided: Decisions) -> None:
        subject, found, day = exception(session)
        hours.change_day(session, hall, actor, subject, found.location_id, day, None, decisions=decided)

    if done := booking.try_to(hall, request.values, work):
        return _ask(done, whose)
    flash(gettext("The weekly hours hold again on this date."), "good")
    return redirect(url_for(f".{kind}", slug=slug) + "#days", 303)


def _sure(whose: Subject, one: Hours, day: date) -> str:
    """The question: what opens and closes on this date. What a service has for hours opens nobody's."""
    hall, number = here.hall(), one.id
    reader = hall.texts.reader(str(get_locale() or "en"))

    def change(session: Session) -> None:
        session.delete(session.get_one(Hours, number))

    ids = [whose.row.id] if whose.kind == "resource" else None
    window = day_period(day, hall.config.zone)
    return render_template(
        "office/sure.html",
        title=gettext("Delete the hours of %(day)s?", day=reader.day(day)),
        consequences=[gettext("The weekly hours of %(name)s hold again on this date.", name=whose.row.name)],
        foreseen=None if whose.kind == "service" else booking.foresee(hall, window, change, whose=ids),
        button=gettext("Delete the day"),
        back=url_for(f".{whose.kind}", slug=whose.row.slug) + "#days",
    )
