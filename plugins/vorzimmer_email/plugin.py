"""The plugin: a channel to every e-mail address, and word to staff of each new request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer import config as core
from vorzimmer.access import Right
from vorzimmer.hall import Hall
from vorzimmer.hookspecs import (
    Change,
    Channel,
    NavigationEntry,
    Pages,
    Person,
    PersonalData,
    hookimpl,
)
from vorzimmer.models import Account, Booking, Message, Status
from vorzimmer.reasons import N_
from vorzimmer.texts import Texts
from vorzimmer_email import forgetting, settings, trial
from vorzimmer_email.desk import Desk
from vorzimmer_email.pages import pages
from vorzimmer_email.texts import Store

NAME = "email"


class Plugin:
    """Sends what the outbox holds for addresses with an `@`."""

    title = N_("E-mail")
    table = "mail"
    Config = settings.Config

    def __init__(self, config: settings.Config) -> None:
        self.config = config

    @hookimpl
    def message_channels(self, config: core.Config, texts: Texts) -> list[Channel]:
        """Mail reaches whatever looks like an address."""
        desk = Desk(self.config, config, texts)
        return [
            Channel(
                NAME,
                carries=lambda address: "@" in address,
                send=desk.send,
                is_set_up=self.config.is_set_up,
                is_tried=partial(trial.is_tried, config=self.config),
            )
        ]

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/settings/mail` and `/office/settings/messages`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """Two cards of the settings."""
        mail, texts = "vorzimmer_email.mail", "vorzimmer_email.messages"
        return [
            NavigationEntry(
                N_("Mail"),
                mail,
                Right.SETTINGS,
                "settings",
                N_("The server that sends our mail; a test mail"),
                "messages",
            ),
            NavigationEntry(
                N_("Message texts"),
                texts,
                Right.SETTINGS,
                "settings",
                N_("What customers are told, and when"),
                "messages",
            ),
        ]

    @hookimpl
    def message_texts(self) -> Store:
        """The practice's own words."""
        return Store()

    @hookimpl
    def personal_data(self, hall: Hall, person: Person, erase: bool) -> list[PersonalData]:
        """Mails that are files; those that left by a server are out of reach."""
        found = forgetting.telling(hall.config.data / self.config.folder, person)
        for path in found if erase else ():
            path.unlink(missing_ok=True)
        data = [PersonalData(N_("Mails kept as files: %(number)d"), {"number": len(found)})] if found else []
        if self.config.relay:
            data.append(PersonalData(N_("Mails that have left, with those who got them"), stays=True))
        return data

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
                    details=audit.snapshot(booking),
                    planned_at=moment,
                    run_after=moment,
                )
            )


def _deciders(session: Session, booking: Booking) -> Sequence[Account]:
    """The logins of the staff who are asked for; the owners where those have none."""
    people = [allocation.resource_id for allocation in booking.allocations]
    theirs = session.scalars(
        select(Account).where(Account.resource_id.in_(people), Account.active, Account.password.is_not(None))
    ).all()
    return (
        theirs
        or session.scalars(select(Account).where(Account.roles.any(name="owner"), Account.active)).all()
    )
