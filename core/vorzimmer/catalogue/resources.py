"""People, rooms and devices, and what they offer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import hookspecs
from vorzimmer.access import Actor
from vorzimmer.booking import NOTHING, Decisions
from vorzimmer.catalogue import checks, records
from vorzimmer.models import Location, Offer, Requirement, Resource, Service
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

STAFF = "staff"
FIELDS: dict[str, checks.Rule] = {
    "name": checks.line(120, needed=True),
    "slug": checks.slug,
    "before": checks.whole(0, 720, empty=True),
    "after": checks.whole(0, 720, empty=True),
}


def create_resource(session: Session, hall: Hall, actor: Actor, values: Mapping[str, Any]) -> Resource:
    """Add a person, room or device; `kind` and `name` are needed, a room or device has a `location` (a slug).

    Refuses with `FORBIDDEN`, `INVALID` (`errors`: field to msgid).
    """
    records.begin(session, actor)
    kinds = [kind.name for kind in hall.plugins.ask(hookspecs.resource_kinds)]
    rules = FIELDS | {"kind": checks.one_of(*kinds)}
    return _save(session, actor, None, {"name": "", "kind": "", **values}, rules)


def change_resource(
    session: Session,
    hall: Hall,
    actor: Actor,
    slug: str,
    values: Mapping[str, Any],
    decisions: Decisions = NOTHING,
) -> Resource:
    """Change some fields; the kind stays, and a room or device may move to another place.

    Refuses with `FORBIDDEN`, `NOT_FOUND`, `INVALID` (`errors`), and as `close_time` does.
    """

    def change() -> Resource:
        return _save(session, actor, records.found(session, Resource, slug), values, FIELDS)

    if "location" in values:
        return records.closing(session, hall, actor, decisions, change)
    records.begin(session, actor)
    return change()


def _save(
    session: Session,
    actor: Actor,
    row: Resource | None,
    values: Mapping[str, Any],
    rules: Mapping[str, checks.Rule],
) -> Resource:
    errors: dict[str, str] = {}
    fields = {name: value for name, value in values.items() if name != "location"}
    clean = checks.checked(fields, rules, errors)
    kind = row.kind if row else clean.get("kind")
    if kind != STAFF and (row is None or "location" in values):
        clean["location_id"] = _place(session, values.get("location"), errors)
    records.settle_slug(session, Resource, clean, errors, row=row)
    checks.refuse(errors)
    resource = row or Resource()
    records.save(session, actor, resource, clean, act="changed" if row else "created")
    return resource


def _place(session: Session, slug: str | None, errors: dict[str, str]) -> int | None:
    """The id of an active place."""
    found = session.scalar(select(Location.id).where(Location.slug == slug, Location.active))
    if found is None:
        errors["location"] = N_("Please choose a place.")
    return found


def archive_resource(
    session: Session, hall: Hall, actor: Actor, slug: str, decisions: Decisions = NOTHING
) -> Resource:
    """Nobody can book it any more. Refuses with `FORBIDDEN`, `NOT_FOUND`, and as `close_time` does."""
    return records.archive(session, hall, actor, Resource, slug, decisions)


def restore_resource(session: Session, actor: Actor, slug: str) -> Resource:
    """Bring an archived one back. Refuses with `FORBIDDEN`, `NOT_FOUND`."""
    return records.restore(session, actor, Resource, slug)


def set_offers(session: Session, actor: Actor, slug: str, services: Collection[str]) -> Resource:
    """Let a resource serve in exactly these services of the catalogue, by slug (K27, O57).

    Looked at are active services that need its kind and name who may serve; those that take any room are left alone.
    Refuses with `FORBIDDEN`, `NOT_FOUND`, `INVALID` where nobody would be left to give a service.
    """
    resource = records.found(session, Resource, slug)
    records.begin(session, actor, own=resource)
    before = []
    for service, needs in offerable(session, resource).items():
        serving = [need for need in needs if resource.id in _ids(need)]
        before += [service.slug] if serving else []
        if serving and service.slug not in services:
            if any(len(need.offers) <= need.quantity for need in serving):
                checks.refuse(
                    {"services": N_("Not enough would be left to give a service: archive it instead.")}
                )
            for need in serving:
                need.offers = [offer for offer in need.offers if offer.resource_id != resource.id]
        elif not serving and service.slug in services:
            needs[0].offers.append(Offer(resource_id=resource.id))
    session.flush()
    after = sorted(
        service.slug for service, needs in offerable(session, resource).items() if serves(resource, needs)
    )
    if after != sorted(before):
        records.log(
            session,
            actor,
            resource,
            "offers changed",
            before={"services": sorted(before)},
            after={"services": after},
        )
    return resource


def offerable(session: Session, resource: Resource) -> dict[Service, list[Requirement]]:
    """Active services that a resource can serve in, each with the needs that it may fill; two queries."""
    wanted = (
        select(Service)
        .where(Service.active, Service.requirements.any(Requirement.kind == resource.kind))
        .options(selectinload(Service.requirements).selectinload(Requirement.offers))
        .order_by(Service.category, Service.name)
    )
    found = {
        service: [
            need
            for need in service.requirements
            if need.kind == resource.kind and (need.offers or need.kind == STAFF)
        ]
        for service in session.scalars(wanted)
    }
    return {service: needs for service, needs in found.items() if needs}


def _ids(need: Requirement) -> set[int]:
    return {offer.resource_id for offer in need.offers}


def serves(resource: Resource, needs: Collection[Requirement]) -> bool:
    """Whether the resource is offered for any of the needs."""
    return any(resource.id in _ids(need) for need in needs)
