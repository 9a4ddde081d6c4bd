"""Plugins by API: whether each works, its settings as in config.toml, on and off."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from vorzimmer import access
from vorzimmer.access import Right, open_to
from vorzimmer.plugins import Loaded
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer.settings import change as core
from vorzimmer.settings import switches
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller

plugins = Blueprint("api_plugins", __name__)


class PluginChange(shapes.Deciding):
    """What changes. `settings` are keys as in config.toml, null takes one back to its default."""

    on: bool | None = None
    settings: dict[str, Any] = Field(default_factory=dict, max_length=100)


class PluginOut(BaseModel):
    """A plugin. `next_start`: whether it is loaded when the server starts again. Secrets are not told.

    `wrong`: what of it is broken and why; a plugin that is `on` works but for that.
    `fixed` names the settings that config.toml has.
    """

    name: str
    version: str
    state: Literal["on", "off", "broken", "not_loaded"]
    wrong: list[str]
    next_start: bool
    settings: dict[str, Any]
    fixed: list[str]


class OnePlugin(BaseModel):
    """One plugin."""

    plugin: PluginOut


class Plugins(BaseModel):
    """All that are loaded, then those that are only installed."""

    plugins: list[PluginOut]


@plugins.get("/plugins")
@open_to(Right.SETTINGS)
@call(Plugins, key=True)
def listed(query: shapes.NoQuery) -> Response:
    """Every plugin, loaded or installed."""
    access.require(access.may(staff_caller(), Right.SETTINGS))
    loaded = [one.name for one in hall().plugins.loaded]
    names = [*loaded, *(name for name in hall().plugins.installed if name not in loaded)]
    return jsonify(plugins=[_out(name) for name in names])


@plugins.patch("/plugins/<name>")
@open_to(Right.SETTINGS)
@call(OnePlugin, key=True, refusals=(409,))
def change(name: str, json: PluginChange) -> Response:
    """Change its settings, switch it on or off; one that is not loaded yet is, or is not, at the next start."""
    actor, loaded = staff_caller(), _loaded(name)
    if loaded is None and (name not in hall().plugins.installed or json.settings):
        raise Refused(Reason.NOT_FOUND)

    def work(session: Session) -> Answer:
        access.require(access.may(actor, Right.SETTINGS))
        if json.settings and loaded:
            core.save(session, hall(), actor, switches.table_of(loaded), json.settings, json.decided())
        if json.on is not None:
            core.save(
                session, hall(), actor, "plugins", switches.switched(hall(), name, on=json.on), json.decided()
            )
        return {"changed": name}, 200

    answered(work)
    hall().refresh(at_once=True)
    return jsonify(plugin=_out(name))


def _loaded(name: str) -> Loaded | None:
    return next((one for one in hall().plugins.loaded if one.name == name), None)


def _out(name: str) -> dict[str, Any]:
    loaded = _loaded(name)
    table = switches.table_of(loaded) if loaded else ""
    return {
        "name": name,
        "version": loaded.version if loaded else "",
        "state": _state(loaded),
        "wrong": [why for _part, why in loaded.wrong] if loaded else [],
        "next_start": loaded is not None or name in hall().config.settings.plugins.get("also", ()),
        "settings": switches.keys_of(hall(), loaded) if loaded else {},
        "fixed": sorted(hall().config.fixed(table)) if table else [],
    }


def _state(loaded: Loaded | None) -> str:
    if loaded is None:
        return "not_loaded"
    if not loaded.active:
        return "off"
    return "broken" if loaded.error is not None else "on"
