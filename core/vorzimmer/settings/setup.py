"""The first start: a link from the console that makes the owner's login, once (A50)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import accounts, audit, catalogue, database, urls
from vorzimmer.access import ROLES, Actor, staff_actor
from vorzimmer.catalogue.resources import STAFF
from vorzimmer.models import Account, Role, Setting
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.settings import change
from vorzimmer.text import contact

WAITS = "setup"
"""The row that stands as long as the owner is still to come: hash and end of the link."""
LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class Owner:
    """Who runs the practice. The password is hashed already. `takes_appointments`: is its first person, too."""

    name: str
    email: str
    password_hash: str
    language: str
    takes_appointments: bool = False


def needed(session: Session) -> bool:
    """Whether nobody owns this practice yet."""
    return session.scalar(select(Account.id).where(Account.roles.any(Role.name == accounts.OWNER))) is None


def begin(session: Session, hall: Hall) -> str | None:
    """The address of a new link if there is no owner, else None; an older link is void."""
    session.execute(delete(Setting).where(Setting.name == WAITS))
    if not needed(session):
        return None
    secret = secrets.token_urlsafe(32)
    until = database.now(session) + LASTS
    row = {"hash": accounts.digest(secret), "until": until.isoformat()}
    session.add(Setting(name=WAITS, value=json.dumps(row)))
    return urls.absolute(hall.config, f"/setup/{secret}")


def waits(session: Session) -> bool:
    """Whether a link has been printed and nobody has used it."""
    return session.get(Setting, WAITS) is not None


def opens(session: Session, secret: str) -> bool:
    """Whether the link opens the set-up: the newest, not used, not older than a day."""
    row = session.get(Setting, WAITS)
    return row is not None and _fits(row.value, secret, database.now(session))


def _fits(value: str, secret: str, moment: datetime) -> bool:
    told = json.loads(value)
    same = secrets.compare_digest(told["hash"], accounts.digest(secret))
    return same and datetime.fromisoformat(told["until"]) > moment


def finish(session: Session, hall: Hall, secret: str, owner: Owner, practice: Mapping[str, Any]) -> Account:
    """Make the owner's login and keep what was said of the practice; the link is used up.

    Of two at once exactly one wins, the other gets `NOT_FOUND` (A50). Refuses with `INVALID`.
    """
    used = delete(Setting).where(Setting.name == WAITS).returning(Setting.value)
    value = session.scalar(used)
    moment = database.now(session)
    if value is None or not _fits(value, secret, moment) or not needed(session):
        raise Refused(Reason.NOT_FOUND)
    account = add_owner(session, moment, owner)
    actor = staff_actor(account, "page")
    change.save(session, hall, actor, "practice", practice)
    if owner.takes_appointments:
        person = {"kind": STAFF, "name": account.name}
        account.resource = catalogue.create_resource(session, hall, actor, person)
    if not hall.config.is_fixed("booking", "online"):
        change.save(session, hall, actor, "booking", {"online": False})  # until the owner publishes it
    return account


def add_owner(session: Session, moment: datetime, owner: Owner, actor: Actor | None = None) -> Account:
    """The first login, and the roles in the box. Refuses with `INVALID`."""
    errors: dict[str, str] = {}
    name, email = contact.name_of(owner.name, errors), contact.email_of(owner.email, errors)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    known = set(session.scalars(select(Role.name)))
    for role, rights in ROLES.items():
        if role not in known:
            session.add(Role(name=role, permissions=sorted(rights)))
    session.flush()
    account = accounts.add_account(
        session,
        moment,
        email=contact.canonical(email),
        name=name,
        role=accounts.OWNER,
        password_hash=owner.password_hash,
    )
    account.language = owner.language
    session.flush()
    by = actor or Actor(account.email, "page")
    audit.write(session, moment, by, "set_up", f"account {account.id}", after={"role": accounts.OWNER})
    return account
