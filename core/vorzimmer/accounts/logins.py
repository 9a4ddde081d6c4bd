"""Logins made outside the pages, and the secrets that are stored as hashes."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import Account, Resource, Role

# T9: 32 ms and 19 MiB a check; the pages check with the same
PASSWORDS = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


LOCKED_AFTER = 10  # wrong passwords (C37, A28)
LOCKED_FOR = timedelta(minutes=15)


def digest(secret: str) -> str:
    """What is stored of a random secret of 128 bits or more (ASVS 6.5.2): SHA-256, no salt needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def normal(password: str) -> str:
    """The form in which a password is hashed and compared: the same letters from any keyboard (NFKD)."""
    return unicodedata.normalize("NFKD", password)


def add_account(
    session: Session,
    moment: datetime,
    *,
    email: str,
    name: str,
    role: str,
    password_hash: str,
    resource: Resource | None = None,
) -> Account:
    """A login with one role, its address confirmed."""
    account = Account(
        email=email,
        name=name,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        confirmed_at=moment.astimezone(UTC).replace(tzinfo=None),  # the mixin's column is naive UTC
        resource=resource,
    )
    account.roles.append(_role(session, role))
    session.add(account)
    return account


def refused(session: Session, login: str, door: str, network: str, *, locks: bool) -> None:
    """Log and count a failed sign-in at any door; an unknown address costs the same write (A24).

    `locks`: ten of them lock the account for 15 minutes, for devices that are not known (C37).
    """
    moment = database.now(session)
    audit.write(session, moment, Actor(login[:254], door), "login_refused", f"login {network}")
    if not locks:
        return
    same = func.lower(Account.email) == login.strip().lower()
    account = session.scalar(select(Account).where(same).with_for_update())
    if account is not None:
        account.failed_logins += 1
        if account.failed_logins >= LOCKED_AFTER:
            account.failed_logins, account.locked_until = 0, moment + LOCKED_FOR


def is_locked(account: Account, moment: datetime) -> bool:
    """Whether too many passwords were wrong of late."""
    return account.locked_until is not None and account.locked_until > moment


def _role(session: Session, name: str) -> Role:
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name, permissions=sorted(ROLES[name]))
        session.add(role)
        session.flush()
    return role
