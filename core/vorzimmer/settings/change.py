"""Settings that the office makes, checked like those of the file; they hold in every process within a second."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.booking import NOTHING, Decisions, Foreseen, close_time, foresee
from vorzimmer.models import Setting
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, PluginFailed, Reason, Refused
from vorzimmer.settings import pictures, stored
from vorzimmer.settings.config import Config, Settings, merged

OFFICE_TABLES = ("practice", "booking")
"""Tables of the file that the office may set, beside those of plugins."""
LOGO = "logo"
"""The row that holds the picture."""
PLAIN = {
    "string_too_long": N_("This is too long."),
    "too_short": N_("Please fill this in."),
    "string_too_short": N_("Please fill this in."),
    "missing": N_("Please fill this in."),
    "int_parsing": N_("Please enter a whole number."),
    "int_type": N_("Please enter a whole number."),
    "int_from_float": N_("Please enter a whole number."),
    "float_parsing": N_("Please enter a number."),
    "url_parsing": N_("Please enter an address like https://praxis.example."),
    "url_scheme": N_("Please enter an address like https://praxis.example."),
    "literal_error": N_("Please choose one of these."),
    "enum": N_("Please choose one of these."),
    "decimal_parsing": N_("Please enter a number."),
    "finite_number": N_("Please enter a number."),
    "greater_than": N_("This is too small."),
    "greater_than_equal": N_("This is too small."),
    "less_than": N_("This is too large."),
    "less_than_equal": N_("This is too large."),
    "too_long": N_("These are too many."),
    "date_parsing": N_("Please enter a date like 2027-03-01."),
    "date_from_datetime_parsing": N_("Please enter a date like 2027-03-01."),
    "date_type": N_("Please enter a date like 2027-03-01."),
    "time_parsing": N_("Please enter a time like 13:30."),
    "time_type": N_("Please enter a time like 13:30."),
    "time_delta_parsing": N_("Please enter a span of time."),
    "time_delta_type": N_("Please enter a span of time."),
    "string_pattern_mismatch": N_("This is not written as it has to be."),
    "bool_parsing": N_("Please choose yes or no."),
    "extra_forbidden": N_("There is no such setting."),
}
"""Errors of pydantic that people meet, in words."""


class Switches(BaseModel):
    """The part of `[plugins]` that the office sets: what else is loaded at the next start, what is off."""

    model_config = ConfigDict(extra="allow")
    also: tuple[str, ...] = ()
    off: tuple[str, ...] = ()

    @field_validator("off")
    @classmethod
    def _not_the_pages(cls, off: tuple[str, ...]) -> tuple[str, ...]:
        if "vorzimmer_web" in off:
            raise ValueError(N_("The office itself cannot be switched off."))
        return off


def save(
    session: Session,
    hall: Hall,
    actor: Actor,
    table: str,
    values: Mapping[str, Any],
    decisions: Decisions = NOTHING,
) -> None:
    """Set some keys of a table of the file ("practice", "plugins.vorzimmer_holidays"); None takes one back.

    Call `hall.refresh(at_once=True)` after the commit. Refuses with `INVALID` (`errors`: key to text) what cannot be
    used, and what file or environment have set; and as `close_time` does where a plugin closes time by it.
    """
    access.require(access.may(actor, Right.SETTINGS))
    name, _, plugin = table.partition(".")
    row = _row(session, name)
    before = json.loads(row.value or "{}")
    own = dict(before.get(plugin, {}) if plugin else before)
    model = model_of(hall, name, plugin)
    secret = {key for key, kind in _keys(model) if kind is SecretStr}
    for key, value in values.items():
        if hall.config.is_fixed(table, key):
            raise Refused(Reason.INVALID, errors={key: N_("This is set in config.toml.")})
        if value is None:
            own.pop(key, None)
        else:
            own[key] = stored.sealed(hall.config, value) if key in secret else value
    after = {**before, plugin: own} if plugin else own
    _check(hall, table, model, own, after, name)

    def change() -> None:
        row.value = json.dumps(after, ensure_ascii=False)
        told = [masked(part.get(plugin, {}) if plugin else part, values) for part in (before, after)]
        moment = database.now(session)
        audit.write(
            session, moment, actor, "settings_changed", f"settings {table}", before=told[0], after=told[1]
        )

    named = _named(plugin, before, after)
    if name != "plugins" or not hall.plugins.tell_time(named):
        change()
        return
    plugins = hall.plugins.supposing(_supposed(session, hall, row.name, after))
    unchanged = row.value
    try:
        close_time(session, hall, actor, change, decisions, plugins=plugins)
    except PluginFailed as failure:
        if failure.plugin not in named or row.value != unchanged:
            raise
        change()  # it cannot say what it closes now: it is switched off, or set right, all the same


def _named(plugin: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The plugin whose settings change, or those that are switched."""
    return {plugin} if plugin else set(before.get("off", ())) ^ set(after.get("off", ()))


