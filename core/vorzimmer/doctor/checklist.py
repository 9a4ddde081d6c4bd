"""What a new practice has still to do before it is at work, told from its data, and the end of the list (K6)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, booking, database, doctor, hookspecs
from vorzimmer.access import Actor
from vorzimmer.messages import outbox
from vorzimmer.models import Location, Resource, Service, Setting
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused

CLOSED = "checklist"
"""The row that says that the list is no longer wanted."""
AHEAD = timedelta(days=14)


class Step(StrEnum):
    """What there is to do, in the order in which it is best done."""

    LEGAL = "legal"
    LOCATION = "location"
    PERSON = "person"
    SERVICE = "service"
    HOURS = "hours"
    MAIL = "mail"
    BACKUPS = "backups"
    PUBLISH = "publish"


def steps(session: Session, hall: Hall) -> dict[Step, bool]:
    """Each step and whether it is done."""
    practice = hall.config.settings.practice
    legal = (practice.imprint_url or practice.imprint) and (practice.privacy_url or practice.privacy)
    person = exists().where(Resource.kind == "staff", Resource.active)
    return {
        Step.LEGAL: bool(legal),
        Step.LOCATION: bool(session.scalar(select(exists().where(Location.active)))),
        Step.PERSON: bool(session.scalar(select(person))),
        Step.SERVICE: bool(session.scalar(select(exists().where(Service.active)))),
        Step.HOURS: _has_hours(session, hall),
        Step.MAIL: outbox.is_tried(hall, session),
        Step.BACKUPS: not doctor.warnings(hall, session),
        Step.PUBLISH: booking.is_open(hall),
    }


def _has_hours(session: Session, hall: Hall) -> bool:
    """Whether anybody works in the next two weeks."""
    people = session.scalars(select(Resource).where(Resource.kind == "staff", Resource.active)).all()
    now = database.now(session)
    answers, _lacking = hall.plugins.known(
        hookspecs.available_periods,
        session=session,
        resources=people,
        service=None,
        window=Period(now, now + AHEAD),
    )
    return any(one.resource_id is not None and one.periods for one in answers)


def is_closed(session: Session) -> bool:
    """Whether the list has been closed."""
    return session.get(Setting, CLOSED) is not None


def close(session: Session, hall: Hall, actor: Actor) -> None:
    """The list has done its work: the owner closes it. Refuses with `WRONG_STATE` while something is left to do."""
    access.require(actor.owner)
    if not all(steps(session, hall).values()):
        raise Refused(Reason.WRONG_STATE)
    if not is_closed(session):
        session.add(Setting(name=CLOSED, value="done"))
        audit.write(session, database.now(session), actor, "checklist_closed", "practice")
