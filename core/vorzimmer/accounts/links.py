"""Links that work once: to set a password, to confirm an address. Only their hash is stored (A42).

The mail is rendered by the worker, later: the secret is derived from a number in the message and the server's key,
like the code of a booking.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from vorzimmer import audit, database, urls
from vorzimmer.access import Actor, staff_actor
from vorzimmer.accounts.change import drop_sessions, log
from vorzimmer.accounts.logins import digest
from vorzimmer.messages import outbox
from vorzimmer.models import Account, LoginLink, Message
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.text import contact

INVITE, RESET, EMAIL = "invite", "reset", "email"
LASTS = {INVITE: timedelta(days=7), RESET: timedelta(hours=1), EMAIL: timedelta(hours=1)}
TOPICS = {INVITE: "invited", RESET: "reset", EMAIL: "new_address"}
MAILS_PER_HOUR = 3
"""Links asked for by whoever types an address; more would fill somebody's mailbox."""
STRANGER = Actor("somebody", "page")


def issue(session: Session, hall: Hall, account: Account, purpose: str, email: str) -> str:
    """Make the only valid link of its purpose, mail it to `email`, and give it back."""
    moment, nonce = database.now(session), uuid.uuid4().hex
    session.execute(delete(LoginLink).where(LoginLink.account_id == account.id, LoginLink.purpose == purpose))
    session.add(
        LoginLink(
            account_id=account.id,
            purpose=purpose,
            email=email,
            secret_hash=digest(urls.token(hall.config, "login", nonce)),
            created_at=moment,
            expires_at=moment + LASTS[purpose],
        )
    )
    topic = TOPICS[purpose]
    details = {"nonce": nonce, "name": account.name}
    outbox.tell_login(session, hall, account, topic, moment, recipient=email, details=details)
    return urls.login_link(hall.config, nonce)


def ask_reset(session: Session, hall: Hall, email: str, language: str) -> None:
    """Mail a link to set a new password, if the address has a login; whoever asks learns nothing (C27, C28, A24).

    For an unknown address the same is done for some other login and taken back, so that it takes as long (X17).
    """
    moment = database.now(session)
    account = session.scalar(select(Account).where(func.lower(Account.email) == email.strip().lower()))
    other = session.scalar(select(Account).order_by(Account.id).limit(1))
    someone = account or other
    if someone is not None:
        known = not _often(session, someone, moment) and account is not None and account.active
        with session.begin_nested() as act:
            issue(session, hall, someone, INVITE if someone.password is None else RESET, someone.email)
            session.flush()
            if not known:
                act.rollback()
    actor = Actor(contact.plain(email)[:254], "page")
    audit.write(session, moment, actor, "reset_asked", f"language {language}")


def _often(session: Session, account: Account, moment: datetime) -> bool:
    asked = select(func.count()).where(
        Message.recipient == account.email,
        Message.topic.in_(("reset", "invited")),
        Message.planned_at > moment - timedelta(hours=1),
    )
    return (session.scalar(asked) or 0) >= MAILS_PER_HOUR


def bound(session: Session, secret: str) -> LoginLink | None:
    """The link, if it still works: not used, the newest, not late, its account neither blocked nor readdressed."""
    link = session.scalar(
        select(LoginLink)
        .where(LoginLink.secret_hash == digest(secret), LoginLink.expires_at > database.now(session))
        .with_for_update()
    )
    if link is None or not link.account.active:
        return None
    return link if link.purpose == EMAIL or link.email == link.account.email else None


def set_password(session: Session, hall: Hall, secret: str, password_hash: str) -> Account:
    """Take the password of whoever has the link; the link and all sessions end (A42). Refuses with `NOT_FOUND`."""
    link = bound(session, secret)
    if link is None or link.purpose == EMAIL:
        raise Refused(Reason.NOT_FOUND)
    account, moment = link.account, database.now(session)
    had = account.password is not None
    account.password = password_hash
    account.failed_logins, account.locked_until = 0, None
    account.confirmed_at = account.confirmed_at or moment.replace(
        tzinfo=None
    )  # the mixin's column is naive UTC
    hall.tries.forget(account.email)
    session.execute(delete(LoginLink).where(LoginLink.account_id == account.id))
    drop_sessions(session, account.id)
    log(session, staff_actor(account, "page"), "password_reset" if had else "invitation_accepted", account)
    if had:
        tell_of_password(session, hall, account, moment)
    return account


def tell_of_password(session: Session, hall: Hall, account: Account, moment: datetime) -> None:
    """Tell the owner that the password is another one: whoever it was not will know."""
    outbox.tell_login(
        session, hall, account, "password", moment, recipient=account.email, details={"name": account.name}
    )
