"""Customers by API: found, kept, joined, their changes decided on. A key or a staff session is needed."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from vorzimmer import customers as core
from vorzimmer.access import RECORDS, Actor, Right, open_to
from vorzimmer.as_json import customers_out, show
from vorzimmer.models import Customer
from vorzimmer.reasons import Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller

customers = Blueprint("api_customers", __name__)

Uid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
Words = Annotated[str, StringConstraints(max_length=80)]
Note = Annotated[str, StringConstraints(max_length=10_000)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
ANSWERS, ATTRIBUTES = "fields.", "attributes."


class CustomerQuery(shapes.Query):
    """Which customers, by name: those found by `q`, in a group, with changes that wait."""

    q: Words = ""
    group: int | None = Field(None, ge=1, le=2**31 - 1)
    waiting: bool = False
    cursor: Uid | None = None
    limit: int = Field(50, ge=1, le=200)


class NewCustomer(shapes.Taken):
    """A customer; several may share an address. `groups` are names, one that is new makes a group."""

    name: shapes.Name
    email: shapes.NoEmail = ""
    phone: shapes.Line = ""
    language: shapes.Slug | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=100)
    groups: list[shapes.Line] = Field(default_factory=list, max_length=50)
    note: Note = ""


class CustomerChange(shapes.Taken):
    """What changes; what is left out stays. With a `version` only if the record is still that one."""

    name: shapes.Name = ""
    email: shapes.NoEmail = ""
    phone: shapes.Line = ""
    language: shapes.Slug = ""
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=100)
    groups: list[shapes.Line] = Field(default_factory=list, max_length=50)
    note: Note = ""
    version: Version | None = None


class Other(shapes.Taken):
    """The record that goes."""

    record: Uid


class WaitingChange(BaseModel):
    """What the customer typed that differs: `phone`, `language`, `fields.<slug>`."""

    id: int
    values: dict[str, Any]
    created_at: shapes.When


class RecordOut(BaseModel):
    """A record. `missed` counts no-shows, `changes` what waits; `note` is null for those who may not read it."""

    id: str
    name: str
    email: str | None
    phone: str
    language: str
    groups: list[str]
    attributes: dict[str, Any]
    note: str | None
    missed: int
    next_appointment: shapes.When | None
    changes: int
    created_at: shapes.When
    version: str


class Records(BaseModel):
    """A page of customers; `next` is the cursor of the next one."""

    customers: list[RecordOut]
    next: str | None


class OneRecord(BaseModel):
    """One customer."""

    customer: RecordOut


class Waiting(BaseModel):
    """Changes that wait for a decision, the oldest first."""

    changes: list[WaitingChange]


class GroupName(shapes.Taken):
    """What a group is called."""

    name: shapes.Name


class GroupOut(BaseModel):
    """A group, and how many are in it."""

    id: int
    name: str
    size: int


class OneGroup(BaseModel):
    """One group."""

    group: GroupOut


class Groups(BaseModel):
    """All groups by name."""

    groups: list[GroupOut]


@customers.get("/customers")
@open_to(*RECORDS)
@call(Records, key=True)
def listed(query: CustomerQuery) -> Response:
    """Customers by name, as far as the caller's rights reach."""
    actor = staff_caller()
    wish = core.Wish(query.q, query.group, query.waiting)
    with hall().database.reading() as session:
        page, more = core.listed(session, actor, wish, query.limit, query.cursor)
        return jsonify(customers=customers_out(session, hall(), actor, page), next=more)


@customers.post("/customers")
@open_to(Right.CUSTOMERS)
@call(OneRecord, 201, key=True)
def add(json: NewCustomer) -> Response:
    """Add a customer."""
    actor = staff_caller()
    given = {**json.model_dump(), "note": json.note or None}

    def work(session: Session) -> Answer:
        made = _named(lambda: core.add(session, hall(), actor, core.Record(**given)))
        return _answer(session, actor, made, 201)

    return answered(work)


