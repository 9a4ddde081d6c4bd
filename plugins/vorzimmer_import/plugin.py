"""The hooks: a command, a page of the settings, and the worker's part."""

from __future__ import annotations

from datetime import timedelta

import click

from vorzimmer.hall import Hall
from vorzimmer.hookspecs import Job, hookimpl
from vorzimmer.plugins import NoConfig
from vorzimmer_import import running
from vorzimmer_import.command import import_


class Plugin:
    """Brings in customers and calendars from files."""

    Config = NoConfig

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    @hookimpl
    def commands(self) -> list[click.Command]:
        """`vorzimmer import`."""
        return [import_]

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """Old runs are forgotten."""
        return [Job("forget_imports", timedelta(hours=6), running.prune)]
