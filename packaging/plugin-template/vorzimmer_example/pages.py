"""`/x/example/`: the coming meetings, and a form for one more."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from vorzimmer import Hall, Location, Right, database, local_instant, open_to
from vorzimmer_example.models import Meeting


def make_pages() -> Blueprint:
    """The pages of the plugin, below `/x/` and its name."""
    pages = Blueprint("vorzimmer_example", __name__, url_prefix="/x/example", template_folder="templates")
    pages.add_url_rule("/", view_func=overview)
    pages.add_url_rule("/", view_func=add, methods=["POST"])
    return pages


@open_to(Right.AVAILABILITY)
def overview() -> str:
    """The list and the form."""
    with _hall().database.reading() as session:
        coming = (
            select(Meeting)
            .where(Meeting.starts > database.now(session))
            .options(joinedload(Meeting.location))
            .order_by(Meeting.starts)
        )
        return render_template(
            "vorzimmer_example/overview.html",
            meetings=session.scalars(coming).all(),
            locations=session.scalars(select(Location).order_by(Location.name)).all(),
            zone_of=lambda meeting: ZoneInfo(meeting.location.zone),
        )


@open_to(Right.AVAILABILITY)
def add() -> Response:
    """Enter a meeting at a local time of its place."""
    try:
        day, wall = date.fromisoformat(request.form["day"]), time.fromisoformat(request.form["time"])
    except ValueError:
        flash("Please enter a day and a time.", "warning")
    else:
        slug = request.form["location"]
        _hall().database.write(lambda session: _enter(session, slug, day, wall))
        flash("The meeting is entered.")
    return redirect(url_for(".overview"), 303)


def _enter(session: Session, slug: str, day: date, wall: time) -> None:
    place = session.scalars(select(Location).where(Location.slug == slug)).one()
    session.add(Meeting(location=place, starts=_instant(place, day, wall)))


def _instant(place: Location, day: date, wall: time) -> datetime:
    return local_instant(day, wall, ZoneInfo(place.zone), edge="start")


def _hall() -> Hall:
    hall: Hall = current_app.extensions["vorzimmer"]
    return hall
