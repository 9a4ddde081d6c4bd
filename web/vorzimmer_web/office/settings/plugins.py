"""Plugins: which there are, whether they work, each one's settings as a form made from its model (architecture §4)."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from sqlalchemy.orm import Session

from vorzimmer import settings
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions, try_to
from vorzimmer.here import hall
from vorzimmer.plugins import Loaded
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_web.office.settings.archiving import undecided
from vorzimmer_web.office.settings.typed import Typed
from vorzimmer_web.requests import signed_in

NUMBERS: dict[Any, type] = {int: int, float: float}
OWN_PAGE = {
    "mail": "vorzimmer_email.mail",
    "vorzimmer_holidays": "vorzimmer_holidays.overview",
}  # tables whose plugin has a better page than a made one
SAID = {
    ("off", "on"): N_("%(name)s is on."),
    ("off", "off"): N_("%(name)s is off."),
    ("also", "on"): N_("%(name)s will be loaded at the next start of the server."),
    ("also", "off"): N_("%(name)s will not be loaded."),
}


@dataclass(frozen=True)
class Control:
    """One setting of a model as a form shows it. `kind` is text, secret, number, check, choice, lines; "" for none."""

    name: str
    label: str
    hint: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    whole: bool = False
    of: Any = field(default=str, repr=False)


def controls(model: type[BaseModel]) -> list[Control]:
    """What a model's form consists of; what no control can hold stays in config.toml."""
    return [_control(info.alias or name, info) for name, info in model.model_fields.items()]


def _control(name: str, info: FieldInfo) -> Control:
    kind, choices, of = _kind(info.annotation)
    label = info.title or name.replace("_", " ").capitalize()
    required = (
        kind in ("number", "text") and info.default not in (None, "") and not _optional(info.annotation)
    )
    return Control(name, label, info.description or "", kind, required, choices, of is int, of)


def _kind(annotation: Any) -> tuple[str, tuple[str, ...], Any]:
    """Which control holds values of a type, its choices, and the type of one value."""
    if _optional(annotation):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation is bool:
        return "check", (), bool
    if annotation in NUMBERS:
        return "number", (), annotation
    if annotation is SecretStr:
        return "secret", (), str
    if origin is Literal:
        return "choice", tuple(map(str, parts)), str
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "choice", tuple(str(item.value) for item in annotation), str
    if annotation is str:
        return "text", (), str
    if origin in (list, tuple) and parts and parts[0] in (str, int) and set(parts[1:]) <= {...}:
        return "lines", (), parts[0]
    return "", (), None


def _optional(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)


@open_to(Right.SETTINGS)
def listed() -> str:
    """Every plugin that is loaded or installed."""
    known = {one.name for one in hall().plugins.loaded}
    stored = hall().config.settings.plugins.get("also", ())
    return render_template(
        "office/settings/plugins.html",
        plugins=hall().plugins.loaded,
        with_form={one.name for one in hall().plugins.loaded if _has_form(one)},
        own_page={
            one.name: OWN_PAGE[_table(one)] for one in hall().plugins.loaded if _table(one) in OWN_PAGE
        },
        waiting=[name for name in hall().plugins.installed if name not in known],
        next_time=set(stored),
    )


def _table(loaded: Loaded) -> str:
    return str(getattr(loaded.instance, "table", loaded.name))


def table_of(loaded: Loaded) -> str:
    """The table of the file that holds its settings: `mail`, or `plugins.` and its name."""
    return "mail" if _table(loaded) == "mail" else f"plugins.{_table(loaded)}"


def keys_of(loaded: Loaded) -> dict[str, Any]:
    """The settings that hold, as config.toml has them, secrets masked; none where they cannot be used."""
    model = hall().plugins.config_model(_table(loaded))
    try:
        holds = model.model_validate(hall().config.table(_table(loaded)))
    except ValidationError:
        return {}
    return holds.model_dump(mode="json", by_alias=True)


def switched(name: str, *, on: bool) -> dict[str, list[str]]:
    """What `[plugins]` has to hold: a loaded plugin is off at once, any other is loaded at the next start."""
    key = "off" if name in {one.name for one in hall().plugins.loaded} else "also"
    named = set(hall().config.settings.plugins.get(key, ()))
    return {key: sorted(named | {name} if on == (key == "also") else named - {name})}


