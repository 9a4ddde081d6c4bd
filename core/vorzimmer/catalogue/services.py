"""Services: made, changed, archived; their categories and prices; one person's own version (K17 to K29, O6 to O9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from vorzimmer import addresses, audit, database, hookspecs
from vorzimmer.access import Actor
from vorzimmer.booking import NOTHING, Decisions
from vorzimmer.catalogue import checks, records
from vorzimmer.models import Allocation, Offer, Requirement, Resource, Service
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

A_DAY, A_YEAR = 24 * 60, 365 * 24 * 60
CATEGORY = checks.line(120)
FIELDS: dict[str, checks.Rule] = {
    "name": checks.line(120, needed=True),
    "slug": checks.slug,
    "description": checks.text(2000),
    "category": CATEGORY,
    "minutes": checks.whole(1, A_DAY),
    "step": checks.whole(1, A_DAY),
    "before": checks.whole(0, 720),
    "after": checks.whole(0, 720),
    "buffer_rule": checks.one_of("max", "sum"),
    "buffers_inside": bool,
    "notice": checks.whole(0, A_YEAR),
    "notice_working_days": checks.whole(0, 60),
    "notice_cut_off": checks.whole(0, A_DAY, empty=True),
    "horizon": checks.whole(1, 730),
    "capacity": checks.whole(1, 100),
    "policy": checks.one_of("direct", "request"),
    "price": checks.whole(0, 100_000_000, empty=True),
    "price_shown": bool,
    "currency": checks.currency,
    "listed": bool,
    "cancel_until": checks.whole(0, A_YEAR),
    "move_until": checks.whole(0, A_YEAR),
    "color": checks.color,
    "reminders": checks.reminders,
}
MOST_NEEDS = 8


@dataclass(frozen=True)
class Need:
    """What a service needs: `quantity` of `members` (slugs); without any, all of the kind.

    `offset` and `minutes` narrow it to a part of the appointment; `minutes` None means to the end.
    """

    kind: str
    members: tuple[str, ...] = ()
    quantity: int = 1
    offset: int = 0
    minutes: int | None = None


def create_service(
    session: Session, hall: Hall, actor: Actor, values: Mapping[str, Any], needs: Sequence[Need]
) -> Service:
    """Add a service; `name`, `minutes` and one need are needed. The first need leads: its hours anchor the grid.

    Refuses with `FORBIDDEN`, or `INVALID` (`errors`: field to msgid; a need is "need-0", "need-1" and so on).
    """
    return _save(session, hall, actor, None, {"name": "", "minutes": None, **values}, needs)


def change_service(
    session: Session,
    hall: Hall,
    actor: Actor,
    slug: str,
    values: Mapping[str, Any],
    needs: Sequence[Need] | None = None,
) -> Service:
    """Change some fields, and the needs unless None. Appointments that stand keep their times (K21).

    Refuses with `FORBIDDEN`, `NOT_FOUND`, `INVALID` (as `create_service`).
    """
    return _save(session, hall, actor, slug, values, needs)


def _save(
    session: Session,
    hall: Hall,
    actor: Actor,
    slug: str | None,
    values: Mapping[str, Any],
    needs: Sequence[Need] | None,
) -> Service:
    records.begin(session, actor)
    row = records.found(session, Service, slug) if slug else None
    errors: dict[str, str] = {}
    clean = checks.checked(values, FIELDS, errors)
    records.settle_slug(session, Service, clean, errors, row=row)
    if row is None:
        clean.setdefault("step", clean.get("minutes"))
    minutes = clean.get("minutes") or (row.minutes if row else A_DAY)
    members = _members(session, hall, needs, minutes, errors) if needs is not None else []
    checks.refuse(errors)
    service = row or Service()
    records.save(session, actor, service, clean, act="changed" if row else "created")
    if needs is not None and needs != (before := needs_of(service)):
        _put_needs(session, service, needs, members)
        known = {"before": _said(before)} if before else {}
        records.log(session, actor, service, "needs changed", **known, after=_said(needs))
    return service


def _said(needs: Sequence[Need]) -> dict[str, Any]:
    return {"needs": [[need.kind, need.quantity, *need.members] for need in needs]}


def needs_of(service: Service) -> list[Need]:
    """The needs of a service as `change_service` takes them."""
    return [
        Need(
            need.kind,
            tuple(sorted(offer.resource.slug for offer in need.offers)),
            need.quantity,
            need.offset,
            need.minutes,
        )
        for need in service.requirements
    ]


def _members(
    session: Session, hall: Hall, needs: Sequence[Need], minutes: int, errors: dict[str, str]
) -> list[list[int]]:
    """The ids of each need's members; adds what is wrong to `errors`."""
    kinds = {kind.name: kind for kind in hall.plugins.ask(hookspecs.resource_kinds)}
    known = {one.slug: one for one in session.scalars(select(Resource))}
    if not 1 <= len(needs) <= MOST_NEEDS:
        errors["needs"] = N_("Please say who gives this service.")
    for number, need in enumerate(needs):
        wrong = _wrong(need, kinds, known, minutes)
        if wrong:
            errors[f"need-{number}"] = wrong
    return [[known[slug].id for slug in need.members if slug in known] for need in needs]


