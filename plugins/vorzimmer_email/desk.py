"""Writes, dresses and posts one message after the other."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from vorzimmer import database, urls
from vorzimmer.hookspecs import Sent, Undeliverable
from vorzimmer.icalendar import writer as ical
from vorzimmer.messages.outbox import NOTICE, PAPERS
from vorzimmer.models import Booking, Message
from vorzimmer.settings import config as core
from vorzimmer.settings.change import logo
from vorzimmer.text.texts import Reader, Texts
from vorzimmer_email import folder, settings, smtp, texts
from vorzimmer_email.envelope import Envelope, Invitation, Paper, build, plain_text
from vorzimmer_email.letter import (
    ENDED,
    Letter,
    booking_letter,
    code_letter,
    notice_letter,
    papers_letter,
    values,
)
from vorzimmer_email.logins import login_letter, secret_of

if TYPE_CHECKING:
    from email.message import EmailMessage

    from vorzimmer.practice import Hall

MASK = "••••••"


class Desk:
    """Writes, dresses and posts one message after the other."""

    def __init__(self, config: settings.Config, core_config: core.Config, texts: Texts) -> None:
        self.config = config
        self.core = core_config
        self.texts = texts

    def send(self, session: Session, message: Message) -> Sent:
        """Post a message; what left, with its code and the token of its link masked (A30, A42, A174)."""
        letter, invitation, secret = self._written(session, message)
        envelope = Envelope(self.sender(), _ascii(message.recipient), message.key, database.now(session))
        mail = build(envelope, letter, self.paper(session), invitation, message.details.get("files", ()))
        session.commit()  # only read so far: the connection is free while the network is slow
        self._post(mail)
        text = plain_text(letter)
        for hidden in filter(None, [letter.code, secret]):
            text = text.replace(hidden, MASK)
        return Sent(letter.subject, text)

    def _written(self, session: Session, message: Message) -> tuple[Letter, Invitation | None, str]:
        """The letter, its calendar part, and the token in its link."""
        reader = self.texts.reader(message.language or self.core.settings.practice.languages[0])
        if message.topic == PAPERS:
            return papers_letter(reader, self.core, message), None, ""
        if message.topic == NOTICE:
            letter = notice_letter(reader, self.core, message)
            booking = session.get(Booking, message.booking_id) if message.booking_id else None
            return letter, self._for_staff(message, booking, letter) if booking else None, ""
        if message.booking_id is None:
            return login_letter(reader, self.core, message), None, secret_of(self.core, message)
        booking = session.get_one(Booking, message.booking_id)
        secret = urls.token(self.core, "manage", booking.uid)
        if message.topic == "code":
            return code_letter(reader, self.core, message, booking), None, secret
        own = texts.find(session, booking.service_id, message.topic, reader.language)
        opening = texts.filled(own, values(reader, self.core, message, booking)) if own else None
        letter = booking_letter(reader, self.core, message, booking, opening=opening)
        return letter, self._invitation(message, booking, letter), secret

    def _invitation(self, message: Message, booking: Booking, letter: Letter) -> Invitation:
        method = "CANCEL" if message.topic in ENDED else "REQUEST"
        event = replace(
            _event(message, booking, letter, method),
            summary=", ".join([message.details["service"], *message.details["staff"]]),
            conference=booking.link if method == "REQUEST" else "",
        )
        attendee = ical.Person(booking.name, _ascii(message.recipient))
        text = ical.invitation(
            event, method, organizer=self.sender(), attendee=attendee, stamp=message.planned_at
        )
        return Invitation(method, text)

    def _for_staff(self, message: Message, booking: Booking, letter: Letter) -> Invitation:
        """Their calendar shows the appointment already: the part invites the customer, takes no time, and is attached.

        A calendar app that looks at it finds the object it has, by its UID; none enters it a second time by itself
        (decision 0015).
        """
        details = message.details
        method = "CANCEL" if details.get("gone") else "REQUEST"
        event = replace(
            _event(message, booking, letter, method),
            summary=f"{details['service']}: {booking.whom}",
            transparent=True,
        )
        attendee = ical.Person(booking.name, _ascii(booking.email) if booking.email else "")
        text = ical.invitation(
            event, method, organizer=self.sender(), attendee=attendee, stamp=message.planned_at
        )
        return Invitation(method, text, attached=True)

    def try_out(self, recipient: str, reader: Reader, moment: datetime, paper: Paper) -> None:
        """Post a mail that says no more than that it has arrived. Raises what smtplib raises, or `Undeliverable`."""
        practice = self.core.settings.practice.name
        letter = Letter(
            language=reader.language,
            subject=reader.gettext("Test mail of %(practice)s", practice=practice),
            greeting=reader.gettext("Hello,"),
            paragraphs=[reader.gettext("This mail has arrived: customers will get theirs the same way.")],
            footer=[practice],
        )
        envelope = Envelope(self.sender(), _ascii(recipient), str(uuid.uuid4()), moment)
        self._post(build(envelope, letter, paper, None))

    def paper(self, session: Session) -> Paper:
        """What our letters are written on."""
        own = self.core.settings.practice
        if not own.logo:
            return Paper(own.name, own.accent)
        return Paper(own.name, own.accent, logo(session), own.logo.rpartition(".")[2])

    def _post(self, mail: EmailMessage) -> None:
        if self.config.relay:
            smtp.send(self.config.relay, mail, self._host())
        else:
            folder.write(self.core.data / self.config.folder, mail)

    def sender(self) -> ical.Person:
        """Whom all mail is from."""
        address = self.config.sender or f"vorzimmer@{self._host()}"
        return ical.Person(self.core.settings.practice.name, str(address))

    def _host(self) -> str:
        return urlsplit(self.core.base_url).hostname or "localhost"


def _event(message: Message, booking: Booking, letter: Letter, method: str) -> ical.Event:
    """The appointment as it was when the message was written."""
    details = message.details
    return ical.Event(
        uid=booking.uid,
        sequence=details["sequence"],
        status="CANCELLED" if method == "CANCEL" else ical.STATUS[details["status"]],
        starts=datetime.fromisoformat(details["starts"]),
        ends=datetime.fromisoformat(details["ends"]),
        zone=booking.zone,
        summary=details["service"],
        location=ical.where(booking),
        description="\n".join(f"{label} {value}" for label, value in letter.facts),
        url=letter.button[1] if letter.button and method == "REQUEST" else "",
    )


def desk_of(hall: Hall) -> Desk:
    """The desk of a server, with the settings that hold now."""
    return Desk(hall.plugins.instance("vorzimmer_email").config, hall.config, hall.texts)


def _ascii(address: str) -> str:
    """The address with its domain as mail servers write it (RFC 5891, where ß is not ss). Raises `Undeliverable`."""
    try:
        read = validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise Undeliverable("not an address") from error
    return read.ascii_email or address
