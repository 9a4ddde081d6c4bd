"""Sign-in with app passwords only (A33, A129): one indexed look-up of a digest, no sleep, no cache."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote

import structlog
from radicale.auth import AuthContext, BaseAuth
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import accounts, database, tries
from vorzimmer.access import staff_actor
from vorzimmer.booking.parts.published import bookings_calendar
from vorzimmer.database import GLANCE
from vorzimmer.models import Account, AppPassword
from vorzimmer.practice import Hall
from vorzimmer.writers import PATIENCE
from vorzimmer_caldav.storage import shown
from vorzimmer_caldav.visit import Visit, begin

_NOTED_EVERY = timedelta(days=1)

log = structlog.get_logger(__name__)


class TooManyTries(Exception):  # noqa: N818  (an answer, not an error)
    """Too many passwords were wrong of late, and this one is, too (A28)."""


class Auth(BaseAuth):
    """Radicale's question who a login is; the user's name becomes the account's address."""

    def __init__(self, configuration: Any, hall: Hall) -> None:
        super().__init__(configuration)
        self._hall = hall
        self._ready: set[int | None] = set()  # resources that are known to have a calendar

    def _login_ext(self, login: str, password: str, context: AuthContext) -> str:
        """The address of the account, or empty. iOS sends the address percent-encoded."""
        visit = self._visit(login, password) or self._visit(unquote(login), password)
        begin(visit)
        if visit is None:
            self._failed(unquote(login), tries.network(context.remote_addr or ""))
            return ""
        return visit.address

    def _failed(self, login: str, network: str) -> None:
        """Count a wrong password for this login from this network, and for the network.

        What somebody guesses elsewhere stops nobody here: a right app password is let in whatever is counted (X7),
        and the login's own password is not what was tried.
        """
        tries = self._hall.tries
        if not (tries.count(login, network, device=f"caldav {network}") and tries.count_network(network)):
            raise TooManyTries
        try:
            self._hall.database.write(
                lambda session: accounts.refused(session, login, "caldav", network, locks=False)
            )
        except database.NO_ANSWER:  # F9
            log.exception("a wrong password was not noted")

    def _sleep_for_constant_exec_time(self, time_ns_begin: int) -> None:
        """No worker sleeps: a look-up by digest takes as long for a wrong name as for a wrong password."""

    def _visit(self, login: str, password: str) -> Visit | None:
        with self._hall.database.reading() as session:
            found = find(session, password)
            if found is None or found.account.email.casefold() != login.strip().casefold():
                return None
            actor = staff_actor(found.account, "caldav")
            if not actor.is_staff:
                return None
            moment = database.now(session)
            due = found.used_at is None or found.used_at < moment - _NOTED_EVERY
            due = due or actor.resource_id not in self._ready
            lacking = shown.missing(session, actor)
            visit = Visit(actor, found.account.name, self._hall.config.settings.practice.name)
        if due:
            self._note(visit, found.id)
        for resource_id in lacking:  # each by itself: others can book in between
            make = partial(shown.make, hall=self._hall, actor=actor, resource_id=resource_id)
            self._hall.database.note(
                make, PATIENCE
            )  # an app takes a calendar that is missing for a deleted one
        return visit

    def _note(self, visit: Visit, password_id: int) -> None:
        patience = GLANCE if visit.actor.resource_id in self._ready else PATIENCE
        if self._hall.database.note(lambda session: _note(session, visit, password_id), patience):
            self._ready.add(visit.actor.resource_id)


def find(session: Session, secret: str) -> AppPassword | None:
    """The app password with its account and roles, by one indexed look-up."""
    asked = (
        select(AppPassword)
        .where(AppPassword.secret_hash == accounts.digest(secret))
        .options(joinedload(AppPassword.account).joinedload(Account.roles))
    )
    return session.scalars(asked).unique().one_or_none()


def _note(session: Session, visit: Visit, password_id: int) -> None:
    """When the password was used, and that its owner has a calendar: once a day, and once after a start."""
    if visit.actor.resource_id is not None:
        database.claim(session, [visit.actor.resource_id])
        bookings_calendar(session, visit.actor.resource_id)
    password = session.get(AppPassword, password_id)
    if password is not None:
        password.used_at = database.now(session)