@customers.get("/customers/<customer>")
@open_to(*RECORDS)
@call(OneRecord, key=True)
def one(customer: str) -> Response:
    """One customer."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(_answer(session, actor, core.one(session, actor, customer), 200)[0])


@customers.patch("/customers/<customer>")
@open_to(Right.CUSTOMERS, Right.NOTES)
@call(OneRecord, key=True, refusals=(409,))
def change(customer: str, json: CustomerChange) -> Response:
    """Complete or correct a record."""
    actor, given = staff_caller(), json.model_dump(exclude_unset=True)
    version = given.pop("version", None)

    def work(session: Session) -> Answer:
        record = core.Record(**given)
        changed = _named(lambda: core.change(session, hall(), actor, customer, record, version=version))
        return _answer(session, actor, changed, 200)

    return answered(work)


@customers.post("/customers/<customer>/merge")
@open_to(Right.CUSTOMERS)
@call(OneRecord, key=True, refusals=(409,))
def merge(customer: str, json: Other) -> Response:
    """Move everything from another record to this one; the other is no more."""
    actor = staff_caller()
    return answered(lambda s: _answer(s, actor, core.merge(s, hall(), actor, customer, json.record), 200))


@customers.get("/customers/<customer>/changes")
@open_to(Right.CUSTOMERS)
@call(Waiting, key=True)
def waiting(customer: str) -> Response:
    """What the customer typed that differs from the record."""
    actor, zone = staff_caller(), hall().config.zone
    with hall().database.reading() as session:
        found = core.waiting(session, core.one(session, actor, customer))
        rows = [
            {"id": one.id, "values": one.values, "created_at": show(one.created_at, zone)} for one in found
        ]
        return jsonify(changes=rows)


@customers.post("/customers/<customer>/changes/<int(max=2147483647):number>/accept")
@open_to(Right.CUSTOMERS)
@call(OneRecord, key=True)
def accept(customer: str, number: int, json: shapes.Nothing) -> Response:
    """Take what the customer typed into the record."""
    actor = staff_caller()
    return answered(lambda s: _answer(s, actor, core.accept(s, hall(), actor, customer, number), 200))


@customers.post("/customers/<customer>/changes/<int(max=2147483647):number>/ignore")
@open_to(Right.CUSTOMERS)
@call(OneRecord, key=True)
def ignore(customer: str, number: int, json: shapes.Nothing) -> Response:
    """Leave the record as it is."""
    actor = staff_caller()
    return answered(lambda s: _answer(s, actor, core.ignore(s, hall(), actor, customer, number), 200))


@customers.get("/groups")
@open_to(*RECORDS)
@call(Groups, key=True)
def groups(query: shapes.NoQuery) -> Response:
    """The groups that customers are sorted into."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(groups=_groups(session, actor))


@customers.patch("/groups/<int(max=2147483647):number>")
@open_to(Right.CUSTOMERS)
@call(OneGroup, key=True)
def rename_group(number: int, json: GroupName) -> Response:
    """Call a group something else."""
    actor = staff_caller()

    def work(session: Session) -> Answer:
        core.rename(session, actor, number, json.name)
        return {"group": next(one for one in _groups(session, actor) if one["id"] == number)}, 200

    return answered(work)


@customers.delete("/groups/<int(max=2147483647):number>")
@open_to(Right.CUSTOMERS)
@call(None, 204, key=True)
def dissolve_group(number: int) -> Response:
    """Give a group up; its customers stay."""
    actor = staff_caller()
    hall().database.write(lambda session: core.dissolve(session, actor, number))
    return Response(status=204)


def _groups(session: Session, actor: Actor) -> list[dict[str, Any]]:
    sizes = core.sizes(session, actor)
    return [{"id": group.id, "name": group.name, "size": size} for group, size in sizes]


def _answer(session: Session, actor: Actor, customer: Customer, status: int) -> Answer:
    return {"customer": customers_out(session, hall(), actor, [customer])[0]}, status


def _named(work: Any) -> Customer:
    """What is wrong with an answer is called as the caller sent it."""
    try:
        made: Customer = work()
    except Refused as refusal:
        if errors := refusal.facts.get("errors"):
            named = {name.replace(ANSWERS, ATTRIBUTES): text for name, text in errors.items()}
            refusal.facts["errors"] = named
        raise
    return made