def _wrong(
    need: Need, kinds: Mapping[str, hookspecs.ResourceKind], known: Mapping[str, Resource], minutes: int
) -> str | None:
    if need.kind not in kinds:
        return N_("Please choose one of these.")
    if any(slug not in known or known[slug].kind != need.kind for slug in need.members):
        return N_("Somebody in this list does not exist.")
    if kinds[need.kind].needs_hours and not need.members:
        return N_("Please choose at least one.")
    if need.quantity < 1 or need.quantity > (len(need.members) or 50):
        return N_("More are needed than are chosen.")
    if need.offset < 0 or need.offset + (1 if need.minutes is None else need.minutes) > minutes:
        return N_("This part is longer than the appointment.")
    return N_("This part has no length.") if need.minutes is not None and need.minutes < 1 else None


def _put_needs(
    session: Session, service: Service, needs: Sequence[Need], members: Sequence[list[int]]
) -> None:
    """Rows are kept by position: appointments that stand refer to them."""
    for gone in service.requirements[len(needs) :]:
        session.execute(
            update(Allocation).where(Allocation.requirement_id == gone.id).values(requirement_id=None)
        )
        service.requirements.remove(gone)
    for position, (need, ids) in enumerate(zip(needs, members, strict=True)):
        if position == len(service.requirements):
            service.requirements.append(Requirement(position=position, offers=[]))
        row = service.requirements[position]
        row.kind, row.quantity, row.offset, row.minutes = need.kind, need.quantity, need.offset, need.minutes
        kept = {offer.resource_id: offer for offer in row.offers}
        row.offers = [kept.get(member) or Offer(resource_id=member) for member in ids]
    session.flush()
    session.expire(service, ["requirements"])


def archive_service(
    session: Session, hall: Hall, actor: Actor, slug: str, decisions: Decisions = NOTHING
) -> Service:
    """Customers can no longer book it; what is past stays (O7, O8). Refuses as `change_service` and `close_time`."""
    return records.archive(session, hall, actor, Service, slug, decisions)


def restore_service(session: Session, actor: Actor, slug: str) -> Service:
    """Bring an archived service back. Refuses with `FORBIDDEN`, `NOT_FOUND`."""
    return records.restore(session, actor, Service, slug)


def own_version(
    session: Session,
    hall: Hall,
    actor: Actor,
    slug: str,
    person: str,
    values: Mapping[str, Any] | None = None,
    needs: Sequence[Need] | None = None,
) -> Service:
    """Give one person a version of a service that is changed without touching the catalogue's (K28, K29, O57).

    The person serves in it instead of in the catalogue's; addresses of the person with that service lead to it. What
    is not among `values` is as in the catalogue's. Refuses as `create_service`, or with `INVALID` where the person does
    not give the service, or nobody else does.
    """
    records.begin(session, actor)
    service, resource = records.found(session, Service, slug), records.found(session, Resource, person)
    mine = given_in(service, resource)
    given = {name: value for name, value in (values or {}).items() if name != "slug" or value}
    whole, own = draft_of(session, service, resource)
    made = _save(session, hall, actor, None, {**whole, **given}, own if needs is None else needs)
    made.variant_of = service.id
    for need in mine:
        need.offers = [offer for offer in need.offers if offer.resource_id != resource.id]
    session.flush()
    records.log(session, actor, made, "made own", after={"variant_of": service.slug, "person": resource.slug})
    return made


def given_in(service: Service, person: Resource) -> list[Requirement]:
    """The needs that a person fills beside others; refuses with `INVALID` where that is nobody's own to have."""
    mine = [
        need for need in service.requirements if person.id in {offer.resource_id for offer in need.offers}
    ]
    if not mine:
        checks.refuse({"person": N_("This person does not give the service.")})
    if any(len(need.offers) <= need.quantity for need in mine):
        checks.refuse({"person": N_("Nobody else gives this service: change the service itself.")})
    return mine


def draft_of(session: Session, service: Service, person: Resource) -> tuple[dict[str, Any], list[Need]]:
    """One person's own version as it is before anything in it is changed: its fields and needs; nothing is stored."""
    taken = set(session.scalars(select(Service.slug))) | addresses.promised(session, Service)
    values = {name: getattr(service, name) for name in FIELDS} | {
        "slug": checks.slug_of(f"{service.slug}-{person.slug}"[:50], "service", taken),
        "name": f"{service.name} – {person.name}"[:120],
    }
    own = (person.slug,)
    return values, [
        replace(need, members=own) if person.slug in need.members and need.quantity == 1 else need
        for need in needs_of(service)
    ]


def rename_category(session: Session, actor: Actor, old: str, new: str) -> int:
    """Rename a category in all of its services; how many there are. Refuses with `FORBIDDEN`, `INVALID`."""
    records.begin(session, actor)
    errors: dict[str, str] = {}
    clean = checks.checked({"category": new}, {"category": CATEGORY}, errors)
    checks.refuse(errors)
    changed = _set_all(session, actor, f"category {old}"[:120], Service.category == old, clean)
    if changed:
        addresses.renamed(session, None, old, clean["category"])
    return changed


def show_prices(session: Session, actor: Actor, shown: bool) -> int:
    """Show or hide the prices of all services (K24); how many changed. Refuses with `FORBIDDEN`."""
    records.begin(session, actor)
    return _set_all(session, actor, "prices", Service.price_shown != shown, {"price_shown": shown})


def _set_all(session: Session, actor: Actor, subject: str, those: Any, values: dict[str, Any]) -> int:
    changed = session.scalars(update(Service).where(those).values(values).returning(Service.id)).all()
    session.expire_all()
    if changed:
        audit.write(session, database.now(session), actor, "services changed", subject, after=values)
    return len(changed)
