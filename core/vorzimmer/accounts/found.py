"""Which accounts are the practice's, and who may act on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from vorzimmer.access import Actor, Right, may, require
from vorzimmer.accounts.logins import is_locked
from vorzimmer.accounts.roles import OWNER
from vorzimmer.models import Account, Role
from vorzimmer.reasons import Reason, Refused


def staff_accounts() -> Select[Account]:
    """Everybody of the practice, by address; customers' logins are none of its business."""
    return (
        select(Account)
        .where(~customers_only())
        .order_by(Account.email)
        .options(selectinload(Account.roles), joinedload(Account.resource))
    )


def customers_only() -> Any:
    """Whether an account is a customer's."""
    return Account.roles.any(Role.name == "customer")


def is_owner(account: Account) -> bool:
    """Whether the account has the built-in role of the owner (O53)."""
    return any(role.name == OWNER for role in account.roles)


def managed(session: Session, actor: Actor, account_id: int) -> Account:
    """The account, locked, if the actor may change it: nobody reaches above the own rights (A6, A20, O53)."""
    require(may(actor, Right.ACCOUNTS))
    wanted = staff_accounts().where(Account.id == account_id).with_for_update(of=Account)
    account = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if account is None:
        raise Refused(Reason.NOT_FOUND)
    require(may_manage(actor, account))
    return account


def may_manage(actor: Actor, account: Account) -> bool:
    """Whether the account reaches no further than the actor (A6, A20, O53)."""
    return (actor.owner or not is_owner(account)) and rights_of(account) <= actor.rights


def rights_of(account: Account) -> frozenset[Right]:
    """The rights of its roles, blocked or not."""
    return frozenset(
        Right(right) for role in account.roles for right in (role.permissions or ()) if right in set(Right)
    )


def state(account: Account, moment: datetime, invited: Collection[int]) -> str:
    """`blocked`, `invited`, `lapsed` (an invitation that is over), `locked` or `active`.

    `invited` are the ids of accounts whose invitation still stands.
    """
    if not account.active:
        return "blocked"
    if account.password is None:
        return "invited" if account.id in invited else "lapsed"
    return "locked" if is_locked(account, moment) else "active"
