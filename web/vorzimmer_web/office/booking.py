"""One appointment: what it is, what can be done with it, who was told what (K68, K84, O15, O16, O18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import booking as use_cases
from vorzimmer import database
from vorzimmer.access import Actor, may_touch_booking, open_to
from vorzimmer.booking import Target, load
from vorzimmer.booking.status import LEGAL, OPEN
from vorzimmer.contact import plain
from vorzimmer.hall import Hall
from vorzimmer.models import AuditEntry, Booking, Message, Status
from vorzimmer.outbox import FACT
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.choose import Choice, explained
from vorzimmer_web.requests import reading, signed_in
from vorzimmer_web.site import hall

LONGEST_MESSAGE = 1000
Act = Callable[[Session, Hall, Actor, str, str], Booking]

DONE = {
    "accept": N_("The appointment of %(name)s is confirmed."),
    "decline": N_("The request of %(name)s is declined."),
    "cancel": N_("The appointment of %(name)s is cancelled."),
    "complete": N_("%(name)s was here."),
    "missed": N_("%(name)s did not come."),
    "move": N_("The appointment of %(name)s has a new time."),
}
ACTS: dict[str, Act] = {
    "accept": use_cases.accept,
    "decline": use_cases.decline,
    "cancel": use_cases.cancel,
    "complete": lambda session, hall, actor, uid, _message: use_cases.complete(session, hall, actor, uid),
    "missed": lambda session, hall, actor, uid, _message: use_cases.missed(session, hall, actor, uid),
}
QUIET = frozenset({"complete", "missed"})


def own(session: Session, actor: Actor, uid: str) -> Booking:
    """The booking if the actor may see it; somebody else's is as if it did not exist (A1)."""
    found = load.booking(session, uid)
    if not may_touch_booking(actor, found) or found.status == Status.HELD:
        raise Refused(Reason.NOT_FOUND)
    return found


def said(text: str) -> str:
    """What staff typed, without control characters and not too long."""
    return "\n".join(plain(line) for line in text.splitlines()).strip()[:LONGEST_MESSAGE]


def report(act: str, booking: Booking) -> None:
    """Say what happened and who was told."""
    happened = gettext(DONE[act], name=booking.name)
    if act in QUIET:
        flash(happened, "good")
    elif booking.email:
        flash(f"{happened} {gettext('%(email)s is told.', email=booking.email)}", "good")
    else:
        flash(
            f"{happened} {gettext('There is no e-mail address: please tell the customer yourself.')}",
            "warning",
        )


@open_to(*STAFF)
def detail(uid: str) -> str:
    """Everything about one appointment."""
    session, person = reading(), signed_in()
    found = own(session, person, uid)
    messages = session.scalars(
        select(Message).where(Message.booking_id == found.id, Message.topic != FACT).order_by(Message.id)
    ).all()
    history = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"booking {uid}").order_by(AuditEntry.id)
    ).all()
    return render_template(
        "office/booking.html",
        booking=found,
        messages=messages,
        history=history,
        now=database.now(session),
        legal=LEGAL[Status(found.status)],
        open=found.status in OPEN,
    )


@open_to(*STAFF)
def ask(uid: str, act: str) -> str:
    """The step before declining or cancelling: the time for a personal message (O15)."""
    return render_template("office/ask.html", booking=own(reading(), signed_in(), uid), act=act)


@open_to(*STAFF)
def do(uid: str, act: str) -> ResponseReturnValue:
    """Do it, say so, and go back to the appointment."""
    person, message = signed_in(), said(request.form.get("message", ""))
    own(reading(), person, uid)
    try:
        changed = hall().database.write(lambda s: ACTS[act](s, hall(), person, uid, message))
    except Refused as refusal:
        flash(gettext(refusal.text), "warning")
    else:
        report(act, changed)
    return redirect(url_for("office.booking", uid=uid), 303)


@open_to(*STAFF)
def move(uid: str) -> ResponseReturnValue:
    """Choose another time, and another person where that is wanted."""
    session, person = reading(), signed_in()
    found = own(session, person, uid)
    if found.status not in OPEN:
        return redirect(url_for("office.booking", uid=uid), 303)
    choice = Choice.of_move(found)
    refusal: Refused | None = None
    if request.method == "POST" and (start := choice.start):
        try:
            changed = hall().database.write(lambda s: _moved(s, person, uid, start, choice))
        except Refused as error:
            refusal = explained(error)
        else:
            report("move", changed)
            return redirect(url_for("office.booking", uid=uid), 303)
    page = render_template(
        "office/move.html",
        booking=found,
        choice=choice,
        refusal=refusal,
        message=request.form.get("message", ""),
        **choice.offer(session, person, found.service, ignoring=found),
    )
    return page, 409 if refusal else 200


def _moved(session: Session, person: Actor, uid: str, start: datetime, choice: Choice) -> Booking:
    return use_cases.move(
        session,
        hall(),
        person,
        uid,
        Target(start, choice.staff),
        sequence=request.form.get("sequence", type=int),
        message=said(request.form.get("message", "")),
        override=choice.override,
    )


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/booking/<uid>", endpoint="booking")(detail)
    office.get("/booking/<uid>/<any(decline, cancel):act>")(ask)
    office.post("/booking/<uid>/<any(accept, decline, cancel, complete, missed):act>")(do)
    office.route("/booking/<uid>/move", methods=["GET", "POST"])(move)
