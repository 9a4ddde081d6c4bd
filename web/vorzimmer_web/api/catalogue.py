"""The catalogue by API: services, resources, locations; changed with a key whose owner may change settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import catalogue as use_cases
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions
from vorzimmer.catalogue import Need
from vorzimmer.models import Location, Resource, Service
from vorzimmer.questions import fields
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.api.times import Zone
from vorzimmer_web.api.views import SERVICE_FIELDS, field_out, staff_service_out

catalogue = Blueprint("api_catalogue", __name__)

Minutes = Annotated[shapes.Whole, Field(ge=0, le=525_600)]
Name = Annotated[str, StringConstraints(max_length=120)]


class NeedIn(shapes.Taken):
    """`quantity` of `members` (slugs); without any all of the kind. `offset` and `minutes` narrow it to a part."""

    kind: Name
    members: list[shapes.Slug] = Field(default_factory=list, max_length=200)
    quantity: shapes.Whole = Field(1, ge=1, le=50)
    offset: shapes.Whole = Field(0, ge=0, le=1440)
    minutes: Annotated[shapes.Whole, Field(ge=1, le=1440)] | None = None


class ServiceChange(shapes.Deciding):
    """What of a service to change; `active` false archives it. Times in minutes, price in minor units."""

    name: Name = ""
    slug: shapes.Slug = ""
    description: shapes.Text = ""
    category: Name = ""
    duration_minutes: shapes.Whole = Field(30, ge=1, le=1440)
    step_minutes: shapes.Whole = Field(30, ge=1, le=1440)
    before_minutes: shapes.Whole = Field(0, ge=0, le=720)
    after_minutes: shapes.Whole = Field(0, ge=0, le=720)
    buffer_rule: Literal["max", "sum"] = "max"
    buffers_inside: bool = False
    notice_minutes: Minutes = 120
    notice_working_days: shapes.Whole = Field(0, ge=0, le=60)
    notice_cut_off: Annotated[shapes.Whole, Field(ge=0, le=1440)] | None = None
    horizon_days: shapes.Whole = Field(90, ge=1, le=730)
    capacity: shapes.Whole = Field(1, ge=1, le=100)
    policy: Literal["direct", "request"] = "direct"
    price: Annotated[shapes.Whole, Field(ge=0, le=100_000_000)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    price_shown: bool = True
    listed: bool = True
    color: Annotated[str, StringConstraints(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    reminder_hours: list[Annotated[shapes.Whole, Field(ge=1, le=1440)]] | None = Field(None, max_length=5)
    cancel_until_minutes: Minutes = 1440
    move_until_minutes: Minutes = 1440
    needs: list[NeedIn] = Field(default_factory=list, max_length=8)
    active: bool = True


class NewService(ServiceChange):
    """A service to add: a name, its duration and who gives it are needed; the first need leads."""

    name: Annotated[Name, Field(min_length=1)]
    duration_minutes: shapes.Whole = Field(ge=1, le=1440)
    needs: list[NeedIn] = Field(min_length=1, max_length=8)


class OneService(BaseModel):
    """One service."""

    service: shapes.StaffServiceOut


class OwnVersion(shapes.Taken):
    """The service that a person gives in a way of their own."""

    service: shapes.Slug


class ResourceChange(shapes.Deciding):
    """What to change; buffers in minutes, null leaves the service's. `services` are those that it serves in."""

    name: Name = ""
    slug: shapes.Slug = ""
    location: shapes.Slug | None = None
    before_minutes: Annotated[shapes.Whole, Field(ge=0, le=720)] | None = None
    after_minutes: Annotated[shapes.Whole, Field(ge=0, le=720)] | None = None
    services: list[shapes.Slug] = Field(default_factory=list, max_length=500)
    active: bool = True


class NewResource(ResourceChange):
    """A person, room or device to add; a room or device stands at a `location`."""

    name: Annotated[Name, Field(min_length=1)]
    kind: Name


