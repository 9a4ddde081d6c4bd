"""Who may do what to which object: the one policy function. Deny by default (A1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import wraps
from types import MethodType
from typing import Any, TypeVar, cast

from vorzimmer.models import Account, Booking
from vorzimmer.reasons import Reason, Refused

View = TypeVar("View", bound=Callable[..., Any])

EVERYONE = "everyone"  # nobody signs in; a token in the request is the view's own matter
SIGNED_IN = "signed_in"  # any login, customers too


class Right(StrEnum):
    """A single right; roles are sets of these (C22, O52). `own` reaches one's own calendar only."""

    OWN_CALENDAR = "own_calendar"
    CALENDARS = "calendars"
    AVAILABILITY = "availability"
    CUSTOMERS = "customers"
    NOTES = "notes"
    SETTINGS = "settings"
    EXPORTS = "exports"
    ACCOUNTS = "accounts"


APPOINTMENTS = (Right.OWN_CALENDAR, Right.CALENDARS)
"""Either of these opens what is about appointments; whose, each use case looks at."""
RECORDS = (*APPOINTMENTS, Right.CUSTOMERS)
"""Any of these opens records of customers: all, or those of the own appointments."""

ROLES: dict[str, frozenset[Right]] = {
    "owner": frozenset(Right),
    "desk": frozenset({Right.CALENDARS, Right.AVAILABILITY, Right.CUSTOMERS, Right.NOTES}),
    "staff": frozenset({Right.OWN_CALENDAR, Right.AVAILABILITY, Right.NOTES}),
    "customer": frozenset(),
}


@dataclass(frozen=True)
class Actor:
    """Who acts, and by which door: `page`, `office`, `api`, `caldav`, `cli`, `worker`, `import`.

    `resource_id` is the staff member that the account is. A customer acts through a token of one booking.
    `owner`: has the built-in role of that name; some acts are the owners' alone (O53).
    """

    name: str
    door: str
    account_id: int | None = None
    resource_id: int | None = None
    rights: frozenset[Right] = frozenset()
    owner: bool = False

    @property
    def is_staff(self) -> bool:
        """Whether this is anybody of the practice."""
        return bool(self.rights)


def staff_actor(account: Account, door: str) -> Actor:
    """The actor behind a login; a login without roles has no rights."""
    rights = frozenset(
        Right(right) for role in account.roles for right in (role.permissions or ()) if right in set(Right)
    )
    if not account.active:
        rights = frozenset()
    owner = account.active and any(role.name == "owner" for role in account.roles)
    return Actor(account.email, door, account.id, account.resource_id, rights, owner)


def key_actor(account: Account, scopes: Iterable[str] | None) -> Actor:
    """The actor behind a key for the API: its owner, with the rights in `scopes` at most; None is all of them.

    What is the owners' alone is for a key with every right only (O53).
    """
    owner = staff_actor(account, "api")
    if scopes is None:
        return owner
    rights = owner.rights & frozenset(scopes)
    return replace(owner, rights=rights, owner=owner.owner and rights == owner.rights)


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
    """Whether staff may see and change a booking: any calendar it stands (or stood) in is theirs."""
    ids = {booking.staff_id, *(allocation.resource_id for allocation in booking.allocations)}
    return Right.CALENDARS in actor.rights or any(may_touch_resource(actor, i) for i in ids if i is not None)


def require(allowed: bool) -> None:
    """Refuse with `FORBIDDEN` unless allowed."""
    if not allowed:
        raise Refused(Reason.FORBIDDEN)


def open_to(*who: str) -> Callable[[View], View]:
    """Declare who may call a view: `EVERYONE`, `SIGNED_IN`, or any of some rights (A2).

    The app refuses to start with a view that declares nothing, and asks `may_call` before each call.
    """

    def declare(view: View) -> View:
        page = _function(view) if isinstance(view, MethodType) else view
        page.open_to = frozenset(who)  # type: ignore[attr-defined]
        return page

    return declare


def _function(method: View) -> View:
    """A bound method as a function, which can have attributes."""

    @wraps(method)
    def page(*args: Any, **given: Any) -> Any:
        return method(*args, **given)

    return cast("View", page)


def declared(view: Callable[..., Any]) -> frozenset[str]:
    """What the view declares; empty where it declares nothing."""
    return getattr(view, "open_to", frozenset())


def may_call(actor: Actor | None, view: Callable[..., Any]) -> bool:
    """Whether the actor, or nobody, may call the view."""
    who = declared(view)
    if EVERYONE in who or actor is None:
        return EVERYONE in who
    return SIGNED_IN in who or bool(who & actor.rights)
