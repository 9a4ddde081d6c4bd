"""The hooks: three commands, the nightly job, a backup before each update, and a warning where there is none."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import click

from vorzimmer.hall import Hall
from vorzimmer.hookspecs import Job, hookimpl
from vorzimmer_backup import nightly, settings
from vorzimmer_backup.commands import backup, backup_key, restore

EVERY = timedelta(minutes=5)


class Plugin:
    """Makes backups, checks them, and puts them back."""

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
