"""A group as a whole: another name, or none any more; who is in it stands in the records (O42, O43)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers.record import GROUP_LENGTH
from vorzimmer.models import Customer, CustomerGroup
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact

TWICE = N_("There is a group of this name already.")


def group(session: Session, number: int) -> CustomerGroup:
    """A group by its id, locked in an act; or `NOT_FOUND`."""
    found = session.get(CustomerGroup, number, with_for_update=not database.alone(session))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def rename(session: Session, actor: Actor, number: int, name: str) -> CustomerGroup:
    """Call a group something else, for all its customers. Refuses with `INVALID` what another one is called."""
    access.require(access.may(actor, Right.CUSTOMERS))
    found = group(session, number)
    clean = contact.plain(name)
    others = session.scalars(select(CustomerGroup.name).where(CustomerGroup.id != number))
    if not clean:
        raise _invalid(N_("Please enter a name."))
    if len(clean) > GROUP_LENGTH:
        raise _invalid(N_("At most 80 characters."))
    if clean.casefold() in [other.casefold() for other in others]:
        raise _invalid(TWICE)
    before, found.name = {"name": found.name}, clean
    try:
        session.flush()
    except IntegrityError as error:  # somebody else took the name at this moment
        raise _invalid(TWICE) from error
    moment, after = database.now(session), {"name": clean}
    audit.write(session, moment, actor, "group_renamed", f"group {number}", before=before, after=after)
    return found


def dissolve(session: Session, actor: Actor, number: int) -> str:
    """Give a group up; its customers stay. What it was called."""
    access.require(access.may(actor, Right.CUSTOMERS))
    found = group(session, number)
    name, members = found.name, Customer.groups.any(CustomerGroup.id == number)
    size = session.scalar(select(func.count(Customer.id)).where(members))
    session.delete(found)
    session.flush()
    before = {"name": name, "customers": size}
    audit.write(session, database.now(session), actor, "group_dissolved", f"group {number}", before=before)
    return name


def _invalid(text: str) -> Refused:
    return Refused(Reason.INVALID, errors={"name": text})
