"""A customer's own appointment by link: see, move, cancel, within the service's deadlines."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from vorzimmer import booking as use_cases
from vorzimmer import database, urls
from vorzimmer.access import CUSTOMER, EVERYONE, open_to
from vorzimmer.booking import Target
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.models import Booking, Resource
from vorzimmer.reasons import Refused
from vorzimmer.server.here import hall
from vorzimmer_web.public.appointment import calendar_answer, payment_note, sums
from vorzimmer_web.public.choices import Finder, people_for, places
from vorzimmer_web.public.choosing import chosen_time, times_answer
from vorzimmer_web.shell import limits
from vorzimmer_web.shell.requests import reading

manage = Blueprint("manage", __name__, url_prefix="/b")
manage.context_processor(lambda: {"in_short": in_short})

SESSION = timedelta(minutes=30)
"""How long the link's session lasts; the link opens a new one."""


@manage.after_request
def _without_referrer(answer: Response) -> Response:
    """No address of this door reaches another site (A69)."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


# ---- the link --------------------------------------------------------------------------------------------------------


@manage.get("/<token>")
@open_to(EVERYONE)
def link(token: str) -> ResponseReturnValue:
    """The mailed address; a button swaps it for a session, so that a mail scanner opens nothing (A57, A69)."""
    _uid_of(token)
    return render_template("manage/link.html", token=token)


@manage.post("/<token>")
@open_to(EVERYONE)
def open_link(token: str) -> ResponseReturnValue:
    """Swap the token for a short session, and go to an address without it."""
    return _open(_uid_of(token))


def _open(uid: str) -> ResponseReturnValue:
    until = database.now(reading()) + SESSION
    session["managing"] = [uid, int(until.timestamp())]
    return redirect(url_for("manage.show"), 303)


def _uid_of(token: str) -> str:
    uid, _, mac = token.rpartition(".")
    if not urls.token_fits(hall().config, "manage", uid, mac):
        abort(404)
    return uid


@manage.post("/paper")
@open_to(EVERYONE)
@limits.code_tries
def enter() -> ResponseReturnValue:
    """Reference and code from a slip of paper, in place of a link (D4); wrong ones are told apart by nothing."""
    start = re.sub(r"[\W_]", "", request.form.get("reference", "")).lower()
    code = request.form.get("code", "")
    numbered = Booking.uid >= start, Booking.uid < f"{start}~"
    found = (
        reading().scalars(select(Booking.uid).where(*numbered)) if re.fullmatch("[0-9a-f]{8}", start) else ()
    )
    uid = next((uid for uid in found if urls.paper_code_fits(hall().config, uid, code)), None)
    return (_over(wrong=True), 422) if uid is None else _open(uid)


def _over(*, wrong: bool = False) -> str:
    """The way back: the link of the mail, or what stands on paper."""
    return render_template("manage/over.html", wrong=wrong, typed=request.form.get("reference", ""))


def _managed() -> Booking:
    """The appointment that this session may see and change; without one, the link is asked for."""
    uid, until = session.get("managing", ("", 0))
    if until <= database.now(reading()).timestamp():
        abort(Response(_over(), status=403))
    try:
        return load.booking(reading(), uid)
    except Refused:
        abort(404)


def in_short(name: str) -> str:
    """ "Max M." of Max Muster: who has the link needs no more to know whose appointment it is (X17)."""
    first, *others = name.split() or [""]
    letters = [f"{word[0]}." for word in others]
    return " ".join([first, *letters]) if letters else f"{first[:1]}."


# ---- see -------------------------------------------------------------------------------------------------------------


@manage.get("/")
@open_to(EVERYONE)
def show() -> str:
    """The appointment, and what can still be done."""
    return _show(_managed())


def _show(made: Booking, refusal: Refused | None = None) -> str:
    until = use_cases.deadlines(hall(), made)
    now = database.now(reading())
    is_open = made.status in OPEN
    return render_template(
        "manage/show.html",
        made=made,
        payment=payment_note(made),
        sums=sums(made),
        until=until,
        can_move=is_open and now <= until.move_until,
        can_cancel=is_open and now <= until.cancel_until,
        is_open=is_open,
        past=made.ends <= now,
        refusal=refusal,
        said=request.args.get("said"),
    )


@manage.get("/calendar.ics")
@open_to(EVERYONE)
def calendar_file() -> ResponseReturnValue:
    """The appointment as a calendar file."""
    return calendar_answer(_managed())


# ---- cancel ----------------------------------------------------------------------------------------------------------


@manage.get("/cancel")
@open_to(EVERYONE)
def ask_cancel() -> ResponseReturnValue:
    """The one question before it is gone."""
    made = _managed()
    if made.status not in OPEN or database.now(reading()) > use_cases.deadlines(hall(), made).cancel_until:
        return redirect(url_for("manage.show"), 303)
    return render_template("manage/cancel.html", made=made)


@manage.post("/cancel")
@open_to(EVERYONE)
def cancel() -> ResponseReturnValue:
    """Cancel; the time is free at once."""
    made = _managed()
    try:
        hall().database.write(lambda db: use_cases.cancel(db, hall(), CUSTOMER, made.uid))
    except Refused as refusal:
        return _show(made, refusal), 409
    return redirect(url_for("manage.show", said="cancelled"), 303)


# ---- move ------------------------------------------------------------------------------------------------------------


@manage.get("/move")
@open_to(EVERYONE)
def choose_move() -> ResponseReturnValue:
    """Another time with the same person, or with anybody (rule 60); a chosen time is asked about once."""
    made = _managed()
    until = use_cases.deadlines(hall(), made)
    if made.status not in OPEN or database.now(reading()) > until.move_until:
        return redirect(url_for("manage.show"), 303)
    if "time" in request.args:
        start, _place = chosen_time(request.args["time"])
        person = _who(_finder(made), made, start)
        return render_template("manage/move.html", made=made, start=start, person=person)
    return _choose_time(made)


def _finder(made: Booking) -> Finder:
    """Free times of the chosen person, else of the appointment's own."""
    people = people_for(reading(), hall(), made.service)
    asked = request.values.get("staff") or (made.staff.slug if made.staff else "any")
    staff = next((person for person in people if person.slug == asked), None)
    return Finder(reading(), hall(), made.service, database.now(reading()), staff=staff, ignoring=made)


