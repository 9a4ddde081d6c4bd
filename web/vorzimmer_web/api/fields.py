"""The registry of questions by API: what is asked, where, why and for how long."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from vorzimmer import access
from vorzimmer.access import Right, open_to
from vorzimmer.models import Attribute
from vorzimmer.questions import fields as core
from vorzimmer.questions import registry
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller

fields = Blueprint("api_fields", __name__)


class Choice(shapes.Taken):
    """An answer to choose, with its `value` where there is one already."""

    value: shapes.Slug | None = None
    labels: dict[str, shapes.Line] = Field(max_length=10)


class Place(shapes.Taken):
    """A form that asks it: a service's, or with null every service's."""

    service: shapes.Slug | None = None
    required: bool = False


class NewField(shapes.Taken):
    """A question; `retention_days` null keeps the answer as long as the record."""

    labels: dict[str, shapes.Text] = Field(max_length=10)
    kind: shapes.Kind
    scope: shapes.Slug
    purpose: shapes.Text
    retention_days: int | None
    choices: list[Choice] = Field(default_factory=list, max_length=100)
    health: bool = False
    forms: list[Place] = Field(default_factory=list, max_length=1000)


class FieldChange(shapes.Taken):
    """What changes; what is left out stays. `position` counts from 0."""

    labels: dict[str, shapes.Text] = Field(default_factory=dict, max_length=10)
    purpose: shapes.Text = ""
    retention_days: int | None = None
    choices: list[Choice] = Field(default_factory=list, max_length=100)
    health: bool = False
    forms: list[Place] = Field(default_factory=list, max_length=1000)
    active: bool = True
    position: int = Field(0, ge=0, le=1000)


class RegistryField(BaseModel):
    """A question as the practice keeps it."""

    slug: str
    labels: dict[str, str]
    kind: shapes.Kind
    scope: str
    choices: list[shapes.ChoiceOut]
    purpose: str
    retention_days: int | None
    health: bool
    active: bool
    forms: list[Place]


class OneField(BaseModel):
    """One question."""

    field: RegistryField


class Fields(BaseModel):
    """All questions in the order of the form, retired ones too."""

    fields: list[RegistryField]


@fields.get("/fields")
@open_to(Right.SETTINGS)
@call(Fields, key=True)
def listed(query: shapes.NoQuery) -> Response:
    """All questions of the registry."""
    access.require(access.may(staff_caller(), Right.SETTINGS))
    with hall().database.reading() as session:
        places = registry.forms(session)
        known = core.attributes(session)
        return jsonify(fields=[_out(one, places.get(one.id, {})) for one in known])


@fields.post("/fields")
@open_to(Right.SETTINGS)
@call(OneField, 201, key=True)
def define(json: NewField) -> Response:
    """Add a question at the end."""
    actor, entry = staff_caller(), _entry(json.model_dump())

    def work(session: Session) -> Answer:
        return {"field": _whole(session, registry.define(session, actor, entry))}, 201

    return answered(work)


@fields.patch("/fields/<slug>")
@open_to(Right.SETTINGS)
@call(OneField, key=True)
def change(slug: str, json: FieldChange) -> Response:
    """Change a question, retire it (`active`), or put it elsewhere in the order."""
    actor, given = staff_caller(), json.model_dump(exclude_unset=True)

    def work(session: Session) -> Answer:
        access.require(access.may(actor, Right.SETTINGS))
        active, position = given.get("active"), given.get("position")
        new = {name: value for name, value in given.items() if name not in ("active", "position")}
        found = registry.one(session, slug)
        if new:
            known = _whole(session, found)
            found = registry.change(session, actor, slug, _entry({**known, **new}))
        if position is not None:
            found = registry.place(session, actor, slug, position)
        if active is not None and active != found.active:
            found = registry.retire(session, actor, slug, retired=not active)
        return {"field": _whole(session, found)}, 200

    return answered(work)


def _entry(given: dict[str, Any]) -> registry.Entry:
    forms = {place["service"] or registry.EVERY: place["required"] for place in given["forms"]}
    taken = registry.Entry.__dataclass_fields__
    return registry.Entry(
        **{name: value for name, value in given.items() if name in taken} | {"forms": forms}
    )


def _whole(session: Session, attribute: Attribute) -> dict[str, Any]:
    return _out(attribute, registry.forms(session).get(attribute.id, {}))


def _out(attribute: Attribute, places: dict[str, bool]) -> dict[str, Any]:
    forms = [{"service": slug or None, "required": required} for slug, required in places.items()]
    return {**registry.told(attribute), "forms": forms}
