"""Plugins are found, configured, switched and asked; a broken one never takes the server with it (A165)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from tests import acts
from vorzimmer import hookspecs
from vorzimmer.plugins import GROUP, Plugins
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed
from vorzimmer.settings.config import PLUGINS, Config, Settings
from vorzimmer.testing import Practice

GOOD = """
from vorzimmer import Table, hookimpl, ResourceKind

class Settings(Table):
    title: str = "Garden"

class Plugin:
    Config = Settings
    def __init__(self, config): self.title = config.title
    @hookimpl
    def resource_kinds(self): return [ResourceKind("garden", self.title, self.title)]
"""
RAISES = GOOD.replace('return [ResourceKind("garden", self.title, self.title)]', 'raise RuntimeError("rain")')
UNKNOWN = GOOD.replace("def resource_kinds", "def resource_sorts")


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path whose modules are forgotten afterwards."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("stranger_"):
            del sys.modules[name]


def loaded(modules: Path, sources: dict[str, str], enabled: list[str], **tables: Any) -> Plugins:
    """Plugins with these sources installed, and some of them enabled."""
    entries = []
    for name, source in sources.items():
        (modules / f"{name}.py").write_text(source)
        entries.append(EntryPoint(name, f"{name}:Plugin", GROUP))
    settings = Settings.model_validate({"plugins": {"enabled": enabled, **tables}})
    return Plugins(Config(settings, modules), entries=entries)


def test_all_of_ours_load_whole(hall: Hall) -> None:
    assert {plugin.name: plugin.error for plugin in hall.plugins.loaded} == dict.fromkeys(PLUGINS)


def test_installed_but_not_enabled_is_never_imported(modules: Path) -> None:
    plugins = loaded(modules, {"stranger_a": GOOD, "stranger_b": GOOD}, ["stranger_a"])
    assert [plugin.name for plugin in plugins.loaded] == ["stranger_a"]
    assert "stranger_a" in sys.modules
    assert "stranger_b" not in sys.modules


@pytest.mark.parametrize("source", ["import nothing_like_this", "1/0", "Plugin = None", "x = 1", UNKNOWN])
def test_broken_plugin_is_marked_and_the_others_work(modules: Path, source: str) -> None:
    plugins = loaded(modules, {"stranger_a": source, "stranger_b": GOOD}, ["stranger_a", "stranger_b"])
    broken, whole = plugins.loaded
    assert broken.error
    assert whole.error is None
    assert [kind.name for kind in plugins.ask(hookspecs.resource_kinds)] == ["garden"]


def test_bad_setting_names_table_and_key(modules: Path) -> None:
    (plugin,) = loaded(modules, {"stranger_a": GOOD}, ["stranger_a"], stranger_a={"titel": "Garden"}).loaded
    assert plugin.error is not None
    assert "[plugins.stranger_a] titel" in plugin.error


def test_setting_reaches_the_plugin(modules: Path) -> None:
    plugins = loaded(modules, {"stranger_a": GOOD}, ["stranger_a"], stranger_a={"title": "Orchard"})
    assert [kind.title for kind in plugins.ask(hookspecs.resource_kinds)] == ["Orchard"]


def test_enabled_but_not_installed_is_said(modules: Path) -> None:
    (plugin,) = loaded(modules, {}, ["stranger_a"]).loaded
    assert plugin.error == "is not installed"


def test_order_is_ours_then_names_whatever_was_installed_first(hall: Hall, modules: Path) -> None:
    plugins = loaded(modules, {"stranger_b": GOOD, "stranger_a": GOOD}, ["stranger_b", "stranger_a"])
    assert [plugin.name for plugin in plugins.loaded] == ["stranger_a", "stranger_b"]
    names = [plugin.name for plugin in hall.plugins.loaded]
    assert names == sorted(names)


def test_switched_off_plugin_is_not_asked(modules: Path) -> None:
    plugins = loaded(modules, {"stranger_a": GOOD}, ["stranger_a"])
    plugins.switch("stranger_a", on=False)
    assert plugins.ask(hookspecs.resource_kinds) == []


def test_question_that_raises_names_the_plugin(modules: Path) -> None:
    plugins = loaded(modules, {"stranger_a": RAISES}, ["stranger_a"])
    with pytest.raises(PluginFailed) as failure:
        plugins.ask(hookspecs.resource_kinds)
    assert (failure.value.plugin, failure.value.hook) == ("stranger_a", "resource_kinds")


def test_policy_that_raises_refuses_the_booking_and_leaves_nothing(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A165: policies fail closed; I3."""
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    policy = practice.hall.plugins.instance("vorzimmer_direct_booking")

    def raises(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("no answer")

    monkeypatch.setattr(type(policy), "booking_policy", raises)
    for implementation in practice.hall.plugins._manager.hook.booking_policy.get_hookimpls():
        if implementation.plugin is policy:
            monkeypatch.setattr(implementation, "function", raises)
    with pytest.raises(PluginFailed):
        acts.confirm(practice.hall, held)
    kept = acts.again(practice.hall, held.uid)
    assert (kept.status, kept.customer_id, len(kept.allocations)) == ("held", None, 1)
    assert acts.entries(practice.hall, held.uid) == [("held", "page"), ("details", "page")]
