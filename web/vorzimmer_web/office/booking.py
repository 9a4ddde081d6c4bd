"""One appointment: what it is, what can be done with it, who was told what (K68, K84, O15, O16, O18)."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import booking as use_cases
from vorzimmer import database
from vorzimmer.access import Actor, Right, may, may_touch_booking, open_to
from vorzimmer.booking import Override, Target
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.status import LEGAL, OPEN
from vorzimmer.messages.outbox import FACTS
from vorzimmer.models import AuditEntry, Booking, Message, Status
from vorzimmer.periods import day_of, local_instant
from vorzimmer.questions import fields
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.acts import ACTS, known, report, said
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.choose import Choice, explained
from vorzimmer_web.office.differences import differences_in
from vorzimmer_web.office.remarked import of_booking
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.shell import words
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.site import local_path
from vorzimmer_web.shell.typed import money_shown

CLOSED = (Status.COMPLETED, Status.MISSED, Status.CANCELLED)


def own(session: Session, actor: Actor, uid: str) -> Booking:
    """The booking if the actor may see it; somebody else's is as if it did not exist (A1)."""
    found = load.booking(session, uid)
    if not may_touch_booking(actor, found) or found.status == Status.HELD:
        raise Refused(Reason.NOT_FOUND)
    return found


@open_to(*STAFF)
def detail(uid: str) -> str:
    """Everything about one appointment."""
    return page(own(reading(), signed_in(), uid))


def page(found: Booking, errors: dict[str, str] | None = None) -> str:
    """The page; `errors` are those of its form of payments."""
    session, person = reading(), signed_in()
    messages = session.scalars(
        select(Message)
        .where(Message.booking_id == found.id, Message.topic.not_in(FACTS))
        .order_by(Message.id)
    ).all()
    history = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"booking {found.uid}").order_by(AuditEntry.id)
    ).all()
    now = database.now(session)
    return render_template(
        "office/booking.html",
        booking=found,
        messages=messages,
        history=history,
        differences=differences_in(session, found, history),
        now=now,
        undelivered=use_cases.given_up(session, [found]).get(found.id),
        legal=_legal(found, now),
        open=found.status in OPEN,
        paid=use_cases.paid(found),
        methods=use_cases.methods(hall(), found),
        seen=use_cases.version(found),
        may_note=may(person, Right.NOTES),
        errors=errors or {},
        remarks=of_booking(session, found),
        papers=beside("booking", uid=found.uid) if found.status in OPEN else [],
        money=money_shown,
        answers=fields.told(
            fields.attributes(session), fields.of_booking(found), hall().texts.reader(words.language())
        ),
    )


def _legal(found: Booking, now: datetime) -> frozenset[Status]:
    """The states that a press may lead to; what has not begun did not end, and what is over is only corrected."""
    legal = LEGAL[Status(found.status)]
    if found.starts > now:
        return legal - {Status.COMPLETED, Status.MISSED}
    return legal - {Status.CONFIRMED} if found.status == Status.CANCELLED else legal


@open_to(*STAFF)
def ask(uid: str, act: str) -> str:
    """The step before an act that the customer is told of: the time for a personal message (O15)."""
    return _ask(own(reading(), signed_in(), uid), act)


def _ask(found: Booking, act: str, refusal: Refused | None = None) -> str:
    zone = ZoneInfo(found.zone)
    until = use_cases.choose_until(found, database.now(reading())).astimezone(zone)
    typed = {"until-day": f"{until:%Y-%m-%d}", "until-time": f"{until:%H:%M}", **request.form}
    return render_template("office/ask.html", booking=found, act=act, refusal=refusal, typed=typed)


@open_to(*STAFF)
def do(uid: str, act: str) -> ResponseReturnValue:
    """Do it, say so, and go back to where it was asked for."""
    person, form = signed_in(), request.form
    before = own(reading(), person, uid)
    try:
        changed = hall().database.write(
            lambda s: known(s, hall(), person, _done(s, person, before, act), form)
        )
    except Refused as refusal:
        if refusal.facts.get("warnings") or (act == "offer" and refusal.reason is Reason.INVALID):
            return _ask(own(read_anew(), person, uid), act, refusal), 409
        if act == "reopen" and refusal.reason is Reason.SLOT_TAKEN:
            return _ask(own(read_anew(), person, uid), act, refusal), 409
        errors = refusal.facts.get("errors", {})
        flash(gettext(next(iter(errors.values()), refusal.text)), "warning")
    else:
        again = act == "reopen" and before.status == Status.CANCELLED
        late = act == "cancel" and changed.ends <= database.now(read_anew())
        report(act, changed, quiet=late or (before.status in CLOSED and not again))
    return redirect(local_path(form.get("next", url_for("office.booking", uid=uid))), 303)


def _done(session: Session, person: Actor, found: Booking, act: str) -> Booking:
    """The act itself; two of them ask for more than a message."""
    message, form = said(request.form.get("message", "")), request.form
    if act == "offer":
        return use_cases.offer(session, hall(), person, found.uid, message, _until(found))
    if act == "accept":
        override = Override("warning", said(form.get("reason", ""))) if "override" in form else None
        return use_cases.accept(session, hall(), person, found.uid, message, override=override)
    if act == "reopen":
        level, reason = form.get("override", ""), form.get("reason", "").strip()[:300]
        override = Override(level, reason) if level in ("warning", "double") else None
        return use_cases.reopen(session, hall(), person, found.uid, message, override)
    return ACTS[act](session, hall=hall(), actor=person, uid=found.uid, message=message)


def _until(found: Booking) -> datetime:
    """Until when the customer may choose, as typed."""
    try:
        day = day_of(request.form.get("until-day", ""))
        clock = time.fromisoformat(request.form.get("until-time", ""))
        return local_instant(day, clock.hour * 60 + clock.minute, ZoneInfo(found.zone), edge="start")
    except ValueError:
        raise Refused(Reason.INVALID, errors={"until": N_("Please enter a time like 13:30.")}) from None


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
            changed = hall().database.write(
                lambda s: known(s, hall(), person, _moved(s, person, uid, start, choice), request.form)
            )
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
        Target(start, choice.staff, location=choice.location, is_offered=not choice.is_typed),
        sequence=request.form.get("sequence", type=int),
        message=said(request.form.get("message", "")),
        override=choice.override,
    )


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/booking/<uid>", endpoint="booking")(detail)
    office.get("/booking/<uid>/<any(decline, cancel, offer, stand, reopen):act>")(ask)
    acts = "accept, decline, cancel, complete, missed, reopen, remind, offer, stand, called"
    office.post(f"/booking/<uid>/<any({acts}):act>")(do)
    office.route("/booking/<uid>/move", methods=["GET", "POST"])(move)
