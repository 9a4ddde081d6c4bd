"""What a new practice has still to do: shown to its owner until all of it is done (K6)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import booking
from vorzimmer.access import Right, may, open_to
from vorzimmer.doctor import checklist as core
from vorzimmer.doctor.checklist import Step
from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer_web.shell.requests import actor, reading, signed_in

SAID = {
    Step.LEGAL: (
        N_("Imprint and privacy notice"),
        N_("They stand below every page; name, logo, colour and address are there, too."),
        "office.practice",
    ),
    Step.LOCATION: (N_("A place"), N_("Where customers come to."), "office.places"),
    Step.PERSON: (
        N_("A person"),
        N_("Who takes appointments; rooms and devices, too."),
        "office.resources",
    ),
    Step.SERVICE: (N_("A service"), N_("What can be booked, how long it takes."), "office.services"),
    Step.HOURS: (
        N_("Working hours"),
        N_("Without them nobody is free."),
        "vorzimmer_weekly_hours.overview",
    ),
    Step.MAIL: (
        N_("Mail"),
        N_("Codes, confirmations and reminders go out by your mail server; send yourself a test."),
        "vorzimmer_email.mail",
    ),
    Step.BACKUPS: (
        N_("Backups"),
        N_("Made every night; without a copy of their key away from this server nobody can open them."),
        "office.health",
    ),
    Step.PUBLISH: (
        N_("Publish"),
        N_("Opens the online booking; until then customers read your phone number."),
        "office.publish",
    ),
}
"""Title, line and page of each step."""


@dataclass(frozen=True)
class Line:
    """One thing to do: `title` and `line` are msgids."""

    step: Step
    done: bool

    @property
    def title(self) -> str:
        """What is to be done."""
        return SAID[self.step][0]

    @property
    def line(self) -> str:
        """What it is good for."""
        return SAID[self.step][1]

    @property
    def endpoint(self) -> str:
        """The page to do it on."""
        return SAID[self.step][2]

    @property
    def has_page(self) -> bool:
        """Whether there is that page: its plugin may be off."""
        return self.endpoint in current_app.view_functions


def needed_to_publish(session: Session) -> list[Line]:
    """What is still to be done before anybody books."""
    return [one for one in _lines(session) if not one.done and one.step not in (Step.PUBLISH, Step.BACKUPS)]


def _lines(session: Session) -> list[Line]:
    return [Line(step, done) for step, done in core.steps(session, hall()).items()]


def checklist() -> list[Line]:
    """The list for the owner as long as it is wanted, else nothing."""
    person, session = actor(), reading()
    if person is None or not person.owner or core.is_closed(session):
        return []
    return _lines(session)


def online_is_closed() -> bool:
    """Whether to tell that nobody can book online: to those who may change it, and do not read it in the list."""
    person = actor()
    if person is None or not may(person, Right.SETTINGS) or checklist():
        return False
    return not booking.is_open(hall())


@open_to(Right.SETTINGS)
def close() -> ResponseReturnValue:
    """The list has done its work; it can be closed only then."""
    person = signed_in()
    hall().database.write(lambda session: core.close(session, hall(), person))
    flash(gettext("Everything is set up. Have a good start!"), "good")
    return redirect(url_for("office.today"), 303)


def add_to(office: Blueprint) -> None:
    """Put the list on its page."""
    office.post("/checklist/close", endpoint="close_checklist")(close)
    office.app_context_processor(lambda: {"checklist": checklist, "online_is_closed": online_is_closed})
