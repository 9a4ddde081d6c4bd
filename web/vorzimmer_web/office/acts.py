"""What can be done with an appointment by one press, and how it is said afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from flask import flash
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import booking
from vorzimmer.access import Actor
from vorzimmer.messages import outbox
from vorzimmer.models import Booking
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer.text import contact
from vorzimmer_web.office.choose import place_said

LONGEST_MESSAGE = 1000

DONE = {
    "accept": N_("The appointment of %(name)s is confirmed."),
    "decline": N_("The request of %(name)s is declined."),
    "cancel": N_("The appointment of %(name)s is cancelled."),
    "complete": N_("%(name)s was here."),
    "missed": N_("%(name)s did not come."),
    "reopen": N_("The appointment of %(name)s is open again."),
    "offer": N_("%(name)s is asked to choose another time."),
    "stand": N_("The appointment of %(name)s takes place as planned."),
    "called": N_("%(name)s has been called."),
    "remind": N_("%(name)s is reminded."),
    "move": N_("The appointment of %(name)s has a new time."),
}
TO_CALL = N_("There is no e-mail address: please call. It stands under “To do” until that is done.")
NO_MAIL = N_("No mail can be sent: please call. It stands under “To do” until that is done.")
QUIET = frozenset({"complete", "missed", "remind", "called"})


class Act(Protocol):
    """A use case on one appointment, in a transaction."""

    def __call__(self, session: Session, *, hall: Hall, actor: Actor, uid: str, message: str) -> Booking:
        """Do it; refuses like any use case."""


def _silent(use_case: Callable[[Session, Hall, Actor, str], Booking]) -> Act:
    def act(session: Session, *, hall: Hall, actor: Actor, uid: str, message: str) -> Booking:
        return use_case(session, hall, actor, uid)

    return act


ACTS: dict[str, Act] = {
    "accept": booking.accept,
    "decline": booking.decline,
    "cancel": booking.cancel,
    "complete": _silent(booking.complete),
    "missed": _silent(booking.missed),
    "reopen": booking.reopen,
    "stand": booking.stand,
    "called": _silent(booking.called),
    "remind": _silent(booking.remind),
}


def said(text: str) -> str:
    """What staff typed, without control characters and not too long."""
    return contact.lines(text).strip()[:LONGEST_MESSAGE]


def known(session: Session, hall: Hall, actor: Actor, found: Booking, form: Mapping[str, str]) -> Booking:
    """Who has no address and knows already, as the form says, need not be called; in the act's transaction."""
    if found.call_since is None or not form.get("knows"):
        return found
    return booking.called(session, hall, actor, found.uid)


def report(act: str, found: Booking, *, quiet: bool = False) -> None:
    """Say what happened and who was told."""
    happened = gettext(DONE[act], name=found.name)
    if act == "move" and (place := place_said(found)):
        happened += " " + gettext("It is at %(place)s.", place=place)
    if quiet or act in QUIET:
        flash(happened, "good")
    elif found.email and outbox.reaches(hall(), found.email):
        flash(f"{happened} {gettext('%(email)s is told.', email=found.email)}", "good")
    elif found.call_since is None:
        flash(happened, "good")
    else:
        flash(f"{happened} {gettext(NO_MAIL if found.email else TO_CALL)}", "warning")
