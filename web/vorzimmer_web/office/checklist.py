"""What a new practice has still to do: shown to its owner until all of it is done (K6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from vorzimmer import audit, booking, database, hookspecs
from vorzimmer.access import Right, may, open_to, require
from vorzimmer.messages import outbox
from vorzimmer.models import Location, Resource, Service, Setting
from vorzimmer.periods import Period
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.settings import health
from vorzimmer_web.shell.requests import actor, reading, signed_in

CLOSED = "checklist"
"""The row that says that the list is no longer wanted."""
AHEAD = timedelta(days=14)
PUBLISH, BACKUPS = "office.publish", "office.health"


@dataclass(frozen=True)
class Step:
    """One thing to do: `title` and `line` are msgids; `done` is computed from the data."""

    title: str
    line: str
    endpoint: str
    done: bool

    @property
    def has_page(self) -> bool:
        """Whether there is a page to do it on: its plugin may be off."""
        return self.endpoint in current_app.view_functions


def steps(session: Session) -> list[Step]:
    """All of them, in the order in which they are best done."""
    practice = hall().config.settings.practice
    legal = (practice.imprint_url or practice.imprint) and (practice.privacy_url or practice.privacy)
    return [
        Step(
            N_("Imprint and privacy notice"),
            N_("They stand below every page; name, logo, colour and address are there, too."),
            "office.practice",
            bool(legal),
        ),
        Step(N_("A place"), N_("Where customers come to."), "office.places", _any(session, Location)),
        Step(
            N_("A person"),
            N_("Who takes appointments; rooms and devices, too."),
            "office.resources",
            _person(session),
        ),
        Step(
            N_("A service"),
            N_("What can be booked, how long it takes."),
            "office.services",
            _any(session, Service),
        ),
        Step(
            N_("Working hours"),
            N_("Without them nobody is free."),
            "vorzimmer_weekly_hours.overview",
            _hours(session),
        ),
        Step(
            N_("Mail"),
            N_("Codes, confirmations and reminders go out by your mail server; send yourself a test."),
            "vorzimmer_email.mail",
            outbox.is_tried(hall(), session),
        ),
        Step(
            N_("Backups"),
            N_("Made every night; without a copy of their key away from this server nobody can open them."),
            BACKUPS,
            not health.warnings(session),
        ),
        Step(
            N_("Publish"),
            N_("Opens the online booking; until then customers read your phone number."),
            PUBLISH,
            booking.is_open(hall()),
        ),
    ]


def needed_to_publish(session: Session) -> list[Step]:
    """What is still to be done before anybody books."""
    return [one for one in steps(session) if not one.done and one.endpoint not in (PUBLISH, BACKUPS)]


def _any(session: Session, model: type[Location | Service]) -> bool:
    return bool(session.scalar(select(exists().where(model.active))))


def _person(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(Resource.kind == "staff", Resource.active))))


def _hours(session: Session) -> bool:
    """Whether anybody works in the next two weeks."""
    people = session.scalars(select(Resource).where(Resource.kind == "staff", Resource.active)).all()
    now = database.now(session)
    answers, _lacking = hall().plugins.known(
        hookspecs.available_periods,
        session=session,
        resources=people,
        service=None,
        window=Period(now, now + AHEAD),
    )
    return any(one.resource_id is not None and one.periods for one in answers)


def checklist() -> list[Step]:
    """The list for the owner as long as it is wanted, else nothing."""
    person, session = actor(), reading()
    if person is None or not person.owner or session.get(Setting, CLOSED) is not None:
        return []
    return steps(session)


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
    require(person.owner)

    def work(session: Session) -> None:
        if not all(step.done for step in steps(session)):
            raise Refused(Reason.WRONG_STATE)
        if session.get(Setting, CLOSED) is None:
            session.add(Setting(name=CLOSED, value="done"))
            audit.write(session, database.now(session), person, "checklist_closed", "practice")

    hall().database.write(work)
    flash(gettext("Everything is set up. Have a good start!"), "good")
    return redirect(url_for("office.today"), 303)


def add_to(office: Blueprint) -> None:
    """Put the list on its page."""
    office.post("/checklist/close", endpoint="close_checklist")(close)
    office.app_context_processor(lambda: {"checklist": checklist, "online_is_closed": online_is_closed})
