"""What a request stands in: its one database session, and who acts."""

from __future__ import annotations

from flask import g
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from vorzimmer.access import Actor, staff_actor
from vorzimmer.server.here import hall


def reading() -> Session:
    """The request's database session, for reading; acts go through `hall().database.write`.

    Sessions, logins and pages share it, so that a request has one connection.
    """
    if "database_session" not in g:
        g.database_session = hall().database.request_session()
    found: Session = g.database_session
    return found


def read_anew() -> Session:
    """The request's session after an act: it sees what was written meanwhile, too."""
    session = reading()
    session.commit()
    return session


def end_reading(_error: BaseException | None = None) -> None:
    """Give the connection back (a teardown function)."""
    session = g.pop("database_session", None)
    if session is not None:
        session.close()


def actor() -> Actor | None:
    """Who is signed in, with that login's rights; None for nobody."""
    return staff_actor(current_user, "office") if current_user.is_authenticated else None


def signed_in() -> Actor:
    """Who is signed in, on a page that only they reach."""
    found = actor()
    if found is None:
        raise Unauthorized
    return found
