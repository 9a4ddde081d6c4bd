"""`/office/absences`: the list, the form, and what to do about appointments in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, booking, database
from vorzimmer.access import Actor, Right, open_to
from vorzimmer.availability import Phrase
from vorzimmer.booking import Decisions, Triage
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import Resource
from vorzimmer.periods import MINUTES_A_DAY, Period, day_of, local_instant
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server import here
from vorzimmer.text.texts import Reader
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence, Kind
from vorzimmer_absences.roster import DAYS, roster

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


pages = Blueprint("vorzimmer_absences", __name__, url_prefix="/office/absences", template_folder="templates")

Times = tuple[date, date] | tuple[datetime, datetime]
KINDS = {
    Kind.VACATION: N_("Vacation"),
    Kind.SICK: N_("Sick"),
    Kind.BREAK: N_("Break"),
    Kind.OTHER: N_("Other"),
}


@dataclass
class Typed:
    """What the form held, and what is wrong with it: field to English msgid."""

    values: Mapping[str, str]
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
    """Who is away, and the form: for today and somebody ill, unless the address says otherwise."""
    with here.hall().database.reading() as session:
        today = database.now(session).astimezone(here.hall().config.zone).date().isoformat()
    return _page(Typed({"kind": Kind.SICK, "first": today, "last": today} | request.args.to_dict()))


@pages.post("/")
@open_to(Right.AVAILABILITY)
def enter() -> ResponseReturnValue:
    """Enter an absence, or show the appointments in it."""
    hall, actor, typed = here.hall(), here.actor(), Typed(request.form)
    with hall.database.reading() as session:
        resource = _resource(session, actor, request.form.get("resource", ""))
        times = _times(typed, absences.zone_of(resource, hall.config.zone)) if resource else None
    if resource is None:
        typed.errors["resource"] = N_("Please choose who is away.")
    kind = request.form.get("kind", "")
    if kind not in set(Kind):
        typed.errors["kind"] = N_("Please choose a reason.")
    if typed.errors or resource is None or times is None:
        return _page(typed), 422
    note = " ".join(request.form.get("note", "").split()) if kind == Kind.OTHER else ""
    wanted = NewAbsence(resource.slug, *times, kind, note=note)

    def work(session: Session, decided: Decisions) -> Absence:
        with_them = replace(wanted, decisions=decided.of, message=decided.message)
        return absences.enter(session, hall, actor, with_them)

    try:
        done = booking.try_to(hall, request.values, work)
    except Refused as refusal:
        return _refused(typed, refusal)
    if isinstance(done, Triage):
        return _page(typed, done), 409 if "all" not in request.form else 200
    when = _told(times, absences.zone_of(resource, hall.config.zone))
    flash(gettext("The absence is entered: %(name)s, %(when)s.", name=resource.name, when=when), "good")
    return redirect(url_for(".overview"), 303)


def _reader() -> Reader:
    locale = get_locale()
    return here.hall().texts.reader(locale.language if locale else "en")


def _told(times: Times, zone: ZoneInfo) -> str:
    """From when to when, in the reader's language."""
    reader, (first, last) = _reader(), times
    if not isinstance(first, datetime):
        return " – ".join(dict.fromkeys((reader.day(first), reader.day(last))))
    if isinstance(last, datetime) and first.astimezone(zone).date() == last.astimezone(zone).date():
        return reader.period(first, last, zone)
    return " – ".join(
        reader.when(instant, zone, year=0) for instant in times if isinstance(instant, datetime)
    )


@pages.route("/<int(max=2147483647):absence_id>/delete", methods=["GET", "POST"])
@open_to(Right.AVAILABILITY)
def delete(absence_id: int) -> ResponseReturnValue:
    """The question, with the time that can be booked by it; then take the absence back."""
    hall, actor = here.hall(), here.actor()
    if request.method != "POST":
        return _sure(absence_id)
    hall.database.write(lambda session: absences.delete(session, actor, absence_id))
    flash(gettext("The absence is deleted; the time can be booked again."))
    return redirect(url_for(".overview"), 303)


def _sure(absence_id: int) -> str:
    hall, actor = here.hall(), here.actor()
    with hall.database.reading() as session:
        found = absences.find(session, actor, absence_id)
        resource, kind, zone = found.resource, found.kind, absences.zone_of(found.resource, hall.config.zone)
        whole: Times = (found.first, found.last) if found.first and found.last else (found.starts, found.ends)
        window = Period(found.starts, found.ends)
    return render_template(
        "office/sure.html",
        title=gettext("Delete the absence of %(name)s?", name=resource.name),
        consequences=[f"{gettext(KINDS[Kind(kind)])}: {_told(whole, zone)}"],
        foreseen=booking.foresee(
            hall, window, lambda session: absences.delete(session, actor, absence_id), whose=[resource.id]
        ),
        button=gettext("Delete the absence"),
        back=url_for(".overview"),
    )


def _refused(typed: Typed, refusal: Refused) -> ResponseReturnValue:
    if refusal.reason is not Reason.INVALID:
        raise refusal
    errors, fields = refusal.facts["errors"], {"start": "first", "end": "last"}
    typed.errors |= {fields.get(name, name): _worded(text) for name, text in errors.items()}
    if "end" in errors:
        typed.errors["last"] = N_("The end is not after the start.")
    return _page(typed), 422


def _worded(text: str | Phrase) -> str:
    """A text as the form shows it: with what is put into it, in the reader's language."""
    return text if isinstance(text, str) else text.told(_reader())


def _times(typed: Typed, zone: ZoneInfo) -> Times | None:
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


def _page(typed: Typed, triage: Triage | None = None) -> str:
    hall, actor = here.hall(), here.actor()
    with hall.database.reading() as session:
        today = database.now(session).astimezone(hall.config.zone).date()
        first, people = _monday(today), _people(session, actor)
        return render_template(
            "vorzimmer_absences/overview.html",
            absences=absences.listed(session, actor),
            people=people,
            roster=roster(session, hall, actor, people, first),
            first=first,
            before=first - timedelta(days=DAYS),
            after=first + timedelta(days=DAYS),
            today=today,
            kinds=KINDS,
            typed=typed,
            triage=triage,
            zone_of=lambda subject: absences.zone_of(subject, hall.config.zone),
        )


def _monday(today: date) -> date:
    """The Monday that the roster begins with: of the week in the address, else of this one."""
    try:
        day = day_of(request.args.get("roster", ""))
    except ValueError:
        day = today
    return day - timedelta(days=day.weekday())


def _people(session: Session, actor: Actor) -> list[Resource]:
    """Whom the actor may send away: people first."""
    rows = session.scalars(select(Resource).where(Resource.active).options(joinedload(Resource.location)))
    mine = [resource for resource in rows if access.may_touch_resource(actor, resource.id)]
    return sorted(mine, key=lambda resource: (resource.kind != "staff", resource.name))


def _resource(session: Session, actor: Actor, slug: str) -> Resource | None:
    return next((resource for resource in _people(session, actor) if resource.slug == slug), None)
