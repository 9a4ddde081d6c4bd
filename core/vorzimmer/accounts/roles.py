"""Roles: named sets of single rights (C22, O52)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import ROLES, Actor, Right, may, require
from vorzimmer.models import Account, Role
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text.contact import plain

OWNER, CUSTOMER = "owner", "customer"
BUILT_IN = frozenset(ROLES)
"""Roles whose names stay; `owner` and `customer` keep their rights too."""
LONGEST_NAME = 60


def office_roles() -> Select[Role]:
    """Every role that somebody of the practice may have."""
    return select(Role).where(Role.name != CUSTOMER).order_by(Role.id)


def add_role(session: Session, actor: Actor, name: str, rights: Iterable[str]) -> Role:
    """Make a role. Refuses with `INVALID`, and with `FORBIDDEN` where it has a right that the actor lacks."""
    require(may(actor, Right.ACCOUNTS))
    role = Role(name=_free_name(session, name), permissions=_allowed(actor, rights))
    session.add(role)
    session.flush()
    _log(session, actor, "role_added", role, None)
    return role


def change_role(session: Session, actor: Actor, role_id: int, name: str, rights: Iterable[str]) -> Role:
    """Give a role another name or other rights: they hold for everybody who has it from the next request on (A15)."""
    role = _changeable(session, actor, role_id)
    before = _shown(role)
    if role.name not in BUILT_IN:
        role.name = _free_name(session, name, role)
    role.permissions = _allowed(actor, rights)
    session.flush()
    _log(session, actor, "role_changed", role, before)
    return role


def delete_role(session: Session, actor: Actor, role_id: int) -> None:
    """Delete a role that nobody has."""
    role = _changeable(session, actor, role_id)
    used = session.scalar(select(func.count()).where(Account.roles.any(Role.id == role.id)))
    if used or role.name in BUILT_IN:
        raise Refused(Reason.INVALID, errors={"role": N_("Somebody has this role, or it is always there.")})
    _log(session, actor, "role_deleted", role, _shown(role))
    session.delete(role)


def role_for(session: Session, actor: Actor, role_id: int) -> Role:
    """The role if the actor may give it: the owner's by owners, any other within the own rights (O53)."""
    role = session.get(Role, role_id, with_for_update=True, populate_existing=True)
    if role is None or role.name == CUSTOMER:
        raise Refused(Reason.INVALID, errors={"role": N_("Please choose a role.")})
    require(actor.owner or role.name != OWNER)
    require(_known(role.permissions or ()) <= actor.rights)
    return role


def _changeable(session: Session, actor: Actor, role_id: int) -> Role:
    require(may(actor, Right.ACCOUNTS))
    role = session.get(Role, role_id, with_for_update=True, populate_existing=True)
    if role is None or role.name == CUSTOMER:
        raise Refused(Reason.NOT_FOUND)
    require(role.name != OWNER and _known(role.permissions or ()) <= actor.rights)
    return role


def _known(rights: Iterable[str]) -> frozenset[Right]:
    return frozenset(Right(right) for right in rights if right in set(Right))


def _allowed(actor: Actor, rights: Iterable[str]) -> list[str]:
    """The rights in their order, none beyond the actor's own; at least one, else the role opens no page."""
    wanted = _known(rights)
    require(wanted <= actor.rights)
    if not wanted:
        raise Refused(Reason.INVALID, errors={"rights": N_("Please choose at least one right.")})
    return sorted(wanted)


def _free_name(session: Session, name: str, own: Role | None = None) -> str:
    clean = plain(name)
    errors = {}
    if not clean:
        errors["name"] = N_("Please enter a name.")
    elif len(clean) > LONGEST_NAME:
        errors["name"] = N_("At most 60 characters.")
    else:
        taken = session.scalars(select(Role).where(func.lower(Role.name) == clean.lower())).first()
        if taken is not None and taken is not own:
            errors["name"] = N_("There is a role of this name already.")
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    return clean


def _shown(role: Role) -> dict[str, object]:
    return {"name": role.name, "rights": sorted(role.permissions or ())}


def _log(session: Session, actor: Actor, act: str, role: Role, before: dict[str, object] | None) -> None:
    after = None if act == "role_deleted" else _shown(role)
    audit.write(session, database.now(session), actor, act, f"role {role.id}", before=before, after=after)
