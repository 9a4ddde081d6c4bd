"""Who books: what was typed is kept with the hold, and a code goes out by mail."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import database, outbox
from vorzimmer.access import Actor
from vorzimmer.booking import load
from vorzimmer.booking.changes import record
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import N_, Reason, Refused

NAME_LENGTH = 80
PHONE_LENGTH = 40
MESSAGE_LENGTH = 2000
CODES_PER_HOLD = 3
HOLDS_PER_CONTACT = 3


@dataclass(frozen=True)
class Details:
    """What the customer typed. `language` is the page's."""

    name: str
    email: str
    phone: str = ""
    message: str = ""
    language: str = "de"
    fields: Mapping[str, Any] = field(default_factory=dict)


def details(session: Session, hall: Hall, actor: Actor, uid: str, given: Details) -> Booking:
    """Keep the details and send a new code; the code before it is void.

    Refuses with `INVALID` (`errors`: field to text), `HOLD_EXPIRED`, `WRONG_STATE`, `RATE_LIMITED`.
    """
    clean = checked(given, hall.config.settings.practice.languages)
    booking = load.locked(session, uid)
    moment = database.now(session)
    require_live(booking, moment)
    if hall.config.settings.server.limits:
        _limit(session, booking, clean.email, moment)
    elif booking.code_issue >= CODES_PER_HOLD * 10:
        raise Refused(Reason.RATE_LIMITED)
    booking.name, booking.email, booking.phone = clean.name, clean.email, clean.phone
    booking.message, booking.language, booking.fields = clean.message, clean.language, dict(clean.fields)
    booking.code_issue += 1
    record(session, hall, actor, booking, "details", moment)
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
    """At most three codes a hold and three live holds a contact (rule 47, A102)."""
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


def checked(given: Details, languages: tuple[str, ...], *, email_needed: bool = True) -> Details:
    """The details, trimmed and without control characters; refuses with `INVALID` and what is wrong where."""
    errors: dict[str, str] = {}
    name, phone = plain(given.name), plain(given.phone)
    message = "\n".join(plain(line) for line in given.message.splitlines())
    if not name:
        errors["name"] = N_("Please enter a name.")
    elif len(name) > NAME_LENGTH:
        errors["name"] = N_("At most 80 characters.")
    if len(phone) > PHONE_LENGTH:
        errors["phone"] = N_("At most 40 characters.")
    if len(message) > MESSAGE_LENGTH:
        errors["message"] = N_("At most 2000 characters.")
    email = given.email.strip()
    if email or email_needed:
        email = _email(email, errors)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    language = given.language if given.language in languages else languages[0]
    return Details(name, email, phone, message, language, given.fields)


def plain(text: str) -> str:
    """One line without control, format and surrogate characters, blanks folded (A77, A86)."""
    kept = "".join(" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) not in _CONTROL).split())


_CONTROL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def _email(text: str, errors: dict[str, str]) -> str:
    try:
        found = _read(text)
    except EmailNotValidError:
        errors["email"] = N_("Please enter a valid e-mail address.")
        return ""
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in found.domain if char.isalpha()}
    return (
        found.normalized if len(scripts) < 2 else found.ascii_email or ""
    )  # A41: punycode tells look-alikes


def _read(email: str) -> ValidatedEmail:
    return validate_email(
        email, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
    )


def canonical(email: str) -> str:
    """The one form in which valid addresses are compared (A41): as mail servers write them, in small letters.

    Not by Unicode's folding, which makes two domains one (`straße.example`, `strasse.example`).
    """
    return (_read(email).ascii_email or email).lower()


def live_until(booking: Booking, moment: datetime) -> timedelta:
    """How long the hold still stands; never negative."""
    return max((booking.expires_at or moment) - moment, timedelta())
