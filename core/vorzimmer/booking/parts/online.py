"""Whether customers can book by themselves: the practice says so, and a mail with a code reaches them."""

from __future__ import annotations

from vorzimmer.access import Actor
from vorzimmer.messages import outbox
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused

AN_ADDRESS = "customer@example.org"


def is_open(hall: Hall) -> bool:
    """Whether a customer may begin to book now."""
    return hall.config.settings.booking.online and reaches_customers(hall)


def reaches_customers(hall: Hall) -> bool:
    """Whether anything carries mail away from here: without it nobody gets a code."""
    return any(one.is_set_up for one in outbox.carrying(hall, AN_ADDRESS))


def require_open(hall: Hall, actor: Actor) -> None:
    """Refuse with `ONLINE_CLOSED` who is not of the practice."""
    if not actor.is_staff and not is_open(hall):
        raise Refused(Reason.ONLINE_CLOSED)