def _has_form(loaded: Loaded) -> bool:
    return bool(hall().plugins.config_model(_table(loaded)).model_fields) and _table(loaded) not in OWN_PAGE


@open_to(Right.SETTINGS)
def switch(name: str, act: str) -> ResponseReturnValue:
    """Switch a loaded plugin off or on at once, or have an installed one loaded at the next start."""
    titles = {name: name for name in hall().plugins.installed}
    titles |= {one.name: gettext(one.title) for one in hall().plugins.loaded}
    if name not in titles:
        abort(404)
    values = switched(name, on=act == "on")

    def work(session: Session, decided: Decisions) -> None:
        settings.save(session, hall(), signed_in(), "plugins", values, decided)

    try:
        triage = try_to(hall(), request.form, work)
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        flash(" ".join(gettext(text) for text in refusal.facts["errors"].values()), "warning")
    else:
        if triage:
            return undecided(triage, titles[name], url_for("office.plugins"))
        hall().refresh(at_once=True)
        flash(gettext(SAID[next(iter(values)), act], name=titles[name]), "good")
    return redirect(url_for("office.plugins"), 303)


@open_to(Right.SETTINGS)
def edit(name: str) -> ResponseReturnValue:
    """One plugin's settings, checked by its own model."""
    loaded = next((one for one in hall().plugins.loaded if one.name == name), None)
    if loaded is None or not _has_form(loaded):
        abort(404)
    table, model = table_of(loaded), hall().plugins.config_model(_table(loaded))
    if request.method != "POST":
        return _page(loaded, Typed(_shown(model, hall().config.table(_table(loaded)))))
    typed = Typed(request.form)
    values = _values(model, typed, table)
    if not typed.errors:

        def work(session: Session, decided: Decisions) -> None:
            settings.save(session, hall(), signed_in(), table, values, decided)

        try:
            if triage := try_to(hall(), request.form, work):
                return undecided(triage, gettext(loaded.title), url_for("office.plugin", name=name))
        except Refused as refusal:
            if refusal.reason is not Reason.INVALID:
                raise
            typed.errors |= refusal.facts["errors"]
    if typed.errors:
        return _page(loaded, typed), 422
    hall().refresh(at_once=True)
    flash(gettext("The settings are saved and hold everywhere."), "good")
    return redirect(url_for("office.plugins"), 303)


def _page(loaded: Loaded, typed: Typed) -> str:
    model = hall().plugins.config_model(_table(loaded))
    return render_template(
        "office/settings/plugin.html",
        plugin=loaded,
        controls=controls(model),
        typed=typed,
        fixed=hall().config.fixed(table_of(loaded)),
        follows=isinstance(getattr(loaded.instance, "config", None), BaseModel),
    )


def _shown(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, Any]:
    """What holds, as the form shows it; secrets are never sent back."""
    holds = model.model_validate(table).model_dump(mode="json", by_alias=True)
    shown: dict[str, Any] = {}
    for control in controls(model):
        value = holds.get(control.name)
        if control.kind == "lines":
            shown[control.name] = "\n".join(map(str, value or ()))
        elif control.kind == "check":
            shown |= {control.name: "1"} if value else {}
        elif control.kind not in ("", "secret"):
            shown[control.name] = "" if value is None else str(value)
    return shown


def _values(model: type[BaseModel], typed: Typed, table: str) -> dict[str, Any]:
    """What was typed, for the model to check; an empty field takes the default again."""
    found: dict[str, Any] = {}
    for control in controls(model):
        text = typed.get(control.name)
        if not control.kind or hall().config.is_fixed(table, control.name):
            continue
        if control.kind == "check":
            found[control.name] = control.name in typed.values
        elif control.kind == "lines":
            found[control.name] = [line.strip() for line in text.splitlines() if line.strip()]
        elif text or control.kind != "secret":
            found[control.name] = text or None
    return found


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/plugins", endpoint="plugins")(listed)
    office.route("/settings/plugins/<name>", methods=["GET", "POST"], endpoint="plugin")(edit)
    office.post("/settings/plugins/<name>/<any(off, on):act>", endpoint="switch_plugin")(switch)
