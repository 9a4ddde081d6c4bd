"""`plugins`: what is loaded, which hooks there are, who answers them, a new one to begin with, and its check."""

from __future__ import annotations

import inspect
import re
import shutil
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import click

import vorzimmer
from vorzimmer import availability, booking, database, hookspecs
from vorzimmer.cli import plugin_check
from vorzimmer.cli.options import authors_practice, fail, opened
from vorzimmer.doctor import checkup
from vorzimmer.periods import Period
from vorzimmer.plugins import GROUP, Loaded
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config

SPELLINGS = ("vorzimmer_example", "vorzimmer-example", "/x/example", "test_example")
"""Where the template says its own name, which is `example`."""


@click.group(invoke_without_command=True)
@click.pass_context
@authors_practice
def plugins(ctx: click.Context, config: Config) -> None:
    """List the enabled plugins: name, version, and whether each works in all its parts."""
    if ctx.invoked_subcommand is None:
        hall = Hall.open(config)
        checkup.begin(hall)
        for plugin in hall.plugins.loaded:
            click.echo(f"{plugin.name:<28} {plugin.version:<10} {_state(plugin)}")


def _state(plugin: Loaded) -> str:
    """In words; each broken part has a line of its own."""
    if plugin.wrong:
        return f"\n{'':<40}".join(why for _part, why in plugin.wrong)
    return "works" if plugin.active else "is off"


@plugins.command()
def hooks() -> None:
    """List every hook with its arguments and its first line."""
    for name, hook in vars(hookspecs).items():
        if hasattr(hook, f"{GROUP}_spec"):
            line = (inspect.getdoc(hook) or "").partition("\n")[0]
            click.echo(f"{name}({', '.join(inspect.signature(hook).parameters)})\n    {line}")


@plugins.command()
@click.argument("service")
@authors_practice
def trace(config: Config, service: str) -> None:
    """Search SERVICE for a week, and show which plugin answered which hook, how often and how long it took."""
    hall = opened(config)
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    hall.plugins.watch = lambda name, hook, took: seconds[hook, name].append(took)
    with hall.database.reading() as session:
        wanted, now = booking.parts.load.service(session, service), database.now(session)
        found = availability.free_slots(
            session, hall.plugins, wanted, Period(now, now + timedelta(days=7)), now
        )
    for (hook, name), took in seconds.items():
        click.echo(f"{hook:<24} {name:<28} {len(took):>3} x {sum(took) * 1000:8.2f} ms")
    click.echo(f"{len(found)} free times")


@plugins.command()
@click.argument("name")
@click.option(
    "--into", default=".", type=click.Path(file_okay=False, path_type=Path), help="Where to put it."
)
def new(name: str, into: Path) -> None:
    """Write a plugin NAME that works, with its tests: a page, a hook, a distribution of its own."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        fail("a name is made of small letters, digits and single underscores")
    target = into / f"vorzimmer-{name.replace('_', '-')}"
    if target.exists():
        fail(f"{target} is there already")
    shutil.copytree(_template(), target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "dist"))
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_file():
            path.write_text(_renamed(path.read_text(encoding="utf-8"), name), encoding="utf-8")
        path.rename(path.with_name(_renamed(path.name, name)))
    click.echo(f"{target} is written. Install it: pip install -e {target}\nAdd to config.toml:\n")
    click.echo(f'[plugins]\nalso = ["vorzimmer_{name}"]\n\n[plugins.vorzimmer_{name}]\nminutes = 30')


plugins.add_command(plugin_check.check)


def _renamed(text: str, name: str) -> str:
    for spelling in SPELLINGS:
        own = name.replace("_", "-") if "-" in spelling else name
        text = text.replace(spelling, spelling.replace("example", own))
    return text


def _template() -> Path:
    """Installed beside the core; in a checkout it is in `packaging`."""
    package = Path(vorzimmer.__file__).parent
    folders = [package / "plugin_template", package.parents[1] / "packaging" / "plugin-template"]
    found = next((folder for folder in folders if folder.is_dir()), None)
    return found or fail("the template is not installed")
