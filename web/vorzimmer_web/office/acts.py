"""What can be done with an appointment by one press, and how it is said afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from flask import flash
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import booking, contact
from vorzimmer.access import Actor
from vorzimmer.hall import Hall
from vorzimmer.models import Booking
from vorzimmer.reasons import N_

LONGEST_MESSAGE = 1000

DONE = {
    "accept": N_("The appointment of %(name)s is confirmed."),
    "decline": N_("The request of %(name)s is declined."),
    "cancel": N_("The appointment of %(name)s is cancelled."),
    "complete": N_("%(name)s was here."),
    "missed": N_("%(name)s did not come."),
    "reopen": N_("The appointment of %(name)s is open again."),
    "remind": N_("%(name)s is reminded."),
    "move": N_("The appointment of %(name)s has a new time."),
}
QUIET = frozenset({"complete", "missed", "reopen", "remind"})


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
    "reopen": _silent(booking.reopen),
    "remind": _silent(booking.remind),
}


def said(text: str) -> str:
    """What staff typed, without control characters and not too long."""
    return contact.lines(text).strip()[:LONGEST_MESSAGE]


def report(act: str, found: Booking, *, quiet: bool = False) -> None:
    """Say what happened and who was told."""
    happened = gettext(DONE[act], name=found.name)
    if quiet or act in QUIET:
        flash(happened, "good")
    elif found.email:
        flash(f"{happened} {gettext('%(email)s is told.', email=found.email)}", "good")
    else:
        flash(
            f"{happened} {gettext('There is no e-mail address: please tell the customer yourself.')}",
            "warning",
        )
