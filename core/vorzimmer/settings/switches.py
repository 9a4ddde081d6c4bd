"""Plugins as the settings have them: each one's table, the keys that hold, and what is on or off."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from vorzimmer.plugins import Loaded
from vorzimmer.practice import Hall


def table_of(loaded: Loaded) -> str:
    """The table of the file that holds its settings: `mail`, or `plugins.` and its name."""
    return "mail" if loaded.table == "mail" else f"plugins.{loaded.table}"


def keys_of(hall: Hall, loaded: Loaded) -> dict[str, Any]:
    """The settings that hold, as config.toml has them, secrets masked; none where they cannot be used."""
    model = hall.plugins.config_model(loaded.table)
    try:
        holds = model.model_validate(hall.config.table(loaded.table))
    except ValidationError:
        return {}
    return holds.model_dump(mode="json", by_alias=True)


def switched(hall: Hall, name: str, *, on: bool) -> dict[str, list[str]]:
    """What `[plugins]` has to hold: a loaded plugin is off at once, any other is loaded at the next start."""
    key = "off" if name in {one.name for one in hall.plugins.loaded} else "also"
    named = set(hall.config.settings.plugins.get(key, ()))
    return {key: sorted(named | {name} if on == (key == "also") else named - {name})}
