"""Logins by invitation: staff get a link to set a password, nobody else ever knows it (C25, A53)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer.access import Actor, Right, may, may_touch_resource, require
from vorzimmer.accounts import links
from vorzimmer.accounts.change import calendar_of, log
from vorzimmer.accounts.found import managed
from vorzimmer.accounts.roles import role_for
from vorzimmer.models import Account
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact


@dataclass(frozen=True)
class Invitation:
    """Whom to invite. `staff` is the slug of the staff member that the login will be; None for a login without a
    calendar."""

    email: str
    name: str
    role_id: int
    staff: str | None = None
    language: str = ""


def invite(session: Session, hall: Hall, actor: Actor, wanted: Invitation) -> tuple[Account, str]:
    """Make a login without a password and mail its owner a link to set one; the link is given back, too.

    Refuses with `INVALID`; an address that has a login keeps what it has (A25).
    """
    require(may(actor, Right.ACCOUNTS))
    errors: dict[str, str] = {}
    name, email = contact.name_of(wanted.name, errors), contact.email_of(wanted.email, errors)
    resource = calendar_of(session, wanted.staff, errors)
    if email and taken(session, email):
        errors["email"] = N_("Somebody signs in with this address already.")
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    require(resource is None or may_touch_resource(actor, resource.id))
    account = Account(
        email=contact.canonical(email),
        name=name,
        password=None,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        language=_language(hall, wanted.language),
        resource=resource,
        roles=[role_for(session, actor, wanted.role_id)],
    )
    session.add(account)
    session.flush()
    log(session, actor, "account_invited", account)
    return account, links.issue(session, hall, account, links.INVITE, account.email)


def start_reset(session: Session, hall: Hall, actor: Actor, account_id: int) -> tuple[Account, str]:
    """Send a link to set a new password, or the invitation again; what is set nobody but its owner sees (C38, A53).

    The address is given back for an invitation only: a reset is read in the owner's own mail.
    """
    account = managed(session, actor, account_id)
    if not account.active:
        raise Refused(Reason.INVALID, errors={"account": N_("This login is blocked.")})
    fresh = account.password is None
    link = links.issue(session, hall, account, links.INVITE if fresh else links.RESET, account.email)
    log(session, actor, "invited_again" if fresh else "reset_started", account)
    return account, link if fresh else ""


def take_back(session: Session, _hall: Hall, actor: Actor, account_id: int) -> None:
    """Delete an invitation that nobody has accepted; its link is void (A26)."""
    account = managed(session, actor, account_id)
    if account.password is not None:
        raise Refused(
            Reason.INVALID, errors={"account": N_("The invitation has been accepted. Block the login.")}
        )
    log(session, actor, "invitation_taken_back", account)
    session.delete(account)


def taken(session: Session, email: str) -> bool:
    """Whether an address has a login, in any spelling (A41)."""
    spellings = {email.lower(), contact.canonical(email)}
    return session.scalar(select(Account.id).where(func.lower(Account.email).in_(spellings))) is not None


def _language(hall: Hall, wanted: str) -> str:
    offered = hall.config.settings.practice.languages
    return wanted if wanted in offered else offered[0]
