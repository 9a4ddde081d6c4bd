"""What those with the right do to a colleague's login: role, calendar, block, unlock, end of sessions (C22 to C38)."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import Actor, may_touch_resource, require
from vorzimmer.accounts.found import is_owner, managed
from vorzimmer.accounts.roles import OWNER, role_for
from vorzimmer.messages import outbox
from vorzimmer.models import Account, LoginLink, Resource, Role, WebSession
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact


def change(
    session: Session,
    hall: Hall,
    actor: Actor,
    account_id: int,
    *,
    name: str,
    role_id: int,
    staff: str | None,
) -> Account:
    """Give an account another name, role or calendar; it holds from the next request on (A15).

    An invitation that is still open ends with another role (A26). Who loses or gets a calendar is told (X11). Refuses
    with `INVALID`, and with `FORBIDDEN` where the actor may not see the calendar.
    """
    account = managed(session, actor, account_id)
    before = shown(account)
    errors: dict[str, str] = {}
    clean = name if name == account.name else contact.name_of(name, errors)
    resource = calendar_of(session, staff, errors, account.id)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    role = role_for(session, actor, role_id)
    if [role] != list(account.roles):
        if is_owner(account):
            keep_an_owner(session, account)
        account.roles = [role]
        session.execute(delete(LoginLink).where(LoginLink.account_id == account.id))
    account.name = clean
    if account.resource != resource:
        _tie(session, hall, actor, account, resource)
    session.flush()
    log(session, actor, "account_changed", account, before)
    return account


def _tie(session: Session, hall: Hall, actor: Actor, account: Account, resource: Resource | None) -> None:
    """Give the login another calendar: nobody reads by that what they may not read, and its owner learns of it."""
    moment = database.now(session)
    for topic, changed in (("calendar_taken", account.resource), ("calendar_given", resource)):
        if changed is not None:
            require(may_touch_resource(actor, changed.id))
            details = {"name": account.name, "person": changed.name}
            outbox.tell_login(session, hall, account, topic, moment, recipient=account.email, details=details)
    account.resource = resource


def block(session: Session, _hall: Hall, actor: Actor, account_id: int) -> Account:
    """Let nobody in with this login, at no door, from now on (C36, A15). Nobody blocks the own or the last owner's."""
    account = managed(session, actor, account_id)
    if account.id == actor.account_id:
        raise Refused(Reason.INVALID, errors={"account": N_("You cannot block your own login.")})
    if is_owner(account):
        keep_an_owner(session, account)
    account.active = False
    session.execute(delete(LoginLink).where(LoginLink.account_id == account.id))
    drop_sessions(session, account.id)
    log(session, actor, "account_blocked", account)
    return account


def unblock(session: Session, hall: Hall, actor: Actor, account_id: int) -> Account:
    """Let them in again (C38)."""
    account = managed(session, actor, account_id)
    account.active = True
    _unlock(hall, account)
    log(session, actor, "account_unblocked", account)
    return account


def unlock(session: Session, hall: Hall, actor: Actor, account_id: int) -> Account:
    """Forget the wrong passwords that locked the login (C37, C38)."""
    account = managed(session, actor, account_id)
    _unlock(hall, account)
    log(session, actor, "account_unlocked", account)
    return account


def _unlock(hall: Hall, account: Account) -> None:
    account.failed_logins, account.locked_until = 0, None
    hall.tries.forget(account.email)


def end_sessions(session: Session, _hall: Hall, actor: Actor, account_id: int) -> Account:
    """Sign somebody out on all devices, at once (C38, A48)."""
    account = managed(session, actor, account_id)
    drop_sessions(session, account.id)
    log(session, actor, "sessions_ended", account)
    return account


def drop_sessions(session: Session, account_id: int, *, but: str = "") -> None:
    """Delete the rows of sessions; `but` is the one to keep."""
    session.execute(delete(WebSession).where(WebSession.account_id == account_id, WebSession.key_hash != but))


def keep_an_owner(session: Session, leaving: Account) -> None:
    """Refuse where no other owner could sign in. The role's row is locked: two at once do not both go."""
    session.scalars(select(Role).where(Role.name == OWNER).with_for_update()).one()
    others = session.scalar(
        select(func.count())
        .select_from(Account)
        .where(
            Account.roles.any(Role.name == OWNER),
            Account.id != leaving.id,
            Account.active,
            Account.password.is_not(None),
        )
    )
    if not others:
        text = N_("This is the only owner. Make somebody else an owner first.")
        raise Refused(Reason.INVALID, errors={"role": text})


def calendar_of(
    session: Session, staff: str | None, errors: dict[str, str], own: int | None = None
) -> Resource | None:
    """The staff member that a login is to be; each has one login at most (O50, O51)."""
    if not staff:
        return None
    found = session.scalar(select(Resource).where(Resource.slug == staff, Resource.kind == "staff"))
    if found is None:
        errors["staff"] = N_("This person does not exist.")
        return None
    taken = session.scalar(select(Account.id).where(Account.resource_id == found.id, Account.id != own))
    if taken is not None:
        errors["staff"] = N_("This person has a login already.")
    return found


def shown(account: Account) -> dict[str, object]:
    """What of an account a reader of the log needs."""
    return {
        "name": account.name,
        "roles": [role.name for role in account.roles],
        "staff": account.resource.slug if account.resource else None,
        "active": account.active,
    }


def log(
    session: Session, actor: Actor, act: str, account: Account, before: dict[str, object] | None = None
) -> None:
    """Write down an act on an account."""
    moment = database.now(session)
    audit.write(session, moment, actor, act, f"account {account.id}", before=before, after=shown(account))
