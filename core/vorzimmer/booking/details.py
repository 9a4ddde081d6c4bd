"""Who books: what was typed is kept with the hold, and a code goes out by mail."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import Actor
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.online import reaches_customers
from vorzimmer.booking.parts.policies import require_allowed
from vorzimmer.booking.parts.record import record
from vorzimmer.messages import outbox
from vorzimmer.models import Booking, Message, Status
from vorzimmer.practice import Hall
from vorzimmer.questions import fields
from vorzimmer.questions.fields import Field
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact
from vorzimmer.text.contact import canonical

MESSAGE_LENGTH = 2000
CODES_PER_HOLD = 3
HOLDS_PER_CONTACT = 3
CODES_PER_ADDRESS = 3
CODES_PER_HOUR = 300
"""Of all addresses together: more than any practice books, and too few to be worth somebody's while."""
AN_HOUR = timedelta(hours=1)
HELD_AT_MOST = timedelta(minutes=30)
LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True)
class Details:
    """What the customer typed. `language` is the page's; `fields` are answers and `consents` agreements, by slug.

    `proved`: addresses that a code has proved to this browser before, so that it may learn what is known of them.
    """

    name: str
    email: str
    phone: str = ""
    message: str = ""
    language: str = "de"
    fields: Mapping[str, Any] = field(default_factory=dict)
    consents: Collection[str] = ()
    proved: Collection[str | None] = ()


def details(session: Session, hall: Hall, actor: Actor, uid: str, given: Details) -> Booking:
    """Keep the details and send a new code; the code before it is void.

    Refuses with `INVALID` (`errors`: field to text), `HOLD_EXPIRED`, `WRONG_STATE`, `RATE_LIMITED`, with `NOT_OFFERED`
    (`reasons`) what the policies refuse to somebody whose address is proved, and with `ONLINE_CLOSED` where no code
    would arrive.
    """
    if not reaches_customers(hall):
        raise Refused(Reason.ONLINE_CLOSED)
    booking = load.locked(session, uid)
    form = fields.asked(session, booking.service_id)
    if given.message.strip() and not hall.config.settings.booking.message_field:
        raise Refused(Reason.INVALID, errors={"message": N_("There is no such field.")})
    clean = checked(given, hall.config.settings.practice.languages, form)
    moment = database.now(session)
    require_live(booking, moment)
    if hall.config.settings.server.limits:
        _limit(session, booking, clean.email, moment)
    elif booking.code_issue >= CODES_PER_HOLD * 10:
        raise Refused(Reason.RATE_LIMITED)
    booking.name, booking.email, booking.phone = clean.name, clean.email, clean.phone
    booking.message, booking.language, booking.fields = clean.message, clean.language, dict(clean.fields)
    booking.consents = fields.agreed(form, clean.consents, hall.texts.reader(clean.language))
    if canonical(clean.email) in given.proved:
        require_allowed(session, hall, booking, moment)
    booking.code_issue += 1
    record(session, hall, actor, booking, "details", moment, details={"consents": list(booking.consents)})
    if booking.code_issue > 1:
        outbox.withdraw(session, booking, ["code"])
    outbox.tell_person(
        session,
        hall,
        booking,
        "code",
        moment,
        recipient=booking.email,
        details={"issue": booking.code_issue},
        key=f"{booking.uid}/code/{booking.code_issue}",
    )
    return booking


def require_live(booking: Booking, moment: datetime) -> None:
    """Refuse what is no hold, or whose time is over by the database's clock (rule 45)."""
    if booking.status == Status.EXPIRED or (booking.expires_at is not None and booking.expires_at <= moment):
        raise Refused(Reason.HOLD_EXPIRED)
    if booking.status != Status.HELD:
        raise Refused(Reason.WRONG_STATE, status=booking.status)


def _limit(session: Session, booking: Booking, email: str, moment: datetime) -> None:
    """At most three codes a hold, three live holds a contact (rule 47, A102), three codes an hour and address, and
    half an hour in all for one time that is held again and again (X13, X17).
    """
    live = session.scalar(
        select(func.count())
        .select_from(Booking)
        .where(
            Booking.status == Status.HELD,
            Booking.expires_at > moment,
            func.lower(Booking.email) == email.lower(),
            Booking.id != booking.id,
        )
    )
    if booking.code_issue >= CODES_PER_HOLD or (live or 0) >= HOLDS_PER_CONTACT:
        raise Refused(Reason.RATE_LIMITED)
    to_all, to_this = codes_asked(session, moment, email)
    if to_this >= CODES_PER_ADDRESS or to_all >= CODES_PER_HOUR:
        raise Refused(Reason.RATE_LIMITED, codes=True)
    wanted = func.lower(Booking.email) == email.lower(), Booking.starts == booking.starts
    if held_in_vain(session, moment, *wanted, Booking.id != booking.id) >= HELD_AT_MOST:
        raise Refused(Reason.RATE_LIMITED, held=True)


def codes_asked(session: Session, moment: datetime, email: str = "") -> tuple[int, int]:
    """How many codes went out in the last hour for nothing that was booked: to anybody, and to this address."""
    wanted = (
        select(func.count(), func.count().filter(func.lower(Message.recipient) == email.lower()))
        .select_from(Message)
        .join(Booking, Booking.id == Message.booking_id)
        .where(Message.topic == "code", Message.planned_at > moment - AN_HOUR, Message.state != "withdrawn")
        .where(Booking.status.in_((Status.HELD, Status.EXPIRED)))
    )
    to_all, to_this = session.execute(wanted).one()
    return to_all, to_this


def held_in_vain(session: Session, moment: datetime, *those: ColumnElement[bool]) -> timedelta:
    """How long some holds of the last day that became nothing have kept their time from others."""
    wanted = (
        select(Booking.created_at, Booking.expires_at)
        .where(Booking.expires_at > moment - LOOKED_BACK, Booking.status.in_((Status.HELD, Status.EXPIRED)))
        .where(*those)
    )
    found = session.execute(wanted).all()
    return sum((min(end or moment, moment) - begun for begun, end in found), timedelta())


def checked(
    given: Details, languages: tuple[str, ...], form: Sequence[Field], *, by_staff: bool = False
) -> Details:
    """The details, trimmed and without control characters; refuses with `INVALID` and what is wrong where.

    Staff type what they know: neither an address nor the answers that customers must give are needed.
    """
    errors: dict[str, str] = {}
    name, phone = contact.name_of(given.name, errors), contact.phone_of(given.phone, errors)
    message = contact.lines(given.message)
    if len(message) > MESSAGE_LENGTH:
        errors["message"] = N_("At most 2000 characters.")
    email = given.email.strip()
    if email or not by_staff:
        email = contact.email_of(email, errors)
    answers = fields.checked(form, given.fields, given.consents, errors, all_needed=not by_staff)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    language = given.language if given.language in languages else languages[0]
    return Details(name, email, phone, message, language, answers, given.consents)


def live_until(booking: Booking, moment: datetime) -> timedelta:
    """How long the hold still stands; never negative."""
    return max((booking.expires_at or moment) - moment, timedelta())
