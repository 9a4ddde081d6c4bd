"""What a login can be told, how soon, and what it is told where nobody has chosen."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from vorzimmer.access import Actor, Right
from vorzimmer.reasons import N_


class Kind(StrEnum):
    """Kinds of events, as a login chooses among them."""

    NEW = "new"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CHANGED = "changed"
    SOON = "soon"
    REQUEST = "request"
    MESSAGE = "message"
    ANSWERED = "answered"
    CLASH = "clash"


class Whose(StrEnum):
    """Whose calendar it happens in: the own one, or any that the login may see."""

    OWN = "own"
    ALL = "all"


class Timing(StrEnum):
    """How soon; the first are the soonest."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NEVER = "never"


SOONEST = tuple(Timing)
TITLES = {
    Kind.NEW: (
        N_("New appointments"),
        N_("Also a request that was accepted, and what a colleague handed over"),
    ),
    Kind.MOVED: (N_("Moved appointments"), ""),
    Kind.CANCELLED: (N_("Cancelled appointments"), N_("Also what was handed to a colleague")),
    Kind.CHANGED: (N_("Changed appointments"), N_("Another service, place, room or customer")),
    Kind.SOON: (
        N_("Gaps of today and tomorrow"),
        N_("An appointment so soon is cancelled or moved to another day"),
    ),
    Kind.REQUEST: (N_("Requests"), N_("New ones, and those withdrawn, declined or lapsed")),
    Kind.MESSAGE: (N_("Messages of customers"), N_("An appointment or request with a message")),
    Kind.ANSWERED: (
        N_("Answers to offers"),
        N_("A customer was asked to choose another time, and has, or has not in time"),
    ),
    Kind.CLASH: (N_("Clashes"), N_("A private event from a calendar app lies over an appointment")),
}
"""What they are called, and what is meant where that is not plain."""
TIMINGS = {Timing.AT_ONCE: N_("at once"), Timing.DAILY: N_("once a day"), Timing.NEVER: N_("never")}
DESK = frozenset({Kind.SOON, Kind.REQUEST, Kind.ANSWERED})
"""What a front desk is told of everybody's calendars."""


def cells(login: Actor) -> Iterator[tuple[Kind, Whose]]:
    """What the rights of a login let it choose; owners stand in for people who have no login."""
    for kind in Kind:
        if login.resource_id is not None or login.owner:
            yield kind, Whose.OWN
        if Right.CALENDARS in login.rights:
            yield kind, Whose.ALL


def default(login: Actor, kind: Kind, whose: Whose) -> Timing:
    """Whom it concerns is told at once; so is a front desk, which has no calendar but sees all, of what it decides."""
    at_desk = login.resource_id is None and not login.owner and kind in DESK
    return Timing.AT_ONCE if whose is Whose.OWN or at_desk else Timing.NEVER
