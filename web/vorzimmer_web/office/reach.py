"""Which appointments somebody of the practice may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, true

from vorzimmer.access import Actor, Right, may
from vorzimmer.models import Allocation, Booking


def reach(actor: Actor, staff: int | None = None) -> ColumnElement[bool]:
    """Which bookings the actor may see: all, or those in the own calendar; `staff` narrows it to one person."""
    if not may(actor, Right.CALENDARS):
        staff = actor.resource_id
        if staff is None:
            return false()
    if staff is None:
        return true()
    return or_(Booking.staff_id == staff, Booking.allocations.any(Allocation.resource_id == staff))
