"""All commands: ours by name, plugins' as the configuration enables them."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from vorzimmer import hookspecs
from vorzimmer.cli import checks, export, keys, office, plugin, serving
from vorzimmer.cli.options import OneLine, config_option, data_option, log_in_lines
from vorzimmer.plugins import Plugins
from vorzimmer.settings.config import Config


class Commands(OneLine):
    """Knows the commands of the enabled plugins too: `--data` or `--config` say which those are."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, asking the plugins only where it is not ours."""
        if args and args[0] not in self.commands:
            self._ask_plugins(args)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List all of them."""
        self._ask_plugins([])
        super().format_commands(ctx, formatter)

    def _ask_plugins(self, args: list[str]) -> None:
        practice = _where(args)
        log_in_lines()
        logging.disable(logging.CRITICAL)  # what is wrong with them is said when they are used
        for command in Plugins(practice).offered(hookspecs.commands):
            if isinstance(command, click.Command) and command.name not in self.commands:
                self.add_command(command)
        logging.disable(logging.NOTSET)


def _where(args: list[str]) -> Config:
    """The configuration that the options of any command name; the defaults where they name none."""
    probe = click.Command("probe", params=[], context_settings={"ignore_unknown_options": True})
    for option in (data_option, config_option):
        option(probe)
    probe.params = getattr(probe, "__click_params__", [])
    probe.allow_extra_args = True
    with probe.make_context("probe", list(args), resilient_parsing=True) as ctx:
        data, file = ctx.params.get("data"), ctx.params.get("file")
    return Config.load(data=Path(data) if data else None, file=Path(file) if file else None)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vorzimmer")
def main() -> None:
    """The front office: a self-hosted scheduling server."""


for command in (
    office.init,
    serving.serve,
    serving.work,
    office.migrate,
    plugin.plugins,
    office.user,
    office.app_password,
    keys.api_key,
    export.export,
    office.explain,
    checks.doctor,
    checks.selftest,
):
    main.add_command(command)
