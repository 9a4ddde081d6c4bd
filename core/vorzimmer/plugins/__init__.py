"""Find, configure, switch and call plugins; no plugin takes another down."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pluggy
import structlog
from pydantic import BaseModel

from vorzimmer import hookspecs
from vorzimmer.plugins.answers import checked, typed
from vorzimmer.plugins.loading import (
    GROUP,
    HOOKS,
    Loaded,
    NoConfig,
    SettingsError,
    check_catalogues,
    check_hooks,
    configured,
    single_files,
    told,
)
from vorzimmer.reasons import N_, PluginFailed
from vorzimmer.settings.config import PLUGINS, Config

__all__ = ["GROUP", "HOOKS", "NOT_OURS", "Loaded", "NoConfig", "Plugins", "told"]

P = ParamSpec("P")
T = TypeVar("T")

SETTINGS, TRANSLATIONS = "settings", "translations"
"""Parts of a plugin that may be at fault beside what it offers."""
NEXT_START = N_("Its settings are right now; it begins at the next start of the server.")
NOT_OURS = (Exception, SystemExit)
"""What is caught where a plugin's own code is called: also one that wants to end the program does not."""
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
        self._offers: dict[str, list[tuple[Loaded, list[Any]]]] = {}
        found = {entry.name: entry for entry in (entry_points(group=GROUP) if entries is None else entries)}
        names = [name for name in config.enabled if not only_ours or name in PLUGINS]
        if config.plugin_dir and not only_ours:
            singles = single_files(config.plugin_dir)
            for name in sorted(singles.keys() & found.keys()):
                self.loaded.append(self._break(Loaded(f"{name}.py"), f"there is a plugin {name} already"))
            found = singles | found
            names += singles
        self.installed = sorted(found)
        self._rescue = only_ours
        for name in sorted(dict.fromkeys(names), key=lambda name: (name not in PLUGINS, name)):
            self.loaded.append(self._load(Loaded(name, found.get(name)), config))
        self._switch(config)

    def _load(self, loaded: Loaded, config: Config) -> Loaded:
        """Make the plugin, or mark it broken; where its settings are wrong, it waits for better ones."""
        loaded.error, loaded.waits = None, False
        if loaded.entry is None:
            return self._break(loaded, "is not installed")
        try:
            loaded.plugin = loaded.entry.load()
            loaded.instance = loaded.plugin(configured(loaded, config))
            check_hooks(loaded.instance)
            self._manager.register(loaded.instance, name=loaded.name)
        except NOT_OURS as error:
            loaded.waits = isinstance(error, SettingsError)
            return self._break(loaded, told(error))
        try:
            check_catalogues(loaded)
        except NOT_OURS as error:
            self.fault(loaded, TRANSLATIONS, error)
        return loaded

    def _break(self, loaded: Loaded, why: str) -> Loaded:
        log.error("plugin is broken", plugin=loaded.name, error=why)
        loaded.instance, loaded.error = None, why
        return loaded

    def fail(self, name: str, why: str) -> None:
        """Mark a plugin broken that could be loaded."""
        self._break(self.find(name), why)

    def fault(self, loaded: Loaded, part: str, error: BaseException | str) -> None:
        """Keep what is wrong with a part of a plugin, a hook's name as a rule; the rest of it goes on."""
        why = error if isinstance(error, str) else told(error)
        log.error("a part of a plugin is broken", plugin=loaded.name, part=part, error=why)
        loaded.faults[part] = why

    # ---- switches and settings -----------------------------------------------------------------------------

    def follow(self, config: Config) -> None:
        """Take up changed settings: what is off, each plugin's own where it keeps them as `config`, what it offers."""
        self._switch(config)
        for loaded in self.loaded:
            if loaded.waits:
                self._load(loaded, config)
                if loaded.error is None and self._needs_a_start(loaded):
                    self._break(loaded, NEXT_START)
            elif loaded.error is None:
                self._hand_over(loaded, config)
        self._offers.clear()

    def _hand_over(self, loaded: Loaded, config: Config) -> None:
        """Give a plugin its changed settings; one that cannot take them goes on with those that it had."""
        loaded.faults.pop(SETTINGS, None)
        try:
            if isinstance(getattr(loaded.instance, "config", None), BaseModel):
                loaded.instance.config = configured(loaded, config)
        except NOT_OURS as error:
            self.fault(loaded, SETTINGS, error)

    def _needs_a_start(self, loaded: Loaded) -> bool:
        """Whether it has pages or tables, which are made when the server starts."""
        hooks = (hookspecs.blueprints, hookspecs.wsgi_mounts)
        pages = [self._functions(hook.__name__, [loaded.name]) for hook in hooks]
        return any(map(list, pages)) or loaded.name in dict(self.migrations())

    def supposing(self, config: Config) -> Plugins:
        """The same plugins as they would answer with these settings; what they offer is not asked."""
        other = copy.copy(self)
        other._manager, other._offers = pluggy.PluginManager(GROUP), {}
        other._manager.add_hookspecs(hookspecs)
        other.loaded = [replace(one, faults={**one.faults}) for one in self.loaded]
        for loaded in other.loaded:
            if loaded.instance is not None:
                try:
                    loaded.instance = copy.copy(loaded.instance)
                    other._manager.register(loaded.instance, name=loaded.name)
                except NOT_OURS as error:
                    other._break(loaded, told(error))
        other.follow(config)
        return other

    def _switch(self, config: Config) -> None:
        """`--no-plugins` is the way back from a switch that should not have been touched."""
        off = () if self._rescue else config.settings.plugins.get("off", ())
        for loaded in self.loaded:
            loaded.active = loaded.name not in off

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a loaded plugin on or off, at once."""
        self.find(name).active = on

    def config_model(self, table: str) -> type[BaseModel]:
        """What checks the settings of the plugin whose table this is; one without any where there is no such plugin."""
        mine = (one.settings for one in self.loaded if one.plugin is not None and one.table == table)
        return next(mine, NoConfig)

    # ---- which there are -----------------------------------------------------------------------------------

    def find(self, name: str) -> Loaded:
        """One that is enabled, broken or not. Raises `LookupError`."""
        for loaded in self.loaded:
            if loaded.name == name:
                return loaded
        raise LookupError(name)

    def is_active(self, name: str) -> bool:
        """Whether the plugin is loaded, whole and switched on."""
        return name in self._active()

    def instance(self, name: str) -> Any:
        """The plugin itself, for what it offers beside its hooks. Raises `LookupError` where it is not whole."""
        loaded = self.find(name)
        if loaded.error is not None:
            raise LookupError(name)
        return loaded.instance

    def migrations(self) -> list[tuple[str, Path]]:
        """`(name, folder)` of each plugin that has tables of its own."""
        folders = [(p.name, p.package / "migrations") for p in self.loaded if p.error is None and p.package]
        return [(name, folder) for name, folder in folders if folder.is_dir()]

    def catalogues(self) -> list[Path]:
        """Folders whose `translations` can be read: strangers' first, for the last has the last word."""
        whole = [one for one in self.loaded if one.error is None and TRANSLATIONS not in one.faults]
        return [one.package for one in reversed(whole) if one.package]

    def _active(self) -> list[str]:
        return [one.name for one in self.loaded if one.active and one.error is None]

    # ---- questions -----------------------------------------------------------------------------------------

    def ask(self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs) -> list[T]:
        """Put a question to all plugins; the answers in one list.

        Raises `PluginFailed`, also for a broken plugin that would have had an answer: it knew of something that
        nobody can take into account now.
        """
        return [one for _name, answer in self._answers(spec, given) for one in answer]

    def ask_one(self, name: str, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs) -> list[T]:
        """Put a question to one plugin, where the others' answers count without it. Raises `PluginFailed`."""
        return [one for _name, answer in self._call(spec, [name], given) for one in answer]

    def known(
        self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs
    ) -> tuple[list[T], list[Loaded]]:
        """For pages that only show: the answers that there are, and the plugins that lack. What decides, asks."""
        answers: list[T] = []
        hook = spec.__name__
        lacking = [one for one in self.loaded if one.active and one.error is not None and hook in one.hooks]
        for name in self._active():
            try:
                answers += self.ask_one(name, spec, *args, **given)
            except PluginFailed:
                lacking.append(self.find(name))
        return answers, lacking

    def try_out(self, spec: Callable[..., Any], **given: Any) -> None:
        """Put a question to each plugin for itself, only to know who fails at it: its fault is kept."""
        for name in self._active():
            with suppress(PluginFailed):
                list(self._call(spec, [name], given))

    def ask_first(self, spec: Callable[P, T | None], *args: P.args, **given: P.kwargs) -> T | None:
        """Put a question that has one answer; the first plugin that has one wins. Raises `PluginFailed`, as `ask`."""
        return next((answer for _name, answer in self._answers(spec, given) if answer is not None), None)

    def _answers(self, spec: Callable[..., Any], given: Any) -> Iterator[tuple[str, Any]]:
        for loaded in self.loaded:
            if loaded.error is not None and loaded.active and spec.__name__ in loaded.hooks:
                raise PluginFailed(loaded.name, spec.__name__) from RuntimeError(loaded.error)
        yield from self._call(spec, self._active(), given)

    def _call(self, spec: Callable[..., Any], names: Iterable[str], given: Any) -> Iterator[tuple[str, Any]]:
        hook = spec.__name__
        for name, function in self._functions(hook, names):
            try:
                answer = checked(spec, function(**given))
            except NOT_OURS as error:
                log.exception("plugin failed", plugin=name, hook=hook)
                self.find(name).faults[hook] = told(error)
                raise PluginFailed(name, hook) from error
            self.find(name).faults.pop(hook, None)  # it raised before, and is well again
            yield name, answer

    # ---- offers and facts ----------------------------------------------------------------------------------

    def offers(
        self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs
    ) -> list[tuple[Loaded, list[T]]]:
        """What each whole plugin offers, also one that is off; asked once until settings change.

        Of one that raises, or answers nonsense, this offer is lost and the fault is kept; the others are heard.
        """
        hook = spec.__name__
        if hook not in self._offers:
            self._offers[hook] = [(one, self._offer(one, spec, given)) for one in self.loaded if one.instance]
        return [(one, offer) for one, offer in self._offers[hook] if offer and one.error is None]

    def offered(self, spec: Callable[P, list[T]], *args: P.args, **given: P.kwargs) -> list[T]:
        """What all plugins offer that are switched on, in one list."""
        return [one for owner, offer in self.offers(spec, *args, **given) if owner.active for one in offer]

    def _offer(self, loaded: Loaded, spec: Callable[..., Any], given: Any) -> list[Any]:
        loaded.faults.pop(spec.__name__, None)
        try:
            functions = self._functions(spec.__name__, [loaded.name])
            return [one for _name, function in functions for one in typed(checked(spec, function(**given)))]
        except NOT_OURS as error:
            self.fault(loaded, spec.__name__, error)
            return []

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


def _with_arguments(implementation: pluggy.HookImpl) -> Callable[..., Any]:
    """An implementation may take fewer arguments than its hook has."""
    wanted = implementation.argnames
    return lambda **given: implementation.function(**{name: given[name] for name in wanted})
