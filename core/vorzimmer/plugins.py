"""Find, configure, switch and call plugins."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pluggy
import structlog
from pydantic import BaseModel, ValidationError

from vorzimmer import hookspecs
from vorzimmer.config import PLUGINS, Config, Table, describe
from vorzimmer.reasons import PluginFailed

P = ParamSpec("P")
T = TypeVar("T")

GROUP = "vorzimmer"
log = structlog.get_logger(__name__)


class NoConfig(Table):
    """The settings of a plugin that has none."""


@dataclass
class Loaded:
    """One plugin that the configuration enables. `error` says why it is broken; then `instance` is None."""

    name: str
    version: str
    instance: Any = None
    error: str | None = None
    active: bool = True

    @property
    def title(self) -> str:
        """What people call it: its `title`, to be translated; else its name."""
        return str(getattr(self.instance, "title", self.name))

    @property
    def package(self) -> Path | None:
        """The folder of its package, where its migrations and translations are."""
        module = sys.modules.get(type(self.instance).__module__.partition(".")[0])
        return Path(module.__file__).parent if module and module.__file__ else None


class Plugins:
    """The enabled plugins, ours first, then by name. Nothing else is ever imported."""

    def __init__(
        self, config: Config, *, only_ours: bool = False, entries: Iterable[EntryPoint] | None = None
    ) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self.loaded: list[Loaded] = []
        self.watch: Callable[[str, str, float], None] | None = (
            None  # told plugin, hook and seconds of each call
        )
        found = {entry.name: entry for entry in (entry_points(group=GROUP) if entries is None else entries)}
        names = [name for name in config.enabled if not only_ours or name in PLUGINS]
        if config.plugin_dir and not only_ours:
            singles = single_files(config.plugin_dir)
            found |= singles
            names += singles
        self.installed = sorted(found)
        self._rescue = only_ours
        for name in sorted(dict.fromkeys(names), key=lambda name: (name not in PLUGINS, name)):
            self.loaded.append(self._load(name, found.get(name), config))
        self._switch(config)

    def follow(self, config: Config) -> None:
        """Take up changed settings: what is off, and each plugin's own where it keeps them as `config`."""
        self._switch(config)
        for loaded in self.loaded:
            if isinstance(getattr(loaded.instance, "config", None), BaseModel):
                try:
                    loaded.instance.config = _configured(type(loaded.instance), loaded.name, config)
                except ValueError as error:
                    log.error("settings of a plugin cannot be used", plugin=loaded.name, error=str(error))

    def _switch(self, config: Config) -> None:
        """`--no-plugins` is the way back from a switch that should not have been touched."""
        off = () if self._rescue else config.settings.plugins.get("off", ())
        for loaded in self.loaded:
            loaded.active = loaded.name not in off

    def config_model(self, table: str) -> type[BaseModel]:
        """What checks the settings of the plugin whose table this is; one without any where there is no such plugin."""
        for loaded in self.loaded:
            if loaded.instance is not None and getattr(loaded.instance, "table", loaded.name) == table:
                model: type[BaseModel] = getattr(loaded.instance, "Config", NoConfig)
                return model
        return NoConfig

    def _load(self, name: str, entry: EntryPoint | None, config: Config) -> Loaded:
        if entry is None:
            return self._broken(Loaded(name, ""), "is not installed")
        loaded = Loaded(name, entry.dist.version if entry.dist else "")
        try:
            loaded.instance = _construct(entry.load(), name, config)
            _check_hooks(loaded.instance)
            self._manager.register(loaded.instance, name=name)
        except Exception as error:  # noqa: BLE001  the plugin boundary: one broken plugin must not stop the server
            return self._broken(loaded, f"{type(error).__name__}: {error}")
        return loaded

    def _broken(self, loaded: Loaded, why: str) -> Loaded:
        log.error("plugin is broken", plugin=loaded.name, error=why)
        loaded.instance, loaded.error = None, why
        return loaded

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a loaded plugin on or off, at once."""
        for loaded in self.loaded:
            if loaded.name == name:
                loaded.active = on

    def is_active(self, name: str) -> bool:
        """Whether the plugin is loaded, whole and switched on."""
        return any(p.name == name and p.active and p.error is None for p in self.loaded)

    def instance(self, name: str) -> Any:
        """The plugin itself, for what it offers beside its hooks. Raises `LookupError` where it is not whole."""
        for loaded in self.loaded:
            if loaded.name == name and loaded.error is None:
                return loaded.instance
        raise LookupError(name)

    def migrations(self) -> list[tuple[str, Path]]:
        """`(name, folder)` of each plugin that has tables of its own."""
        folders = [(p.name, p.package / "migrations") for p in self.loaded if p.error is None and p.package]
        return [(name, folder) for name, folder in folders if folder.is_dir()]

    def ask(self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs) -> list[T]:
        """Put a question to all plugins; the answers in one list. Raises `PluginFailed`."""
        answers: list[T] = []
        for name, answer in self._answers(spec, given):
            try:
                answers.extend(answer or ())
            except TypeError as error:
                raise PluginFailed(name, spec.__name__) from error
        return answers

    def ask_each(
        self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs
    ) -> list[tuple[str, list[T]]]:
        """Put a question to all plugins; each one's name with its answers. Raises `PluginFailed`."""
        return [(name, list(answer or ())) for name, answer in self._answers(spec, given)]

    def offers(
        self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs
    ) -> list[tuple[str, list[T]]]:
        """What each plugin offers at start; one that raises is broken from then on, the others are heard."""
        offered: list[tuple[str, list[T]]] = []
        for loaded in [loaded for loaded in self.loaded if loaded.error is None]:
            functions = [function for name, function in self._functions(spec.__name__) if name == loaded.name]
            try:
                offered += [(loaded.name, list(function(**given) or ())) for function in functions]
            except Exception as error:  # noqa: BLE001  the plugin boundary
                self._broken(loaded, f"{spec.__name__}: {type(error).__name__}: {error}")
        return offered

    def ask_first(self, spec: Callable[P, T | None], *args: P.args, **given: P.kwargs) -> T | None:
        """Put a question that has one answer; the first plugin that has one wins. Raises `PluginFailed`."""
        return next((answer for _name, answer in self._answers(spec, given) if answer is not None), None)

    def listeners(self, spec: Callable[..., Any]) -> list[str]:
        """Names of the plugins that answer a hook, such as those that want to be told a fact."""
        return [name for name, _function in self._functions(spec.__name__)]

    def tell(self, name: str, spec: Callable[P, None], *args: P.args, **given: P.kwargs) -> None:
        """Tell one plugin a fact, after the commit; its error goes to the worker, which tries again."""
        for listener, function in self._functions(spec.__name__):
            if listener == name:
                function(**given)

    def _answers(self, spec: Callable[..., Any], given: Any) -> Iterator[tuple[str, Any]]:
        for name, function in self._functions(spec.__name__):
            try:
                yield name, function(**given)
            except Exception as error:
                log.exception("plugin failed", plugin=name, hook=spec.__name__)
                raise PluginFailed(name, spec.__name__) from error

    def _functions(self, hook: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        # pluggy calls the last registered first; we keep the order of `loaded`
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if self.is_active(implementation.plugin_name):
                name, function = implementation.plugin_name, _with_arguments(implementation)
                yield name, self._timed(name, hook, function) if self.watch else function

    def _timed(self, name: str, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(**given: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(**given)
            finally:
                if self.watch:
                    self.watch(name, hook, time.perf_counter() - began)

        return timed


def single_files(folder: Path) -> dict[str, EntryPoint]:
    """Each file NAME.py of a folder that has a class `Plugin`, as the plugin NAME; its tests are passed over."""
    if str(folder.resolve()) not in sys.path:
        sys.path.insert(0, str(folder.resolve()))
    return {
        path.stem: EntryPoint(path.stem, f"{path.stem}:Plugin", GROUP)
        for path in sorted(folder.glob("[!_]*.py"))
        if not path.name.startswith("test_")
        and re.search(rb"^class Plugin\b", path.read_bytes(), re.MULTILINE)
    }


def _with_arguments(implementation: pluggy.HookImpl) -> Callable[..., Any]:
    """An implementation may take fewer arguments than its hook has."""
    wanted = implementation.argnames
    return lambda **given: implementation.function(**{name: given[name] for name in wanted})


def _construct(plugin: type[Any], name: str, config: Config) -> Any:
    return plugin(_configured(plugin, name, config))


def _configured(plugin: type[Any], name: str, config: Config) -> BaseModel:
    """The plugin's settings; raises `ValueError` with what is wrong where."""
    settings: type[BaseModel] = getattr(plugin, "Config", NoConfig)
    table = getattr(plugin, "table", name)
    try:
        return settings.model_validate(config.table(table))
    except ValidationError as error:
        raise ValueError(
            describe(error, config.file, table if table == "mail" else f"plugins.{table}")
        ) from error


def _check_hooks(instance: Any) -> None:
    """A hook that does not exist is a typing error of the author, and is said at start."""
    known = {name for name, value in vars(hookspecs).items() if hasattr(value, f"{GROUP}_spec")}
    for name in dir(type(instance)):
        if hasattr(getattr(type(instance), name), f"{GROUP}_impl") and name not in known:
            raise ValueError(f"there is no hook {name!r}")