def _who(finder: Finder, made: Booking, start: datetime) -> Resource | None:
    """With whom at this time: whom one asked for, else the same person as before, else the first who is free."""
    if finder.staff:
        return finder.staff
    day = start.astimezone(finder.zone).date()
    free = {slug for slot in finder.slots(day, day) if slot.start == start for slug in slot.staff}
    people = [person for person in people_for(reading(), hall(), made.service) if person.slug in free]
    return next((person for person in people if person.id == made.staff_id), people[0] if people else None)


def _choose_time(made: Booking, refusal: Refused | None = None, wanted: datetime | None = None) -> str:
    finder = _finder(made)
    people = people_for(reading(), hall(), made.service)
    path = partial(url_for, "manage.choose_move")
    query = {"staff": finder.staff.slug if finder.staff else "any"}
    return times_answer(
        "manage/times.html",
        refusal=refusal,
        wanted=wanted,
        made=made,
        finder=finder,
        people=people,
        places=places(reading()),
        address=partial(path, **query),
        others=path(staff="any") if finder.staff and len(people) > 1 else None,
        action=path(),
        method="get",
        hidden=query,
    )


@manage.post("/move")
@open_to(EVERYONE)
def move() -> ResponseReturnValue:
    """Move to the time that was shown (rule 71)."""
    made = _managed()
    start, place = chosen_time(request.form.get("time", ""))
    target = Target(start, request.form.get("staff") or None, location=place or None)
    try:
        hall().database.write(lambda db: use_cases.move(db, hall(), CUSTOMER, made.uid, target))
    except Refused as refusal:
        return _choose_time(made, refusal, start), 409
    return redirect(url_for("manage.show", said="moved"), 303)
