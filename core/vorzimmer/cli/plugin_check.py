"""`plugins check`: try a plugin before it is installed, in a throw-away practice; nobody's data are touched."""

from __future__ import annotations

import inspect
import logging
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import click

from vorzimmer.doctor import checkup
from vorzimmer.doctor.checkup import Wrong
from vorzimmer.plugins import GROUP, HOOKS, Loaded
from vorzimmer.plugins.loading import single_files
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed
from vorzimmer.settings.config import PLUGINS, Config, Settings

DEMO = "vorzimmer_demo"
ADVICE = {
    "there is no hook": "“vorzimmer plugins hooks” lists those that there are",
    "declared in the hookimpl": "take only arguments that “vorzimmer plugins hooks” lists for it",
    "ModuleNotFoundError": "install it here, and name it in the dependencies",
    "Field required": "give the setting a default, or its table with --config",
    "answers no hook": "mark a method with @hookimpl; “vorzimmer plugins hooks” lists their names",
    "is not marked": "write @hookimpl above it, or give it another name",
    "does not begin with": "name each table after the plugin, in models and migrations",
    "its tables stay": "mend the migration; it has to run on an empty database",
    "model and migration differ": "write a migration to what the models say",
    "no form": "give the setting a default of its own type",
    "translations: ": "compile it anew: pybabel compile -d translations",
    "keeps data of customers": "answer the hook personal_data",
}
"""What to do, by what a finding says; the first that fits."""


@dataclass(frozen=True)
class Found:
    """A plugin that was found where somebody looks: how it is loaded, and the file that says so."""

    entry: EntryPoint
    file: Path


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A configuration with the plugin's table, for one that needs settings; nothing else of it is used.",
)
def check(path: Path, file: Path | None) -> None:
    """Check the plugin in PATH before it is installed: a distribution's folder, or NAME.py, or a folder of such.

    It is tried in a practice of its own, which is thrown away. A line for each finding; fails where there is one.
    """
    found, lines = look(path)
    if not lines:
        with tempfile.TemporaryDirectory(prefix="vorzimmer-check-") as scratch:
            lines = [line for one in found for line in tried(one, file, Path(scratch) / one.entry.name)]
    for line in lines:
        click.echo(line)
    if lines:
        sys.exit(1)
    click.echo(f"{', '.join(one.entry.name for one in found)}: works in all its parts")


# ---- metadata ------------------------------------------------------------------------------------------------


def look(path: Path) -> tuple[list[Found], list[str]]:
    """The plugins that lie there, and what is wrong with how they say so."""
    project = path / "pyproject.toml"
    if project.is_file():
        return _distribution(project)
    folder = path if path.is_dir() else path.parent
    files = {
        name: entry for name, entry in single_files(folder).items() if path in (folder, folder / f"{name}.py")
    }
    if not files:
        return [], [f"{path}: no plugin is here: NAME.py with a class Plugin, or a pyproject.toml"]
    taken = [
        f"{folder / name}.py: there is a plugin {name} already. Rename the file"
        for name in files
        if name in PLUGINS
    ]
    return [Found(entry, folder / f"{name}.py") for name, entry in files.items()], taken


def _distribution(project: Path) -> tuple[list[Found], list[str]]:
    """What the entry points of a distribution lead to; its modules can be imported afterwards, as if installed."""
    try:
        table = tomllib.loads(project.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [], [f"{project}: not valid TOML: {error}"]
    named = table.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if not named:
        return [], [
            f'{project}: names no plugin. Write [project.entry-points.{GROUP}] vorzimmer_NAME = "vorzimmer_NAME:Plugin"'
        ]
    sources = project.parent / "src" if (project.parent / "src").is_dir() else project.parent
    sys.path.insert(0, str(sources.resolve()))
    found, lines = [], []
    for name, value in named.items():
        lines += [f"{project}: {name} = {value!r}: {why}" for why in _metadata(name, value, sources)]
        found.append(Found(EntryPoint(name, value, GROUP), _module(value, sources) or project))
    return found, lines


def _metadata(name: str, value: str, sources: Path) -> Iterator[str]:
    if name in PLUGINS:
        yield "there is a plugin of this name already. Choose another"
    elif not re.fullmatch(r"vorzimmer(_[a-z0-9]+)+", name):
        yield "the name does not begin with vorzimmer_, in small letters. Its tables and pages are named after it"
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", value):
        yield 'this is not "module:Class"'
        return
    if _module(value, sources) is None:
        yield f"there is no module {value.partition(':')[0]} in {sources}. Correct the entry point, or move the package"


def _module(value: str, sources: Path) -> Path | None:
    """The file of the module that an entry point names."""
    place = sources.joinpath(*value.partition(":")[0].split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


# ---- the plugin at work --------------------------------------------------------------------------------------


def tried(found: Found, file: Path | None, scratch: Path) -> list[str]:
    """What is wrong with a plugin in a new practice with the demo's people and services, a line for each finding."""
    name = found.entry.name
    given = Config.load(data=scratch, file=file).settings.plugins if file else {}
    keys = {key: value for key, value in given.items() if isinstance(value, dict) and key not in PLUGINS}
    tables = {**keys, "also": [name], "vorzimmer_backup": {"nightly": False}}
    entries = [*entry_points(group=GROUP), found.entry]
    logging.disable(logging.CRITICAL)  # what goes wrong is said in the findings
    try:
        settings = Settings.model_validate({"plugins": tables})
        hall = Hall.open(Config(settings, scratch), entries=entries)
        try:
            hall.migrate(tell=False)
            _fill(hall, name)
            loaded = hall.plugins.find(name)
            return [_line(found, loaded, one) for one in checkup.wrong(hall, name)]
        finally:
            hall.database.dispose()
    finally:
        logging.disable(logging.NOTSET)


def _fill(hall: Hall, name: str) -> None:
    """Enter the demo's practice, so that there is somebody to ask about; without the plugin where it fails at that."""
    demo = hall.plugins.instance(DEMO)
    loaded = hall.plugins.find(name)
    for active in (loaded.error is None, False):
        hall.plugins.switch(name, on=active)
        try:
            hall.database.write(lambda session: demo.fill_practice(session, hall))
        except PluginFailed as error:
            if error.plugin != name:
                raise
        else:
            break
    hall.plugins.switch(name, on=True)


def _line(found: Found, loaded: Loaded, wrong: Wrong) -> str:
    text = " ".join(wrong.text.split())
    advice = next((advice for said, advice in ADVICE.items() if said in text), "")
    hook = wrong.part.partition(" ")[0]
    if not advice and hook in HOOKS:
        advice = (
            f"“vorzimmer plugins hooks” says what {hook} is asked, hooks.md of the manual what it answers"
        )
    return f"{_place(found, loaded, hook)}: {text}" + (f". {advice[0].upper()}{advice[1:]}" if advice else "")


def _place(found: Found, loaded: Loaded, part: str) -> str:
    """The file that a finding is about, and the line where a hook begins."""
    kind, package = loaded.plugin, loaded.package
    if part in HOOKS and kind is not None and callable(getattr(kind, part, None)):
        function = inspect.unwrap(getattr(kind, part))
        return f"{inspect.getsourcefile(function)}:{inspect.getsourcelines(function)[1]}"
    if package and part in ("tables", "translations"):
        return str(package / {"tables": "migrations"}.get(part, part))
    if isinstance(kind, type):
        return str(inspect.getsourcefile(kind))
    return str(found.file)
