"""`/office/holidays`: whose public holidays close the places, and days of one's own (K40, rule 17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import booking, database, seen
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions
from vorzimmer.models import Location
from vorzimmer.periods import day_period
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.seen import Seen
from vorzimmer.server import here
from vorzimmer.settings import change as settings
from vorzimmer_holidays import regions
from vorzimmer_holidays.settings import OwnDay, Settings

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


pages = Blueprint("vorzimmer_holidays", __name__, url_prefix="/office/holidays", template_folder="templates")

TABLE = "plugins.vorzimmer_holidays"
MOST = 200
LONGEST_TO_COME = 366 * 8
"""Days, until any day of the year has come once: the 29th of February is the rarest."""


@pages.get("/")
@open_to(Right.SETTINGS)
def overview() -> str:
    """The calendars that hold, and the own days."""
    return _page({})


def _shown(config: Settings) -> dict[str, str]:
    """What the form of the calendars shows."""
    own = {f"region-{slug}": regions.spelled(config.region(slug)) for slug in config.locations}
    return {"region": regions.spelled(config), **own}


def _page(errors: dict[str, str], found: Seen | None = None) -> str:
    """The page; `found` after somebody else has set the calendars: what was chosen stays."""
    hall, config, locale = here.hall(), _config(), get_locale()
    with hall.database.reading() as session:
        today = database.now(session).astimezone(hall.config.zone).date()
        places = {place.slug: place.name for place in _places(session)}
    language = locale.language if locale else "en"
    return render_template(
        "vorzimmer_holidays/overview.html",
        places=places,
        chosen=request.form if found else _shown(config),
        seen=found or Seen(seen.mark(_shown(config))),
        choices=list(regions.choices(locale)) if locale else [],
        coming=regions.coming(config, today, language),
        fixed=any(hall.config.is_fixed(TABLE, key) for key in ("country", "subdivision", "locations")),
        own=sorted(enumerate(config.own), key=lambda one: (len(one[1].day) > 5, one[1].day)),
        own_fixed=hall.config.is_fixed(TABLE, "own"),
        errors=errors,
    )


@pages.post("/regions")
@open_to(Right.SETTINGS)
def set_regions() -> ResponseReturnValue:
    """Choose the calendar of the practice and of places that have another."""

    def change(now: Settings) -> dict[str, Any]:
        seen.compare(request.form.get(seen.FIELD), request.form, _shown(now))
        return _asked()

    try:
        return _saved(change, gettext("The public holidays are set."))
    except Refused as refusal:
        if found := seen.of(refusal):
            here.hall().refresh(at_once=True)
            return _page({}, found), 409
        raise


def _asked() -> dict[str, Any]:
    """The calendars that were chosen in the form, as settings have them."""
    with here.hall().database.reading() as session:
        slugs = [place.slug for place in _places(session)]
    chosen = {slug: request.form.get(f"region-{slug}", "") for slug in slugs}
    values: dict[str, Any] = regions.read(request.form.get("region", ""))
    return values | {"locations": {slug: regions.read(text) for slug, text in chosen.items() if text}}


@pages.post("/days")
@open_to(Right.SETTINGS)
def add_day() -> ResponseReturnValue:
    """Add a day, or a part of one (K40: each day is one entry)."""
    given = request.form
    day = given.get("day", "")
    try:
        made = OwnDay(
            day=day[5:] if "yearly" in given and len(day) > 5 else day,
            name=given.get("name", "").strip()[:80],
            location=given.get("location", ""),
            **{name: given[name] for name in ("start", "end") if given.get(name)},
        )
    except ValidationError as error:
        return _page(_words(error)), 422

    def change(now: Settings) -> dict[str, Any]:
        if len(now.own) >= MOST:
            raise Refused(Reason.INVALID, errors={"day": N_("These are too many days.")})
        if any(made.repeats(one) for one in now.own):
            raise Refused(Reason.INVALID, errors={"day": N_("This day is entered already.")})
        return {"own": _written([*now.own, made])}

    return _saved(change, gettext("The day is entered: nobody can book on it."))


def _words(error: ValidationError) -> dict[str, str]:
    """What is wrong, beside the fields."""
    texts = {"day": N_("Please choose a day."), "end": N_("The end is not after the start.")}
    found = {str(problem["loc"][0]) if problem["loc"] else "end" for problem in error.errors()}
    return {name: texts.get(name, N_("Please enter a time like 13:30.")) for name in sorted(found)}


@pages.route("/days/<int(max=2147483647):number>/delete", methods=["GET", "POST"])
@open_to(Right.SETTINGS)
def delete_day(number: int) -> ResponseReturnValue:
    """The question, then take a day back; `day` and `name` say which one, for the list may have changed."""
    day, name = request.values.get("day"), request.values.get("name")

    def found(now: Settings) -> int:
        alike = [at for at, one in enumerate(now.own) if one.day == day and name in (None, one.name)]
        if not alike:
            raise Refused(Reason.NOT_FOUND)
        return number if number in alike else alike[0]

    def change(now: Settings) -> dict[str, Any]:
        gone = found(now)
        return {"own": _written([one for at, one in enumerate(now.own) if at != gone])}

    if request.method != "POST":
        return _sure(_config().own[found(_config())], change(_config()))
    return _saved(change, gettext("The day is deleted; it can be booked again."))


def _sure(day: OwnDay, left: dict[str, Any]) -> str:
    """The question: what opens on the day, the next one where it is every year's."""
    hall = here.hall()
    with hall.database.reading() as session:
        now = database.now(session)
    since = now.astimezone(hall.config.zone).date()
    yearly = len(day.day) == len("12-24")
    coming = (since + timedelta(days=n) for n in range(LONGEST_TO_COME))
    on = next(filter(day.falls_on, coming)) if yearly else day.on
    said = hall.texts.reader(str(get_locale() or "en")).day(on)
    return render_template(
        "office/sure.html",
        title=gettext("Delete the closed day “%(name)s”?", name=day.name or said),
        consequences=[gettext("It is every year’s; the next time: %(day)s.", day=said) if yearly else said],
        foreseen=settings.foreseen(hall, TABLE, left, day_period(on, hall.config.zone)),
        button=gettext("Delete the day"),
        back=url_for(".overview"),
    )


def _written(own: Sequence[OwnDay]) -> list[dict[str, Any]]:
    return [day.model_dump(mode="json", exclude_defaults=True) for day in own]


def _saved(change: Callable[[Settings], dict[str, Any]], said: str) -> ResponseReturnValue:
    """Save what `change` makes of the settings as they are now: of two at once none overwrites the other (A109)."""
    hall, actor = here.hall(), here.actor()

    def work(session: Session, decided: Decisions) -> None:
        now = cast("Settings", settings.held(session, hall, TABLE))
        settings.save(session, hall, actor, TABLE, change(now), decided)

    try:
        triage = booking.try_to(hall, request.values, work)
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        return _page(refusal.facts["errors"]), 422
    if triage:
        title, back = gettext("Holidays"), url_for(".overview")
        return render_template("office/triage.html", triage=triage, title=title, back=back), 409
    hall.refresh(at_once=True)
    flash(said, "good")
    return redirect(url_for(".overview"), 303)


def _places(session: Session) -> Sequence[Location]:
    return session.scalars(select(Location).where(Location.active).order_by(Location.name)).all()


def _config() -> Settings:
    config: Settings = here.hall().plugins.instance("vorzimmer_holidays").config
    return config
