"""Find, configure, switch and call plugins."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pluggy
import structlog
from pydantic import BaseModel

from vorzimmer import hookspecs
from vorzimmer.config import PLUGINS, Config
from vorzimmer.plugins.loading import (
    GROUP,
    HOOKS,
    Loaded,
    NoConfig,
    check_hooks,
    configured,
    single_files,
)
from vorzimmer.plugins.offered import checked
from vorzimmer.reasons import PluginFailed

__all__ = ["GROUP", "HOOKS", "Loaded", "NoConfig", "Plugins"]

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)


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
        self._offers: dict[str, list[tuple[str, list[Any]]]] = {}
        found = {entry.name: entry for entry in (entry_points(group=GROUP) if entries is None else entries)}
        names = [name for name in config.enabled if not only_ours or name in PLUGINS]
        if config.plugin_dir and not only_ours:
            singles = single_files(config.plugin_dir)
            for name in sorted(singles.keys() & found.keys()):
                self.loaded.append(_broken(Loaded(f"{name}.py"), f"there is a plugin {name} already"))
            found = singles | found
            names += singles
        self.installed = sorted(found)
        self._rescue = only_ours
        for name in sorted(dict.fromkeys(names), key=lambda name: (name not in PLUGINS, name)):
            self.loaded.append(self._load(name, found.get(name), config))
        self._switch(config)

    def follow(self, config: Config) -> None:
        """Take up changed settings: what is off, each plugin's own where it keeps them as `config`, what it offers."""
        self._switch(config)
        for loaded in self.loaded:
            if isinstance(getattr(loaded.instance, "config", None), BaseModel):
                try:
                    loaded.instance.config = configured(type(loaded.instance), loaded.name, config)
                except ValueError as error:
                    log.error("settings of a plugin cannot be used", plugin=loaded.name, error=str(error))
        self._offers.clear()

    def supposing(self, config: Config) -> Plugins:
        """The same plugins as they would answer with these settings; what they offer is not asked."""
        other = copy.copy(self)
        other._manager, other._offers = pluggy.PluginManager(GROUP), {}
        other._manager.add_hookspecs(hookspecs)
        other.loaded = [replace(one, instance=copy.copy(one.instance)) for one in self.loaded]
        for loaded in other.loaded:
            if loaded.instance is not None:
                other._manager.register(loaded.instance, name=loaded.name)
        other.follow(config)
        return other

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
        loaded = Loaded(name, entry)
        if entry is None:
            return _broken(loaded, "is not installed")
        try:
            plugin = entry.load()
            loaded.instance = plugin(configured(plugin, name, config))
            check_hooks(loaded.instance)
            self._manager.register(loaded.instance, name=name)
        except (Exception, SystemExit) as error:  # noqa: BLE001  the boundary: one broken plugin stops no server
            return _broken(loaded, f"{type(error).__name__}: {error}")
        return loaded

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a loaded plugin on or off, at once."""
        for loaded in self.loaded:
            if loaded.name == name:
                loaded.active = on

    def is_active(self, name: str) -> bool:
        """Whether the plugin is loaded, whole and switched on."""
        return name in self._active()

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
        """Put a question to all plugins; the answers in one list.

        Raises `PluginFailed`, also for a broken plugin that would have had an answer: it knew of something that
        nobody can take into account now.
        """
        answers: list[T] = []
        for name, answer in self._answers(spec, given):
            try:
                answers.extend(answer or ())
            except TypeError as error:
                raise PluginFailed(name, spec.__name__) from error
        return answers

    def ask_one(self, name: str, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs) -> list[T]:
        """Put a question to one plugin, where the others' answers count without it. Raises `PluginFailed`."""
        return [one for answer in self._call(spec.__name__, [name], given) for one in answer[1] or ()]

    def ask_first(self, spec: Callable[P, T | None], *args: P.args, **given: P.kwargs) -> T | None:
        """Put a question that has one answer; the first plugin that has one wins. Raises `PluginFailed`, as `ask`."""
        return next((answer for _name, answer in self._answers(spec, given) if answer is not None), None)

    def offers(
        self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs
    ) -> list[tuple[str, list[T]]]:
        """What each plugin offers, asked once until settings change.

        Of one that raises, or answers nonsense, this offer is lost and the fault is kept; the others are heard.
        """
        name = spec.__name__
        if name not in self._offers:
            whole = [loaded for loaded in self.loaded if loaded.error is None]
            self._offers[name] = [(one.name, self._offer(one, spec, given)) for one in whole]
        return [(owner, offer) for owner, offer in self._offers[name] if offer and self.is_active(owner)]

    def offered(self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs) -> list[T]:
        """`offers` of all plugins in one list."""
        return [one for _owner, offer in self.offers(spec, *args, **given) for one in offer]

    def _offer(self, loaded: Loaded, spec: Callable[..., Any], given: Any) -> list[Any]:
        loaded.faults.pop(spec.__name__, None)
        for owner, function in self._functions(spec.__name__, [loaded.name]):
            try:
                return checked(spec, function(**given))
            except (Exception, SystemExit) as error:  # noqa: BLE001  the plugin boundary
                self.fault(owner, spec.__name__, error)
        return []

    def fault(self, name: str, part: str, error: BaseException | str) -> None:
        """Keep what is wrong with a part of a plugin, a hook's name as a rule; the rest of it goes on."""
        said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        log.error("plugin is broken in part", plugin=name, part=part, error=said)
        for loaded in self.loaded:
            if loaded.name == name:
                loaded.faults[part] = said

    def listeners(self, spec: Callable[..., Any]) -> list[str]:
        """Names of the plugins that answer a hook, such as those that want to be told a fact."""
        return [name for name, _function in self._functions(spec.__name__, self._active())]

    def tell_time(self, names: Collection[str]) -> bool:
        """Whether one of these says when somebody or something is available or busy."""
        known = [*self._functions("available_periods", names), *self._functions("busy_periods", names)]
        return bool(known)

    def tell(self, name: str, spec: Callable[P, None], *args: P.args, **given: P.kwargs) -> None:
        """Tell one plugin a fact, after the commit; its error goes to the worker, which tries again."""
        for _listener, function in self._functions(spec.__name__, [name]):
            function(**given)

    def _answers(self, spec: Callable[..., Any], given: Any) -> Iterator[tuple[str, Any]]:
        for loaded in self.loaded:
            if loaded.error is not None and loaded.active and spec.__name__ in loaded.hooks:
                raise PluginFailed(loaded.name, spec.__name__) from RuntimeError(loaded.error)
        yield from self._call(spec.__name__, self._active(), given)

    def _call(self, hook: str, names: Iterable[str], given: Any) -> Iterator[tuple[str, Any]]:
        for name, function in self._functions(hook, names):
            try:
                yield name, function(**given)
            except (Exception, SystemExit) as error:
                log.exception("plugin failed", plugin=name, hook=hook)
                raise PluginFailed(name, hook) from error

    def _active(self) -> list[str]:
        return [one.name for one in self.loaded if one.active and one.error is None]

    def _functions(self, hook: str, names: Iterable[str]) -> Iterator[tuple[str, Callable[..., Any]]]:
        # pluggy calls the last registered first; we keep the order of `loaded`
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin_name in names:
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


def _broken(loaded: Loaded, why: str) -> Loaded:
    log.error("plugin is broken", plugin=loaded.name, error=why)
    loaded.instance, loaded.error = None, why
    return loaded


def _with_arguments(implementation: pluggy.HookImpl) -> Callable[..., Any]:
    """An implementation may take fewer arguments than its hook has."""
    wanted = implementation.argnames
    return lambda **given: implementation.function(**{name: given[name] for name in wanted})
