"""What the core's values look like in JSON."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from vorzimmer import urls
from vorzimmer.as_json import held_slugs, show, staff_booking_out
from vorzimmer.availability import Slot, Why
from vorzimmer.catalogue.services import needs_of
from vorzimmer.models import Booking, Service
from vorzimmer.practice import Hall
from vorzimmer.questions import fields
from vorzimmer.reasons import Reason, Refused
from vorzimmer_web.shell import words

SERVICE_FIELDS = {
    "duration_minutes": "minutes",
    "step_minutes": "step",
    "before_minutes": "before",
    "after_minutes": "after",
    "notice_minutes": "notice",
    "horizon_days": "horizon",
    "cancel_until_minutes": "cancel_until",
    "move_until_minutes": "move_until",
    "reminder_hours": "reminders",
}
"""Names of the API whose core's name differs: the core's have their units in the docstring."""


def service_out(service: Service) -> dict[str, Any]:
    """A service of the catalogue."""
    return {
        "slug": service.slug,
        "name": service.name,
        "description": service.description,
        "category": service.category,
        "duration_minutes": service.minutes,
        "price": service.price if service.price_shown else None,
        "currency": service.currency,
        "policy": service.policy,
        "capacity": service.capacity,
    }


def staff_service_out(service: Service) -> dict[str, Any]:
    """A service with all that the practice sets, its price also where customers don't see it."""
    renamed = {name: getattr(service, core) for name, core in SERVICE_FIELDS.items()}
    same = ("buffer_rule", "buffers_inside", "notice_working_days", "notice_cut_off", "price_shown", "listed")
    needs = [{**vars(need), "members": list(need.members)} for need in needs_of(service)]
    return (
        service_out(service)
        | renamed
        | {name: getattr(service, name) for name in (*same, "active", "color")}
        | {"price": service.price, "needs": needs}
    )


def field_out(field: fields.Field) -> dict[str, Any]:
    """A question of a service's form."""
    return {
        "slug": field.slug,
        "labels": field.attribute.labels,
        "kind": field.attribute.kind,
        "required": field.required,
        "health": field.attribute.health,
        "choices": field.attribute.choices,
    }


def slot_out(slot: Slot, zone: ZoneInfo | None) -> dict[str, Any]:
    """A free time, in `zone` or the location's."""
    start, end, location, staff = slot
    zone = zone or ZoneInfo(location.zone)
    return {
        "start": show(start, zone),
        "end": show(end, zone),
        "location": location.slug,
        "resources": staff,
    }


def hold_out(hall: Hall, booking: Booking) -> dict[str, Any]:
    """A new hold and its token."""
    zone = ZoneInfo(booking.zone)
    return {
        "id": booking.uid,
        "token": urls.token(hall.config, "hold", booking.uid),
        "expires_at": show(booking.expires_at or booking.created_at, zone),
        "start": show(booking.starts, zone),
        "end": show(booking.ends, zone),
        "resources": held_slugs(booking),
    }


def _affected_out(hall: Hall, refusal: Refused, booking: Booking) -> dict[str, Any]:
    """A booking that is to be decided on; of one that is not the caller's to see, when and where, and nothing else."""
    out = staff_booking_out(hall, booking)
    if booking.uid in refusal.facts.get("hidden", ()):
        nobody = {"id": None, "name": "", "email": None, "phone": ""}
        blank = {
            "message": "",
            "fields": {},
            "consents": {},
            "paid": 0,
            "price": None,
            "link": "",
            "place": "",
        }
        out |= {"customer": nobody, "manage_url": "", **blank}
    able = refusal.facts.get("stand_ins", {}).get(booking.uid, ())
    return out | {"stand_ins": [other.slug for other in able]}


def why_out(why: Why) -> dict[str, str]:
    """One reason why a time can't be had (rule 81)."""
    return {"rule": why.rule, "text": words.told(why.text), "source": why.source}


def shown(hall: Hall, refusal: Refused) -> dict[str, Any]:
    """Those facts of a refusal that the API shows."""
    facts: dict[str, Any] = {}
    if "alternatives" in refusal.facts:
        facts["alternatives"] = [slot_out(slot, None) for slot in refusal.facts["alternatives"]]
    against = [*refusal.facts.get("reasons", ()), *refusal.facts.get("warnings", ())]
    against += [why for why in refusal.facts.get("conflicts", ()) if isinstance(why, Why)]
    if against:
        facts["reasons"] = [why_out(why) for why in against]
        facts["detail"] = " ".join(dict.fromkeys(why["text"] for why in facts["reasons"]))
    if "location" in refusal.facts:
        facts["location"] = refusal.facts["location"].slug
    if "attempts_left" in refusal.facts:
        facts["attempts_left"] = refusal.facts["attempts_left"]
    if refusal.reason in (Reason.AFFECTED, Reason.COMING):
        facts["bookings"] = [_affected_out(hall, refusal, one) for one in refusal.facts["bookings"]]
    if "errors" in refusal.facts:
        facts["errors"] = [
            {"field": name, "text": gettext(text) if isinstance(text, str) else words.told(text)}
            for name, text in refusal.facts["errors"].items()
        ]
    return facts
