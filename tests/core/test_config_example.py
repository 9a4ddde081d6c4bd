"""`config.example.toml` is the manual of the settings: it names every one, with its default."""

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from vorzimmer.settings.config import PLUGINS, Settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
TABLES = tomllib.loads(TEXT)
# TOML has no null: a setting that is unset by default stands in a comment.
UNSET = set(re.findall(r"^# (\w+) = ", TEXT, re.MULTILINE))
CORE = ["practice", "server", "database", "booking"]


def own_tables() -> list[tuple[str, type[BaseModel]]]:
    """Each of our plugins that has settings, with the name of its table."""
    entries = sorted(entry for entry in entry_points(group="vorzimmer") if entry.name in PLUGINS)
    plugins = [(entry.name, entry.load()) for entry in entries]
    return [
        (getattr(plugin, "table", name), plugin.Config)
        for name, plugin in plugins
        if getattr(plugin, "Config", None) and plugin.Config.model_fields
    ]


def defaults(model: type[BaseModel]) -> dict[str, Any]:
    return {
        name: value
        for name, value in model().model_dump(mode="json", by_alias=True).items()
        if value is not None
    }


def test_the_example_is_read_without_complaint():
    Settings.model_validate(TABLES)


@pytest.mark.parametrize("table", CORE)
def test_the_example_shows_every_setting_of_the_core_with_its_default(table):
    expected = defaults(type(getattr(Settings(), table)))
    shown = {
        key: str(value).rstrip("/") if key == "base_url" else value for key, value in TABLES[table].items()
    }
    assert shown == expected | ({"base_url": expected["base_url"].rstrip("/")} if table == "practice" else {})


def test_the_example_names_what_is_unset_by_default():
    unset = {
        name
        for model in [
            *(type(getattr(Settings(), table)) for table in CORE),
            *(model for _, model in own_tables()),
        ]
        for name, value in model().model_dump(by_alias=True).items()
        if value is None
    }
    assert unset == UNSET


def test_the_example_shows_every_setting_of_every_plugin_with_its_default():
    shown = {table: TABLES.get(table, TABLES["plugins"].get(table)) for table, _ in own_tables()}
    assert shown == {table: defaults(model) for table, model in own_tables()}


def test_the_example_names_no_plugin_that_has_no_settings():
    assert set(TABLES["plugins"]) - {"enabled", "also", "off"} <= {table for table, _ in own_tables()}


def test_the_example_enables_what_is_enabled_without_it():
    assert tuple(TABLES["plugins"]["enabled"]) == PLUGINS
    assert TABLES["plugins"]["also"] == []


def test_every_setting_has_a_comment():
    bare = re.findall(r"^(?:# )?(\w+) = [^#\n]*$", TEXT, re.MULTILINE)
    assert bare == []
