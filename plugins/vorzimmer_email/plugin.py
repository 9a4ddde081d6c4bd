"""The plugin: a channel to every e-mail address."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from vorzimmer import booking, database
from vorzimmer.access import Right
from vorzimmer.hookspecs import (
    Channel,
    Finding,
    Level,
    NavigationEntry,
    Pages,
    Person,
    PersonalData,
    hookimpl,
)
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer.settings import config as core
from vorzimmer.text.texts import Texts
from vorzimmer_email import forgetting, settings, trial
from vorzimmer_email.desk import Desk
from vorzimmer_email.pages import pages
from vorzimmer_email.texts import Store

NAME = "email"
ALARMING = 0.5
"""What part of the codes of an hour is worth a warning."""


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
    def findings(self, session: Session, hall: Hall) -> list[Finding]:
        """Somebody has codes sent to addresses that are not theirs, perhaps (X13)."""
        number, _one = booking.codes_asked(session, database.now(session))
        if number < ALARMING * booking.CODES_PER_HOUR:
            return []
        said = N_(
            "mail: %(number)d codes were asked for within an hour and not used; somebody may play with them"
        )
        return [Finding(Level.WARNING, said, {"number": number})]

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
