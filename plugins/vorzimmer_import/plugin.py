"""The hooks: a command, a page of the settings, and the worker's part."""

from __future__ import annotations

from datetime import datetime, timedelta

import click
from sqlalchemy.orm import Session

from vorzimmer.access import Right
from vorzimmer.hookspecs import Job, NavigationEntry, Pages, Person, PersonalData, hookimpl
from vorzimmer.plugins import NoConfig
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_import import forgetting, running, staging
from vorzimmer_import.command import import_
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.pages import pages


class Plugin:
    """Brings in customers and calendars from files."""

    title = N_("Import")
    Config = NoConfig

    def __init__(self, config: NoConfig) -> None:
        self.config = config
        self._everybody = Everybody()

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/settings/import`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """A card of the settings."""
        line = N_("Customers from a table, calendars from another program")
        return [NavigationEntry(N_("Import"), "vorzimmer_import.overview", Right.SETTINGS, "settings", line)]

    @hookimpl
    def personal_data(self, session: Session, person: Person, erase: bool) -> list[PersonalData]:
        """Lines that did not fit, or are tried out."""
        return forgetting.forget(session, person, erase=erase)

    @hookimpl
    def commands(self) -> list[click.Command]:
        """`vorzimmer import`."""
        return [import_]

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """The next lines of what the office lets in, between messages; and old runs are forgotten."""

        def waits(session: Session, _moment: datetime) -> bool:
            return running.prepare(session, self._everybody)

        def some(session: Session, _moment: datetime) -> None:
            number = running.waiting(session)
            if number is not None:  # no more to do at once: messages have their turn
                running.batch(session, hall, number, self._everybody)

        prune = Job("forget_imports", timedelta(hours=6), staging.prune)
        return [Job("import", timedelta(0), some, waits), prune]
