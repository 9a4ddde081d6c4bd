"""Find a plugin, read its settings, make it; what a broken one would have answered is read from its source."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from vorzimmer import hookspecs
from vorzimmer.settings.config import PLUGINS, Config, Table, describe
from vorzimmer.text.texts import catalogue

GROUP = "vorzimmer"
FILES = "vorzimmer_files_"
"""How the packages begin whose modules the plugins of one file are, one package for each folder: `holidays.py` is
`vorzimmer_files_….holidays`, and the library `holidays` stays what it is."""
HOOKS = frozenset(name for name, value in vars(hookspecs).items() if hasattr(value, f"{GROUP}_spec"))


class SettingsError(ValueError):
    """A plugin's settings cannot be used."""


class NoConfig(Table):
    """The settings of a plugin that has none."""


@dataclass
class Loaded:
    """One plugin that the configuration enables. `error` says why it is broken; then `instance` is None.

    `plugin` is its class, as soon as that could be imported. `waits`: it begins as soon as its settings are right.
    `faults` are parts of it that are broken, by hook as a rule, and why; the rest of it works.
    """

    name: str
    entry: EntryPoint | None = None
    plugin: type[Any] | None = None
    instance: Any = None
    waits: bool = False
    error: str | None = None
    active: bool = True
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Of its distribution; empty for a single file."""
        return self.entry.dist.version if self.entry and self.entry.dist else ""

    @property
    def title(self) -> str:
        """What people call it: its `title`, to be translated; else its name."""
        title = getattr(self.instance, "title", None) or getattr(self.plugin, "title", None)
        return title if isinstance(title, str) else self.name

    @property
    def table(self) -> str:
        """Its table in config.toml: `[mail]`, or `[plugins.<table>]`."""
        return str(getattr(self.plugin, "table", self.name))

    @property
    def settings(self) -> type[BaseModel]:
        """The model of its settings."""
        model: type[BaseModel] = getattr(self.plugin, "Config", NoConfig)
        return model

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Each part that is broken, and why with its name; the part is empty where that is all of it."""
        if self.error is not None:
            return [("", self.error)]
        return [(part, f"{part}: {why}") for part, why in self.faults.items()]

    @property
    def package(self) -> Path | None:
        """The folder of its package, where its migrations and translations are; a single file has none."""
        module = sys.modules.get(type(self.instance).__module__.partition(".")[0])
        file = getattr(module, "__file__", None)
        return Path(file).parent if file else None

    @cached_property
    def hooks(self) -> frozenset[str]:
        """The hooks that it would answer if it were whole, by its source: it may be impossible to import it.

        Of one of ours whose source is not there, every hook: what it knows of somebody's time cannot be left out.
        """
        sources = list(_sources(self.entry.module if self.entry else self.name))
        if not sources:
            return HOOKS if self.name in PLUGINS else frozenset()
        written = b"\n".join(path.read_bytes() for path in sources)
        return HOOKS & {found.decode() for found in re.findall(rb"^\s*def (\w+)\b", written, re.MULTILINE)}


def single_files(folder: Path) -> dict[str, EntryPoint]:
    """Each file NAME.py of a folder that has a class `Plugin`, as the plugin NAME; its tests are passed over."""
    package = ModuleType(FILES + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12])
    package.__path__ = [str(folder.resolve())]
    sys.modules.setdefault(package.__name__, package)
    return {
        path.stem: EntryPoint(path.stem, f"{package.__name__}.{path.stem}:Plugin", GROUP)
        for path in sorted(folder.glob("[!_]*.py"))
        if not path.name.startswith("test_")
        and re.search(rb"^class Plugin\b", path.read_bytes(), re.MULTILINE)
    }


def configured(loaded: Loaded, config: Config) -> BaseModel:
    """The plugin's settings; raises `SettingsError` with what is wrong where."""
    table = loaded.table
    try:
        return loaded.settings.model_validate(config.table(table))
    except ValidationError as error:
        raise SettingsError(
            describe(error, config.file, table if table == "mail" else f"plugins.{table}")
        ) from error


def check_hooks(instance: Any) -> None:
    """A hook that does not exist is a typing error of the author, and is said at start."""
    for name in dir(type(instance)):
        if hasattr(getattr(type(instance), name), f"{GROUP}_impl") and name not in HOOKS:
            raise ValueError(f"there is no hook {name!r}")


def check_catalogues(loaded: Loaded) -> None:
    """Read each catalogue of a stranger: one that cannot be read would take every page with it."""
    folder = loaded.package if loaded.name not in PLUGINS else None
    for path in folder.glob("translations/*/LC_MESSAGES") if folder else ():
        catalogue(path, path.parent.name)


def told(error: BaseException) -> str:
    """An error in a line, without the values that SQLAlchemy adds to it."""
    if isinstance(error, SettingsError):
        return str(error)
    said = str(error).partition("\n")[0] if isinstance(error, SQLAlchemyError) else str(error)
    return f"{type(error).__name__}: {said}"


def _sources(module: str) -> Iterator[Path]:
    """The files of the top-level package or module that a module lies in."""
    top, _dot, rest = module.partition(".")
    if top.startswith(FILES):
        yield Path(sys.modules[top].__path__[0], *rest.split(".")).with_suffix(".py")
        return
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        yield from Path(folder).rglob("*.py")
    if not spec.submodule_search_locations and spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin)
