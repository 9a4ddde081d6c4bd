"""The practice's settings by API: what holds, what config.toml has fixed, and changes."""

from __future__ import annotations

import base64
from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from vorzimmer import access, doctor
from vorzimmer.access import Right, open_to
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer.settings import change as core
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.shell.base_address import locks_out

settings = Blueprint("api_settings", __name__)


class SettingsChange(shapes.Taken):
    """Keys of `[practice]` and `[booking]` as in config.toml; null takes one back to its default."""

    practice: dict[str, Any] = Field(default_factory=dict, max_length=50)
    booking: dict[str, Any] = Field(default_factory=dict, max_length=50)


class NewLogo(shapes.Taken):
    """A PNG or JPEG of at most 256 kB, in base64; null for none."""

    picture: str | None


class SettingsOut(BaseModel):
    """What holds now, and the names of what config.toml has fixed (`practice.name`)."""

    practice: dict[str, Any]
    booking: dict[str, Any]
    fixed: list[str]


class FindingOut(BaseModel):
    """One thing that was looked at, in the language asked for."""

    level: Literal["ok", "warning", "wrong"]
    text: str


class Health(BaseModel):
    """What `vorzimmer doctor` finds, the worst first."""

    findings: list[FindingOut]


@settings.get("/settings/health")
@open_to(Right.SETTINGS)
@call(Health, key=True)
def health(query: shapes.NoQuery) -> Response:
    """Look at backups, mail, messages, plugins and the rest, just now."""
    access.require(access.may(staff_caller(), Right.SETTINGS))
    found = [
        {"level": one.level, "text": gettext(one.text, **one.facts)} for one in doctor.worst_first(hall())
    ]
    return jsonify({"findings": found})


@settings.get("/settings")
@open_to(Right.SETTINGS)
@call(SettingsOut, key=True)
def show(query: shapes.NoQuery) -> Response:
    """The settings that the office may change."""
    access.require(access.may(staff_caller(), Right.SETTINGS))
    return jsonify(_out())


@settings.patch("/settings")
@open_to(Right.SETTINGS)
@call(SettingsOut, key=True)
def change(json: SettingsChange) -> Response:
    """Change settings; they hold everywhere within a second."""
    actor = staff_caller()
    address = json.practice.get("base_url")
    if isinstance(address, str) and (error := locks_out(address, request.host)) is not None:
        raise Refused(Reason.INVALID, errors={"base_url": error})

    def work(session: Session) -> Answer:
        access.require(access.may(actor, Right.SETTINGS))
        for table, values in zip(core.OFFICE_TABLES, (json.practice, json.booking), strict=True):
            if values:
                core.save(session, hall(), actor, table, values)
        return {"changed": sorted([*json.practice, *json.booking])}, 200

    answered(work)
    hall().refresh(at_once=True)
    return jsonify(_out())


@settings.put("/settings/logo")
@open_to(Right.SETTINGS)
@call(SettingsOut, key=True)
def set_logo(json: NewLogo) -> Response:
    """Set the practice's picture, or take it away."""
    actor = staff_caller()
    try:
        picture = base64.b64decode(json.picture, validate=True) if json.picture is not None else None
    except ValueError as error:
        raise Refused(Reason.INVALID, errors={"picture": N_("This is not base64.")}) from error

    def work(session: Session) -> Answer:
        core.set_logo(session, hall(), actor, picture)
        return {}, 200

    answered(work)
    hall().refresh(at_once=True)
    return jsonify(_out())


def _out() -> dict[str, Any]:
    config = hall().config
    holds = {table: getattr(config.settings, table).model_dump(mode="json") for table in core.OFFICE_TABLES}
    fixed = [f"{table}.{key}" for table in core.OFFICE_TABLES for key in sorted(config.fixed(table))]
    return {**holds, "fixed": fixed}