class ResourceOut(BaseModel):
    """A person, room or device."""

    slug: str
    name: str
    kind: str
    location: str | None
    before_minutes: int | None
    after_minutes: int | None
    active: bool


class Resources(BaseModel):
    """All of them, archived ones too."""

    resources: list[ResourceOut]


class OneResource(BaseModel):
    """One of them."""

    resource: ResourceOut


class LocationChange(shapes.Deciding):
    """What of a place to change; `active` false archives it."""

    name: Name = ""
    slug: shapes.Slug = ""
    address: shapes.Line = ""
    zone: Zone = "Europe/Berlin"
    active: bool = True


class NewLocation(LocationChange):
    """A place to add."""

    name: Annotated[Name, Field(min_length=1)]
    zone: Zone


class LocationOut(BaseModel):
    """A place; its zone is that of all its local times."""

    slug: str
    name: str
    address: str
    zone: str
    active: bool


class Locations(BaseModel):
    """All places, archived ones too."""

    locations: list[LocationOut]


class OneLocation(BaseModel):
    """One place."""

    location: LocationOut


# ---- services --------------------------------------------------------------------------------------------------------


@catalogue.post("/services")
@open_to(Right.SETTINGS)
@call(OneService, 201, key=True)
def add_service(json: NewService) -> Response:
    """Add a service; it can be booked at once."""
    actor, values = staff_caller(), _given(json)

    def work(session: Session) -> Answer:
        made = use_cases.create_service(session, hall(), actor, _values(values), _needs(values))
        if not values.get("active", True):
            use_cases.archive_service(session, hall(), actor, made.slug)
        return {"service": _service_out(session, made)}, 201

    return answered(work)


@catalogue.patch("/services/<slug>")
@open_to(Right.SETTINGS)
@call(OneService, key=True, refusals=(409,))
def change_service(slug: str, json: ServiceChange) -> Response:
    """Change some fields; appointments that stand keep their times."""
    actor, values = staff_caller(), _given(json)

    def work(session: Session) -> Answer:
        needs = _needs(values) if "needs" in values else None
        made = use_cases.change_service(session, hall(), actor, slug, _values(values), needs)
        _switch(session, values, made, use_cases.archive_service, use_cases.restore_service)
        return {"service": _service_out(session, made)}, 200

    return answered(work)


def _service_out(session: Session, service: Service) -> dict[str, Any]:
    form = fields.asked_by_service(session, [service.id])[service.id]
    return staff_service_out(service) | {"fields": [field_out(field) for field in form]}


def _given(json: BaseModel) -> dict[str, Any]:
    """What the caller sent, nothing else."""
    return json.model_dump(exclude_unset=True)


def _values(values: dict[str, Any]) -> dict[str, Any]:
    own = {"needs", "active", "services", "decisions", "message"}
    return {SERVICE_FIELDS.get(name, name): value for name, value in values.items() if name not in own}


def _needs(values: dict[str, Any]) -> list[Need]:
    return [Need(**{**need, "members": tuple(need.get("members", ()))}) for need in values["needs"]]


def _switch(
    session: Session,
    values: dict[str, Any],
    row: Service | Resource | Location,
    archive: Callable[..., Any],
    restore: Callable[..., Any],
) -> None:
    """Archive or bring back, where the caller says so."""
    if "active" not in values or values["active"] == row.active:
        return
    if values["active"]:
        restore(session, staff_caller(), row.slug)
    else:
        archive(session, hall(), staff_caller(), row.slug, _decided(values))


def _decided(values: dict[str, Any]) -> Decisions:
    return Decisions(values.get("decisions", {}), values.get("message", ""))


# ---- resources and locations -----------------------------------------------------------------------------------------


