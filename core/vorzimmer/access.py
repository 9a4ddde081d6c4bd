"""Who may do what to which object: the one policy function. Deny by default (A1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vorzimmer.models import Account, Booking
from vorzimmer.reasons import Reason, Refused


class Right(StrEnum):
    """A single right; roles are sets of these (C22, O52). `own` reaches one's own calendar only."""

    OWN_CALENDAR = "own_calendar"
    CALENDARS = "calendars"
    AVAILABILITY = "availability"
    SETTINGS = "settings"


ROLES: dict[str, frozenset[Right]] = {
    "owner": frozenset(Right),
    "desk": frozenset({Right.CALENDARS, Right.AVAILABILITY}),
    "staff": frozenset({Right.OWN_CALENDAR, Right.AVAILABILITY}),
    "customer": frozenset(),
}


@dataclass(frozen=True)
class Actor:
    """Who acts, and by which door: `page`, `office`, `api`, `caldav`, `cli`, `worker`.

    `resource_id` is the staff member that the account is. A customer acts through a token of one booking.
    """

    name: str
    door: str
    account_id: int | None = None
    resource_id: int | None = None
    rights: frozenset[Right] = frozenset()

    @property
    def is_staff(self) -> bool:
        """Whether this is anybody of the practice."""
        return bool(self.rights)


def staff_actor(account: Account, door: str) -> Actor:
    """The actor behind a login; a login without roles has no rights."""
    rights = frozenset(
        Right(right) for role in account.roles for right in (role.permissions or ()) if right in set(Right)
    )
    return Actor(account.email, door, account.id, account.resource_id, rights if account.active else frozenset())


CUSTOMER = Actor("customer", "page")
SYSTEM = Actor("system", "worker")


def may(actor: Actor, right: Right) -> bool:
    """Whether the actor holds the right."""
    return right in actor.rights


def may_touch_resource(actor: Actor, resource_id: int) -> bool:
    """Whether the actor may see and change the calendar of a resource."""
    own = Right.OWN_CALENDAR in actor.rights and actor.resource_id == resource_id
    return own or Right.CALENDARS in actor.rights


def may_touch_booking(actor: Actor, booking: Booking) -> bool:
    """Whether staff may see and change a booking: any calendar it stands in is theirs."""
    return any(may_touch_resource(actor, allocation.resource_id) for allocation in booking.allocations) or (
        Right.CALENDARS in actor.rights
    )


def require(allowed: bool) -> None:
    """Refuse with `FORBIDDEN` unless allowed."""
    if not allowed:
        raise Refused(Reason.FORBIDDEN)
