"""Sessions that end at logout (T4).

A login lives in a row of `WebSession`: the cookie holds 256 random bits, the table their SHA-256. Before a login
there is no row: the few values of an anonymous visitor (language, CSRF token, a message to show) travel in a signed
cookie, so that reading pages never writes to the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import flask
import structlog
from flask import Flask, Request, Response, g
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import Actor
from vorzimmer.accounts import digest
from vorzimmer.models import Account, WebSession
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config, ConfigError
from vorzimmer_web.shell import frame_session
from vorzimmer_web.shell.requests import end_reading, reading
from vorzimmer_web.shell.site import is_framed

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCHED_EVERY = timedelta(minutes=1)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
USER = "_user_id"  # where Flask-Login keeps the account
CSRF = "csrf_token"  # where Flask-WTF keeps its secret
log = structlog.get_logger(__name__)


class OurSession(SecureCookieSession):
    """What Flask calls `session`. `row` is the login's row at the start of the request, None for a visitor."""

    def __init__(self, initial: Mapping[str, Any] | None = None, row: WebSession | None = None) -> None:
        super().__init__(initial)
        self.row = row
        self.began_as = self.get(USER)


class Sessions(SecureCookieSessionInterface):
    """Reads and writes `session`: a row for a login, a signed cookie for everybody else."""

    session_class = OurSession

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    def open_session(self, app: Flask, request: Request) -> OurSession:
        """The session of the request; whatever is not valid is as if it had not been sent (A36)."""
        if is_framed(request):
            return OurSession(frame_session.opened(self.hall.config, request))
        for value in request.cookies.getlist(self.get_cookie_name(app)):
            row = None if "." in value else self._row(value)
            if row is not None:
                return OurSession(row.data, row)
        found = super().open_session(app, request)
        # a signed cookie never holds a login: it would outlive the logout
        return OurSession({} if found is None or USER in found else found)

    def _row(self, value: str) -> WebSession | None:
        session = reading()
        moment = database.now(session)
        return session.scalar(
            select(WebSession).where(
                WebSession.key_hash == digest(value),
                WebSession.expires_at > moment,
                WebSession.seen_at > moment - IDLE,
            )
        )

    def save_session(self, app: Flask, session: OurSession | None, response: Response) -> None:  # type: ignore[override]  # of ours
        """Keep what changed: a login gets a new id, a logout deletes the row; in a frame the pages keep it.

        There is none where the database did not answer when it was to be read.
        """
        if session is None or is_framed(flask.request):
            return
        user = session.get(USER)
        if user is None or user != session.began_as:
            self._end(session)
        if user is None:
            super().save_session(app, session, response)
        elif session.row is None:
            self._begin(app, session, response)
        else:
            self._keep(session, session.row)

    def _end(self, session: OurSession) -> None:
        if session.row is not None:
            key_hash = session.row.key_hash
            self.hall.database.write(
                lambda s: s.execute(delete(WebSession).where(WebSession.key_hash == key_hash))
            )
            session.row = None
            session.pop(CSRF, None)

    def _begin(self, app: Flask, session: OurSession, response: Response) -> None:
        session.pop(CSRF, None)  # a token of before the login is of another session (A58)
        value = secrets.token_urlsafe(32)
        self.hall.database.write(lambda s: _insert(s, value, dict(session)))
        response.set_cookie(
            self.get_cookie_name(app),
            value,
            secure=self.get_cookie_secure(app),
            httponly=True,
            samesite="Lax",
        )
        response.vary.add("Cookie")

    def _keep(self, session: OurSession, row: WebSession) -> None:
        moment = database.now(reading())
        used = moment - row.seen_at >= TOUCHED_EVERY and not g.get("unattended")  # a page that asks by itself
        values = {"data": dict(session), "seen_at": moment}
        keep = update(WebSession).where(WebSession.key_hash == row.key_hash).values(values)
        if session.modified:
            self.hall.database.write(lambda s: s.execute(keep))
        elif used:
            self.hall.database.note(lambda s: s.execute(keep))


def _insert(session: Session, value: str, data: dict[str, Any]) -> None:
    """Begin a login: its row, an entry in the log, and the count of wrong passwords anew; one transaction."""
    moment = database.now(session)
    account = session.scalars(select(Account).where(Account.fs_uniquifier == data[USER])).one()
    account.failed_logins, account.locked_until = 0, None
    account.last_login_at = moment.replace(tzinfo=None)  # the mixin's column is naive UTC
    account.login_count = (account.login_count or 0) + 1
    audit.write(session, moment, Actor(account.email, "office"), "signed_in", f"account {account.id}")
    session.add(
        WebSession(
            key_hash=digest(value),
            account_id=account.id,
            data=data,
            created_at=moment,
            seen_at=moment,
            expires_at=moment + ABSOLUTE,
        )
    )


def prune(session: Session, moment: datetime) -> None:
    """Delete the rows of sessions that are over (a job)."""
    session.execute(
        delete(WebSession).where(or_(WebSession.expires_at <= moment, WebSession.seen_at <= moment - IDLE))
    )


def cookie(config: Config, name: str) -> dict[str, Any]:
    """`key` and flags of a cookie: `__Host-` and Secure wherever the base address is https (A36).

    Plain http is for this machine only. Raises `ConfigError`.
    """
    base = urlsplit(config.base_url)
    if base.scheme == "https":
        return {"key": f"__Host-{name}", "secure": True, "httponly": True, "samesite": "Lax"}
    if base.hostname not in LOOPBACK:
        raise ConfigError(
            f"{config.file or 'defaults'}: [practice] base_url: https is needed, except on localhost"
        )
    return {"key": name, "secure": False, "httponly": True, "samesite": "Lax"}


def install(app: Flask, hall: Hall) -> None:
    """Give the application our sessions."""
    flags = cookie(hall.config, "vorzimmer")
    app.secret_key = hall.config.secret_key
    app.config.update(
        SESSION_COOKIE_NAME=flags["key"],
        SESSION_COOKIE_SECURE=flags["secure"],
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=ABSOLUTE,
    )
    app.session_interface = Sessions(hall)
    app.teardown_appcontext(end_reading)