@catalogue.get("/resources")
@open_to(Right.SETTINGS, Right.AVAILABILITY, Right.CALENDARS)
@call(Resources, key=True)
def resources(query: shapes.NoQuery) -> Response:
    """People, rooms and devices."""
    wanted = select(Resource).options(joinedload(Resource.location)).order_by(Resource.id)
    with hall().database.reading() as session:
        return jsonify(resources=[_resource_out(found) for found in session.scalars(wanted)])


@catalogue.post("/resources")
@open_to(Right.SETTINGS)
@call(OneResource, 201, key=True)
def add_resource(json: NewResource) -> Response:
    """Add one; without hours a person cannot be booked yet."""
    actor, values = staff_caller(), _given(json)

    def work(session: Session) -> Answer:
        made = use_cases.create_resource(session, hall(), actor, _values(values))
        return _finished(session, values, made), 201

    return answered(work)


@catalogue.patch("/resources/<slug>")
@open_to(Right.SETTINGS)
@call(OneResource, key=True, refusals=(409,))
def change_resource(slug: str, json: ResourceChange) -> Response:
    """Change some fields; `services` takes the place of those that it served in."""
    actor, values = staff_caller(), _given(json)

    def work(session: Session) -> Answer:
        made = use_cases.change_resource(session, hall(), actor, slug, _values(values), _decided(values))
        return _finished(session, values, made), 200

    return answered(work)


@catalogue.post("/resources/<slug>/services")
@open_to(Right.SETTINGS)
@call(OneService, 201, key=True)
def own_version(slug: str, json: OwnVersion) -> Response:
    """Make one person's own version of a service, which is changed without touching the others'."""
    actor = staff_caller()

    def work(session: Session) -> Answer:
        made = use_cases.own_version(session, hall(), actor, json.service, slug)
        return {"service": _service_out(session, made)}, 201

    return answered(work)


def _finished(session: Session, values: dict[str, Any], made: Resource) -> dict[str, Any]:
    if "services" in values:
        use_cases.set_offers(session, staff_caller(), made.slug, values["services"])
    _switch(session, values, made, use_cases.archive_resource, use_cases.restore_resource)
    session.refresh(made)
    return {"resource": _resource_out(made)}


def _resource_out(found: Resource) -> dict[str, Any]:
    return {
        "slug": found.slug,
        "name": found.name,
        "kind": found.kind,
        "location": found.location.slug if found.location else None,
        "before_minutes": found.before,
        "after_minutes": found.after,
        "active": found.active,
    }


@catalogue.get("/locations")
@open_to(Right.SETTINGS, Right.AVAILABILITY, Right.CALENDARS)
@call(Locations, key=True)
def locations(query: shapes.NoQuery) -> Response:
    """The practice's places."""
    with hall().database.reading() as session:
        found = session.scalars(select(Location).order_by(Location.id))
        return jsonify(locations=[_location_out(place) for place in found])


@catalogue.post("/locations")
@open_to(Right.SETTINGS)
@call(OneLocation, 201, key=True)
def add_location(json: NewLocation) -> Response:
    """Add a place."""
    actor, values = staff_caller(), _given(json)

    def work(session: Session) -> Answer:
        made = use_cases.create_location(session, actor, _values(values))
        _switch(session, values, made, use_cases.archive_location, use_cases.restore_location)
        return {"location": _location_out(made)}, 201

    return answered(work)


@catalogue.patch("/locations/<slug>")
@open_to(Right.SETTINGS)
@call(OneLocation, key=True, refusals=(409,))
def change_location(slug: str, json: LocationChange) -> Response:
    """Change some fields of a place."""
    actor, values = staff_caller(), _given(json)

    def work(session: Session) -> Answer:
        made = use_cases.change_location(session, hall(), actor, slug, _values(values), _decided(values))
        _switch(session, values, made, use_cases.archive_location, use_cases.restore_location)
        return {"location": _location_out(made)}, 200

    return answered(work)


def _location_out(place: Location) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("slug", "name", "address", "zone", "active")}
