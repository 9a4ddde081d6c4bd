"""What everybody does to the own login: name, language, address, password, sessions (C30, A48)."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import Actor, require
from vorzimmer.accounts import links
from vorzimmer.accounts.change import drop_sessions, log, shown
from vorzimmer.accounts.invite import taken
from vorzimmer.messages import outbox
from vorzimmer.models import Account, LoginLink, WebSession
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact


def _own(session: Session, actor: Actor) -> Account:
    account = session.get(Account, actor.account_id, with_for_update=True) if actor.account_id else None
    require(account is not None and account.active)
    assert account is not None  # noqa: S101  (for the type checker)
    return account


def change_own(session: Session, hall: Hall, actor: Actor, *, name: str, language: str) -> Account:
    """Another name, another language for pages and mails; "" for the browser's. Refuses with `INVALID`."""
    account, errors = _own(session, actor), dict[str, str]()
    before = shown(account)
    clean = contact.name_of(name, errors)
    if language not in ["", *hall.config.settings.practice.languages]:
        errors["language"] = N_("Please choose a language.")
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    account.name, account.language = clean, language
    log(session, actor, "account_changed", account, before)
    return account


def change_password(session: Session, hall: Hall, actor: Actor, password_hash: str, *, keep: str) -> None:
    """Another password; all sessions but `keep` end. The caller has checked the old one."""
    account = _own(session, actor)
    account.password = password_hash
    session.execute(delete(LoginLink).where(LoginLink.account_id == account.id))
    drop_sessions(session, account.id, but=keep)
    log(session, actor, "password_changed", account)
    links.tell_of_password(session, hall, account, database.now(session))


def ask_email(session: Session, hall: Hall, actor: Actor, email: str) -> str:
    """Mail a link to a new address: it is the account's once the link is opened (C30). Gives the address, clean.

    An address that has a login gets a word of warning instead; who asks is not told (A24). The caller has checked
    the password.
    """
    account, errors = _own(session, actor), dict[str, str]()
    clean = contact.email_of(email, errors)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    if taken(session, clean):
        moment = database.now(session)
        outbox.tell_login(session, hall, account, "address_taken", moment, recipient=clean, details={})
    else:
        links.issue(session, hall, account, links.EMAIL, clean)
    log(session, actor, "address_asked", account)
    return clean


def confirm_email(session: Session, hall: Hall, secret: str) -> Account:
    """The new address is the account's from now on; the old one is told. Refuses with `NOT_FOUND`."""
    link = links.bound(session, secret)
    if link is None or link.purpose != links.EMAIL or taken(session, link.email):
        raise Refused(Reason.NOT_FOUND)
    account, old, moment = link.account, link.account.email, database.now(session)
    account.email = contact.canonical(link.email)
    details = {"name": account.name, "address": account.email}
    outbox.tell_login(session, hall, account, "address_changed", moment, recipient=old, details=details)
    session.execute(delete(LoginLink).where(LoginLink.account_id == account.id))
    actor = Actor(account.email, "page", account.id)
    log(session, actor, "address_changed", account, {"email": old})
    return account


def end_own_sessions(session: Session, actor: Actor, *, one: str = "", keep: str = "") -> None:
    """End one's sessions: `one` of them, or all but `keep` (A48)."""
    account = _own(session, actor)
    if one:
        ended = delete(WebSession).where(
            WebSession.account_id == account.id, WebSession.key_hash.startswith(one, autoescape=True)
        )
        session.execute(ended)
    else:
        drop_sessions(session, account.id, but=keep)
    log(session, actor, "sessions_ended", account)


def own_sessions(session: Session, actor: Actor) -> list[WebSession]:
    """Where one is signed in, the latest first."""
    wanted = select(WebSession).where(WebSession.account_id == actor.account_id)
    return list(session.scalars(wanted.order_by(WebSession.seen_at.desc(), WebSession.key_hash)))
