"""The hooks: three commands, the nightly job, a backup before each update, and a warning where there is none."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import click
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.hookspecs import Draft, Finding, Job, Person, PersonalData, hookimpl
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_backup import nightly, settings, state
from vorzimmer_backup.commands import backup, backup_key, restore
from vorzimmer_backup.telling import told

EVERY = timedelta(minutes=5)


class Plugin:
    """Makes backups, checks them, and puts them back."""

    title = N_("Backups")
    Config = settings.Config

    def __init__(self, config: settings.Config) -> None:
        self.config = config

    @hookimpl
    def commands(self) -> list[click.Command]:
        """`vorzimmer backup`, `vorzimmer backup-key`, `vorzimmer restore`."""
        return [backup, backup_key, restore]

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """Look whether it is time."""
        return [Job("backup", EVERY, partial(nightly.look, hall=hall, config=self.config))]

    @hookimpl
    def schema_outdated(self, hall: Hall) -> None:
        """A backup before the update; it is the only way back, for nothing is migrated downwards (F50)."""
        if self.config.before_update:
            nightly.before_update(hall, self.config)

    @hookimpl
    def personal_data(self, session: Session, hall: Hall, person: Person, erase: bool) -> list[PersonalData]:
        """Backups stay until they are old; whoever is erased stands in the list beside them (A176)."""
        if erase:
            nightly.list_erased(session, hall, self.config, person.uids, database.now(session))
        known = state.read(session)
        if known is None or known.good is None:
            return []
        text = N_(
            "Backups made until now; they are sealed, and whoever restores one has everybody erased again"
        )
        until = (known.good + timedelta(days=self.config.days)).astimezone(hall.config.zone).date()
        return [PersonalData(text, stays=True, until=until)]

    @hookimpl
    def findings(self, session: Session, hall: Hall) -> list[Finding]:
        """How old the last good one is, and whether somebody has seen the key."""
        return told(session, hall)

    @hookimpl
    def demo_data(self, session: Session, draft: Draft) -> None:
        """Nobody needs the demo's key."""
        state.change(session, database.now(session), key_shown=True)
