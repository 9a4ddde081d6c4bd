"""Bookings and customers as programs read them: in answers of the API and in what webhooks send."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from vorzimmer import customers, database, urls
from vorzimmer.access import Actor, Right, may
from vorzimmer.booking import paid
from vorzimmer.models import Booking, Customer
from vorzimmer.practice import Hall
from vorzimmer.questions import fields


@lru_cache(8192)  # a month of slots has a thousand instants, and its readers come again
def show(moment: datetime, zone: ZoneInfo) -> str:
    """The instant in a zone, never with a `Z`."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def held_slugs(booking: Booking) -> list[str]:
    """Everything that the booking occupies, staff first."""
    resources = {allocation.resource for allocation in booking.allocations}
    return [found.slug for found in sorted(resources, key=lambda found: (found.kind != "staff", found.slug))]


def booking_out(hall: Hall, booking: Booking) -> dict[str, Any]:
    """A booking as its customer sees it."""
    zone = ZoneInfo(booking.zone)
    staff = [booking.staff.slug] if booking.staff else []
    return {
        "id": booking.uid,
        "uid": booking.uid,
        "sequence": booking.sequence,
        "status": str(booking.status),
        "start": show(booking.starts, zone),
        "end": show(booking.ends, zone),
        "service": booking.service.slug,
        "location": booking.location.slug,
        "resources": held_slugs(booking) or staff,
        "manage_url": urls.manage(hall.config, booking.uid),
    }


def staff_booking_out(hall: Hall, booking: Booking, *, notes: bool = False) -> dict[str, Any]:
    """A booking as staff see it; the practice's note for those who may read `notes`."""
    return booking_out(hall, booking) | {
        "customer": {
            "id": booking.customer.uid if booking.customer else None,
            "name": booking.name,
            "email": booking.email or None,
            "phone": booking.phone,
        },
        "message": booking.message,
        "note": booking.note if notes else None,
        "place": booking.place,
        "link": booking.link,
        "paid": paid(booking),
        "fields": fields.of_booking(booking),
        "consents": booking.consents,
        "price": booking.price,
        "currency": booking.currency,
        "source": booking.source,
    }


def customers_out(
    session: Session, hall: Hall, actor: Actor, found: Collection[Customer]
) -> list[dict[str, Any]]:
    """Records as the actor may read them (A21)."""
    summaries = customers.summaries(session, actor, found, database.now(session))
    return [_customer_out(hall, actor, one, summaries[one.id]) for one in found]


def _customer_out(hall: Hall, actor: Actor, one: Customer, summary: customers.Summary) -> dict[str, Any]:
    zone = hall.config.zone
    return {
        "id": one.uid,
        "name": one.name,
        "email": one.email,
        "phone": one.phone,
        "language": one.language,
        "groups": [group.name for group in one.groups],
        "attributes": one.attributes,
        "note": one.note if may(actor, Right.NOTES) else None,
        "missed": summary.missed,
        "next_appointment": show(summary.next, zone) if summary.next else None,
        "changes": summary.changes,
        "created_at": show(one.created_at, zone),
        "version": customers.version_of(one),
    }
