"""API keys: a program acts as its owner, with the rights that the key was given and no others."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from vorzimmer import audit, database
from vorzimmer.access import Actor
from vorzimmer.accounts.found import customers_only, managed, rights_of
from vorzimmer.accounts.logins import digest
from vorzimmer.models import Account, ApiKey
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text.contact import plain

LONGEST_DAYS = 3650
NOTED_EVERY = timedelta(minutes=5)
"""How exact the last use of a key is: a call that only reads need not write each time."""


@dataclass(frozen=True)
class NewKey:
    """What a key is for. `scopes` are rights; None is whatever its owner may do, also later. No `days`: no end."""

    label: str
    scopes: Iterable[str] | None = None
    days: int | None = None


def add_api_key(
    session: Session, moment: datetime, account: Account, label: str, secret: str | None = None
) -> str:
    """A new API key that may do what the account may; returned once, stored as its digest."""
    secret = secret or f"vz_{secrets.token_hex(20)}"
    session.add(ApiKey(account=account, secret_hash=digest(secret), label=label, created_at=moment))
    return secret


def make_key(session: Session, actor: Actor, account: Account, wanted: NewKey) -> str:
    """Make a key of an account; the secret is given this once. Refuses with `INVALID`.

    The caller has made sure that the actor may act for the account.
    """
    errors: dict[str, str] = {}
    label = plain(wanted.label)
    if not label:
        errors["label"] = N_("Please say what the key is for.")
    elif len(label) > 80:
        errors["label"] = N_("At most 80 characters.")
    scopes = _scopes(account, wanted.scopes, errors)
    if wanted.days is not None and not 1 <= wanted.days <= LONGEST_DAYS:
        errors["days"] = N_("Please choose between 1 and 3650 days.")
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    moment, secret = database.now(session), f"vz_{secrets.token_hex(20)}"
    key = ApiKey(
        account=account,
        secret_hash=digest(secret),
        label=label,
        scopes=scopes,
        created_at=moment,
        expires_at=moment + timedelta(days=wanted.days) if wanted.days else None,
    )
    session.add(key)
    session.flush()
    _log(session, actor, "api_key_made", key)
    return secret


def _scopes(account: Account, wanted: Iterable[str] | None, errors: dict[str, str]) -> list[str] | None:
    """The rights in their order; only those that the account has, or the key would promise too much."""
    held = rights_of(account)
    if not held:
        errors["label"] = N_("This login has no right in the office: a key of it could do nothing.")
    if wanted is None:
        return None
    scopes = set(wanted)
    if not scopes:
        errors["scopes"] = N_("Please choose at least one right.")
    elif not scopes <= set(held):
        errors["scopes"] = N_("The login does not have all of these rights itself.")
    return sorted(scopes)


def revoke_key(session: Session, actor: Actor, key_id: int) -> None:
    """The program with this key is out at once. One's own, or one of a login that the actor may change."""
    key = session.get(ApiKey, key_id, with_for_update=True)
    if key is None:
        raise Refused(Reason.NOT_FOUND)
    if key.account_id != actor.account_id:
        managed(session, actor, key.account_id)
    drop_key(session, actor, key)


def drop_key(session: Session, actor: Actor, key: ApiKey) -> None:
    """Forget the key, and write down who did so."""
    _log(session, actor, "api_key_revoked", key)
    session.delete(key)


def staff_keys(session: Session) -> list[ApiKey]:
    """Every key of the practice, by the address of its owner."""
    wanted = (
        select(ApiKey)
        .join(ApiKey.account)
        .where(~customers_only())
        .order_by(Account.email, ApiKey.id)
        .options(contains_eager(ApiKey.account).selectinload(Account.roles))
    )
    return list(session.scalars(wanted))


def find_key(session: Session, secret: str) -> ApiKey | None:
    """The key that opens the API now, with its owner; None for one that is wrong, over, or of a blocked login."""
    wanted = select(ApiKey).where(ApiKey.secret_hash == digest(secret))
    key = session.scalar(wanted.options(joinedload(ApiKey.account).selectinload(Account.roles)))
    if key is None or not key.account.active or is_over(key, database.now(session)):
        return None
    return key


def is_over(key: ApiKey, moment: datetime) -> bool:
    """Whether the key has expired."""
    return key.expires_at is not None and key.expires_at <= moment


def note_use(session: Session, key_id: int) -> None:
    """Remember that the key was used, where that was not done of late."""
    key, moment = session.get(ApiKey, key_id), database.now(session)
    if key is not None and is_due(key, moment):
        key.used_at = moment


def is_due(key: ApiKey, moment: datetime) -> bool:
    """Whether the use of the key is to be noted."""
    return key.used_at is None or key.used_at <= moment - NOTED_EVERY


def _log(session: Session, actor: Actor, act: str, key: ApiKey) -> None:
    shown = {
        "label": key.label,
        "scopes": key.scopes,
        "expires": key.expires_at.isoformat() if key.expires_at else None,
    }
    subject = f"account {key.account_id}"
    audit.write(session, database.now(session), actor, act, subject, after=shown)