def foreseen(hall: Hall, table: str, values: Mapping[str, Any], window: Period) -> Foreseen:
    """What these values would open and close in the window: `save` stores them."""
    name, _, plugin = table.partition(".")
    with hall.database.reading() as session:
        row = session.get(Setting, stored.PREFIX + name)
        before = json.loads(row.value or "{}") if row else {}
        after = {**before, plugin: {**before.get(plugin, {}), **values}} if plugin else {**before, **values}
        config = _supposed(session, hall, stored.PREFIX + name, after)
    return foresee(hall, window, plugins=hall.plugins.supposing(config))


def _supposed(session: Session, hall: Hall, row: str, after: Mapping[str, Any]) -> Config:
    """The configuration as it will be."""
    mine = Setting.name.startswith(stored.PREFIX), Setting.name != row
    rows = [*session.execute(select(Setting.name, Setting.value).where(*mine)), (row, json.dumps(after))]
    config = copy.copy(hall.config)
    config.lay(stored.unsealed(config, stored.of_rows([(name, value) for name, value in rows])))
    return config


def check(hall: Hall, table: str, values: Mapping[str, Any]) -> None:
    """Refuse with `INVALID` (`errors`: key to text) what could not be all that is set of a table."""
    _check(hall, table, model_of(hall, table), values, values, table)


def held(session: Session, hall: Hall, table: str) -> BaseModel:
    """A table as it holds at this moment, locked until the end: for a change that builds on it (A109)."""
    name, _, plugin = table.partition(".")
    return model_of(hall, name, plugin).model_validate(keys_held(session, hall, table))


def keys_held(session: Session, hall: Hall, table: str) -> dict[str, Any]:
    """The keys of a table that are set at this moment, checked by nobody, locked until the end."""
    name, _, plugin = table.partition(".")
    stored_now = json.loads(_row(session, name).value or "{}")
    own = stored_now.get(plugin, {}) if plugin else stored_now
    return merged(stored.unsealed(hall.config, own), hall.config.fixed(table))


def set_logo(session: Session, hall: Hall, actor: Actor, picture: bytes | None) -> None:
    """Store the practice's picture, or take it away. Refuses with `INVALID` what is no small PNG or JPEG."""
    name = None
    if picture is not None:
        try:
            name = f"{hashlib.sha256(picture).hexdigest()[:16]}.{pictures.kind(picture)}"
        except ValueError as error:
            text = N_("Please choose a PNG or JPEG of at most 256 kB and 2000 pixels.")
            raise Refused(Reason.INVALID, errors={"logo": text}) from error
    save(session, hall, actor, "practice", {"logo": name})
    session.execute(delete(Setting).where(Setting.name == LOGO))
    if picture is not None:
        session.add(Setting(name=LOGO, value=base64.b64encode(picture).decode()))


def logo(session: Session) -> bytes | None:
    """The picture that is stored."""
    row = session.get(Setting, LOGO)
    return base64.b64decode(row.value) if row else None


def model_of(hall: Hall, table: str, plugin: str = "") -> type[BaseModel]:
    """What checks a table: the core's model, or that of the plugin whose table it is."""
    if plugin or table == "mail":
        return hall.plugins.config_model(plugin or table)
    if table == "plugins":
        return Switches
    model: type[BaseModel] = type(getattr(Settings(), table))
    return model


def masked(table: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Some keys of a table for the log: neither secrets nor long texts."""
    return {key: _short(table[key]) for key in keys if key in table}


def _short(value: Any) -> Any:
    if isinstance(value, Mapping) and value.keys() == {stored.SEALED}:
        return "••••••"
    return f"{value[:200]} …" if isinstance(value, str) and len(value) > 200 else value


def _check(
    hall: Hall,
    table: str,
    model: type[BaseModel],
    own: Mapping[str, Any],
    after: Mapping[str, Any],
    name: str,
) -> None:
    """Refuse what the model or the whole of the settings would not take."""
    whole = merged(stored.unsealed(hall.config, own), hall.config.fixed(table))
    try:
        model.model_validate(whole)
        Settings.model_validate({name: stored.unsealed(hall.config, after)})
    except ValidationError as error:
        raise Refused(Reason.INVALID, errors=errors_of(error)) from error


def errors_of(error: ValidationError) -> dict[str, str]:
    """What is wrong with which key, in words where we have some."""
    found = {}
    for problem in error.errors(include_url=False, include_input=False):
        key = str(problem["loc"][0]) if problem["loc"] else ""
        said = problem["msg"].removeprefix("Value error, ")
        found[key] = PLAIN.get(problem["type"], said[:1].upper() + said[1:].rstrip(".") + ".")
    return found


def _keys(model: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(field.alias or name, field.annotation) for name, field in model.model_fields.items()]


def _row(session: Session, name: str) -> Setting:
    """The row of a table, locked until the end."""
    row = session.get(Setting, f"{stored.PREFIX}{name}", with_for_update=not database.alone(session))
    if row is None:
        row = Setting(name=f"{stored.PREFIX}{name}", value="{}")
        session.add(row)
        session.flush()
    return row
