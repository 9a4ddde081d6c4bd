"""App passwords: one for each calendar app, shown once, taken back at once."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import Actor
from vorzimmer.accounts.logins import digest
from vorzimmer.models import Account, AppPassword
from vorzimmer.reasons import Reason, Refused


def app_passwords(session: Session, account_id: int) -> list[AppPassword]:
    """Those of one login, the oldest first."""
    own = AppPassword.account_id == account_id
    return list(session.scalars(select(AppPassword).where(own).order_by(AppPassword.id)))


def add_app_password(
    session: Session, moment: datetime, account: Account, label: str, secret: str | None = None
) -> str:
    """A new app password; returned once, stored as its digest."""
    secret = secret or "-".join(secrets.token_hex(4) for _ in range(4))
    session.add(AppPassword(account=account, secret_hash=digest(secret), label=label, created_at=moment))
    return secret


def make_app_password(session: Session, actor: Actor, label: str) -> str:
    """A new app password for one's own login; only this answer ever tells it."""
    account = session.get_one(Account, actor.account_id)
    moment = database.now(session)
    _log(session, actor, moment, "app_password_added", label)
    return add_app_password(session, moment, account, label)


def revoke_app_password(session: Session, actor: Actor, password_id: int) -> None:
    """The app with this password is out at once. Refuses with `NOT_FOUND` what is not one's own."""
    own = AppPassword.id == password_id, AppPassword.account_id == actor.account_id
    label = session.scalar(select(AppPassword.label).where(*own))
    if label is None:
        raise Refused(Reason.NOT_FOUND)
    session.execute(delete(AppPassword).where(*own))
    _log(session, actor, database.now(session), "app_password_revoked", label)


def _log(session: Session, actor: Actor, moment: datetime, act: str, label: str) -> None:
    audit.write(session, moment, actor, act, f"account {actor.account_id}", after={"label": label})
