"""The plugin: a channel to every e-mail address, and word to staff of each new request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import config as core
from vorzimmer import database, ical, outbox, urls
from vorzimmer.hookspecs import Change, Channel, Sent, Undeliverable, hookimpl
from vorzimmer.models import Account, Booking, Message, Status
from vorzimmer.texts import Texts
from vorzimmer_email import folder, settings, smtp
from vorzimmer_email.envelope import Envelope, Invitation, build, plain_text
from vorzimmer_email.letter import ENDED, Letter, booking_letter, code_letter
from vorzimmer_email.logins import login_letter, secret_of

NAME = "email"
MASK = "••••••"


class Plugin:
    """Sends what the outbox holds for addresses with an `@`."""

    table = "mail"
    Config = settings.Config

    def __init__(self, config: settings.Config) -> None:
        self.config = config

    @hookimpl
    def message_channels(self, config: core.Config, texts: Texts) -> list[Channel]:
        """Mail reaches whatever looks like an address."""
        desk = Desk(self.config, config, texts)
        return [Channel(NAME, carries=lambda address: "@" in address, send=desk.send)]

    @hookimpl
    def booking_changed(self, session: Session, change: Change) -> None:
        """Tell the people concerned of a new request (K108); a message each, delivered like any other."""
        if change.kind != "requested":
            return
        booking = session.scalars(select(Booking).where(Booking.uid == change.uid)).one()
        if booking.status != Status.REQUESTED:  # decided or withdrawn in the meantime
            return
        moment = database.now(session)
        for account in _deciders(session, booking):
            session.add(
                Message(
                    key=f"{change.key}/{account.id}",
                    topic="asked",
                    channel=NAME,
                    booking_id=booking.id,
                    recipient=account.email,
                    language=account.language,
                    details=outbox.snapshot(booking),
                    planned_at=moment,
                    run_after=moment,
                )
            )


def _deciders(session: Session, booking: Booking) -> Sequence[Account]:
    """The logins of the staff who are asked for; the owners where those have none."""
    people = [allocation.resource_id for allocation in booking.allocations]
    theirs = session.scalars(select(Account).where(Account.resource_id.in_(people), Account.active)).all()
    return (
        theirs
        or session.scalars(select(Account).where(Account.roles.any(name="owner"), Account.active)).all()
    )


class Desk:
    """Writes, dresses and posts one message after the other."""

    def __init__(self, config: settings.Config, core_config: core.Config, texts: Texts) -> None:
        self.config = config
        self.core = core_config
        self.texts = texts

    def send(self, session: Session, message: Message) -> Sent:
        """Post a message; what left, with its code and the token of its link masked (A30, A42, A174)."""
        letter, invitation, secret = self._written(session, message)
        envelope = Envelope(self._sender(), _ascii(message.recipient), message.key, database.now(session))
        mail = build(envelope, letter, invitation)
        session.commit()  # only read so far: the connection is free while the network is slow
        if self.config.relay:
            smtp.send(self.config.relay, mail, self._host())
        else:
            folder.write(self.core.data / self.config.directory, mail)
        text = plain_text(letter)
        for hidden in filter(None, [letter.code, secret]):
            text = text.replace(hidden, MASK)
        return Sent(letter.subject, text)

    def _written(self, session: Session, message: Message) -> tuple[Letter, Invitation | None, str]:
        """The letter, its calendar part, and the token in its link."""
        reader = self.texts.reader(message.language)
        if message.booking_id is None:
            return login_letter(reader, self.core, message), None, secret_of(self.core, message)
        booking = session.get_one(Booking, message.booking_id)
        secret = urls.token(self.core, "manage", booking.uid)
        if message.topic == "code":
            return code_letter(reader, self.core, message, booking), None, secret
        letter = booking_letter(reader, self.core, message, booking)
        return letter, self._invitation(message, booking, letter), secret

    def _invitation(self, message: Message, booking: Booking, letter: Letter) -> Invitation:
        details = message.details
        method = "CANCEL" if message.topic in ENDED else "REQUEST"
        event = ical.Event(
            uid=booking.uid,
            sequence=details["sequence"],
            status="CANCELLED" if method == "CANCEL" else ical.STATUS[details["status"]],
            starts=datetime.fromisoformat(details["starts"]),
            ends=datetime.fromisoformat(details["ends"]),
            zone=booking.zone,
            summary=", ".join([details["service"], *details["staff"]]),
            location=ical.where(booking),
            description="\n".join(f"{label} {value}" for label, value in letter.facts),
            url=letter.button[1] if letter.button and method == "REQUEST" else "",
            conference=booking.link if method == "REQUEST" else "",
        )
        name = "" if message.topic == "asked" else booking.name
        attendee = ical.Person(name, _ascii(message.recipient))
        text = ical.invitation(
            event, method, organizer=self._sender(), attendee=attendee, stamp=message.planned_at
        )
        return Invitation(method, text)

    def _sender(self) -> ical.Person:
        address = self.config.sender or f"vorzimmer@{self._host()}"
        return ical.Person(self.core.settings.practice.name, str(address))

    def _host(self) -> str:
        return urlsplit(self.core.base_url).hostname or "localhost"


def _ascii(address: str) -> str:
    """The address with its domain as mail servers write it (RFC 5891, where ß is not ss). Raises `Undeliverable`."""
    try:
        read = validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise Undeliverable("not an address") from error
    return read.ascii_email or address
