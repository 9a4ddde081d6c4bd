"""The dialog before an appointment moves: who, from when to when, what that breaks, a personal message (O18, O20).

A drag, a key and the form of the dialog itself all end here. Nothing is done until it is sent; two people who move
one appointment learn of each other, and what the second one typed is still there (A109).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from vorzimmer import booking as use_cases
from vorzimmer.access import Actor, open_to
from vorzimmer.availability import Why
from vorzimmer.booking import Target
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.models import Booking, Location, Resource
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.acts import report, said
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.booking import own
from vorzimmer_web.office.choose import Choice, explained, people_of, where_possible
from vorzimmer_web.shell.requests import read_anew, reading, signed_in


@dataclass(frozen=True)
class Outcome:
    """What a move would break. `place`: where it would be; `refusal`: why it can't be done at all.

    `changed`: somebody else was quicker.
    """

    place: Location | None = None
    warnings: list[Why] = field(default_factory=list)
    conflicts: list[Why] = field(default_factory=list)
    refusal: str = ""
    changed: bool = False


@open_to(*STAFF)
def shift(uid: str) -> ResponseReturnValue:
    """Show the dialog, look at another time, or move."""
    session, person = reading(), signed_in()
    found = own(session, person, uid)
    choice = Choice.of_move(found)
    if request.method != "POST" or "preview" in request.form:
        return _dialog(session, person, found, choice)
    start = choice.start
    if start is None:
        return _dialog(session, person, found, choice), 422
    try:
        changed = hall().database.write(lambda s: _moved(s, person, uid, start, choice))
    except Refused as refusal:
        explained(refusal)
        session = read_anew()
        return _dialog(session, person, own(session, person, uid), choice), 409
    report("move", changed)
    return render_template("office/toasts.html")


def _moved(session: Session, person: Actor, uid: str, start: datetime, choice: Choice) -> Booking:
    message, sequence = said(request.form.get("message", "")), request.form.get("sequence", type=int)
    target = Target(start, choice.staff, location=choice.location)
    return use_cases.move(
        session, hall(), person, uid, target, sequence=sequence, message=message, override=choice.override
    )


def _dialog(session: Session, person: Actor, found: Booking, choice: Choice) -> str:
    zone = ZoneInfo(found.zone)
    start = choice.start or found.starts
    people = people_of(session, person, found.service)
    known = request.values.get("sequence", type=int)
    return render_template(
        "office/calendar_move.html",
        booking=found,
        start=start.astimezone(zone),
        ends=(start + timedelta(minutes=found.service.minutes)).astimezone(zone),
        staff=next((one for one in people if one.slug == choice.staff), None),
        people=people,
        outcome=_outcome(session, person, found, start, choice, people, known),
        places=where_possible(session, found.service, choice.staff),
        message=request.form.get("message", ""),
        reason=request.form.get("reason", ""),
    )


def _outcome(
    session: Session,
    person: Actor,
    found: Booking,
    start: datetime,
    choice: Choice,
    people: Sequence[Resource],
    known: int | None,
) -> Outcome:
    """What the core says to the time, without doing anything."""
    changed = known is not None and known != found.sequence
    if "date" in request.values and choice.start is None:
        return Outcome(refusal=N_("Please choose a day and a time."), changed=changed)
    if found.status not in OPEN:
        return Outcome(refusal=Refused(Reason.WRONG_STATE).text, changed=changed)
    if choice.staff and not any(one.slug == choice.staff for one in people):
        return Outcome(refusal=N_("This person does not offer the service."), changed=changed)
    try:
        target = Target(start, choice.staff, location=choice.location)
        placed = use_cases.look(session, hall(), person, found, target)
    except Refused as refusal:
        return Outcome(refusal=refusal.text, changed=changed)
    return Outcome(placed.assignment.location, placed.warnings, placed.conflicts, changed=changed)
