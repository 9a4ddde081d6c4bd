"""Who is calling and in which transaction: what the parts of Radicale do not hand to each other."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from vorzimmer.access import Actor


@dataclass
class Visit:
    """One signed-in request. `actor.name` is the address and with it the name of the principal;
    `practice` is what the calendar of bookings is called. `failure`: the database's, which Radicale hides."""

    actor: Actor
    name: str
    practice: str
    failure: Exception | None = None
    _sessions: list[Session] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The principal's name: the account's address."""
        return self.actor.name

    @property
    def session(self) -> Session:
        """The session of the lock that is held."""
        return self._sessions[-1]

    def enter(self, session: Session) -> None:
        """Work in this session from now on."""
        self._sessions.append(session)

    def leave(self) -> None:
        """Go back to the session before."""
        self._sessions.pop()


_VISIT: ContextVar[Visit | None] = ContextVar("vorzimmer_caldav_visit", default=None)


def begin(visit: Visit | None) -> None:
    """Set the visit of this thread's request."""
    _VISIT.set(visit)


def failure() -> Exception | None:
    """What the database of this thread's request failed of while it was read."""
    visit = _VISIT.get()
    return visit.failure if visit else None


def current() -> Visit:
    """The visit of this request; there is one after sign-in."""
    visit = _VISIT.get()
    if visit is None:
        raise LookupError("nobody has signed in")
    return visit
