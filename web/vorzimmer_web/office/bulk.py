"""What waits for a decision, and one act on several appointments of the same state (K68, K69, K91, O60)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy import select

from vorzimmer.access import Actor, open_to
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.models import Booking
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.acts import ACTS, DONE, said
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.reach import reach
from vorzimmer_web.office.waiting import waiting
from vorzimmer_web.shell import kept, words
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.site import local_path, zone_of

MOST = 200
CLOSED_SINCE = N_("This time has been closed since. Please open the request and decide on it there.")


@dataclass(frozen=True)
class Line:
    """What came of one appointment; `reason` is an English msgid, empty where it was done."""

    booking: Booking
    reason: str

    @property
    def told(self) -> bool:
        """Whether the customer can be told at all."""
        return bool(self.booking.email)


@open_to(*STAFF)
def requests() -> str:
    """Everything that waits, the nearest first."""
    return render_template("office/requests.html", waiting=waiting(reading(), signed_in()))


@open_to(*STAFF)
def act() -> ResponseReturnValue:
    """Do one thing with several appointments, each in a transaction of its own; what came of each is listed."""
    session, person, name = reading(), signed_in(), request.form.get("act", "")
    picked = list(dict.fromkeys(request.form.getlist("pick")))[:MOST]
    found = session.scalars(
        select(Booking).where(Booking.uid.in_(picked), reach(person)).options(*WHOLE).order_by(Booking.starts)
    ).all()
    if len(found) < len(picked):  # nothing is done where one of them is somebody else's (X17)
        raise Refused(Reason.NOT_FOUND)
    back = local_path(request.form.get("next", "/office/requests"))
    wrong = _wrong(name, found)
    form = kept.typed(over=False)
    if not found and form:
        flash(gettext(wrong), "warning")
        return kept.give_back(replace(form, page=back))
    if wrong:
        return render_template("office/results.html", wrong=wrong, lines=[], back=back, act=name), 409
    message = said(request.form.get("message", ""))
    if name == "decline" and "sure" not in request.form:
        return _sure(found, back)
    lines = [_done(person, name, one, message) for one in found]
    return render_template("office/results.html", lines=lines, back=back, act=name, done=DONE[name])


def _sure(found: Sequence[Booking], back: str) -> str:
    """The question: whose they are, how many are told, and how many have to be called."""
    told = sum(bool(one.email) for one in found)
    rest = len(found) - told
    consequences = [
        f"{one.whom}, {words.when(one.starts, zone_of(one))}, {one.service.name}" for one in found
    ]
    if told:
        consequences.append(
            ngettext(
                "%(num)d customer gets an e-mail that says so.",
                "%(num)d customers get an e-mail that says so.",
                told,
            )
        )
    if rest:
        consequences.append(
            ngettext(
                "%(num)d customer has no e-mail address and has to be called.",
                "%(num)d customers have no e-mail address and have to be called.",
                rest,
            )
        )
    consequences.append(gettext("Their times become free at once; what is declined stays declined."))
    return render_template(
        "office/sure.html",
        title=ngettext("Decline %(num)d request?", "Decline %(num)d requests?", len(found)),
        consequences=consequences,
        button=gettext("Decline the selected"),
        back=back,
    )


def _wrong(name: str, found: Sequence[Booking]) -> str:
    """Why nothing is done at all."""
    if name not in ACTS:
        return N_("Please choose what to do.")
    if not found:
        return N_("No appointment was selected.")
    if len({one.status for one in found}) > 1:
        return N_("Only appointments of the same state can be changed together.")
    return ""


def _done(person: Actor, name: str, one: Booking, message: str) -> Line:
    try:
        done = hall().database.write(
            partial(ACTS[name], hall=hall(), actor=person, uid=one.uid, message=message)
        )
    except Refused as refusal:
        if refusal.facts.get("warnings"):
            return Line(one, CLOSED_SINCE)
        errors = refusal.facts.get("errors", {})
        return Line(one, next(iter(errors.values()), refusal.text))
    return Line(done, "")


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/requests")(requests)
    office.post("/appointments", endpoint="act")(act)
