"""MKCALENDAR and extended MKCOL (RFC 4791 §5.3.1, RFC 5689): a private calendar, with all that was asked for it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from radicale.xmlutils import make_human_tag
from sqlalchemy import func, select

from vorzimmer.booking.parts.published import BOOKINGS
from vorzimmer.models import Calendar
from vorzimmer_caldav.methods import proppatch
from vorzimmer_caldav.properties.properties import COMPONENTS, PROTECTED, TRANSPARENT
from vorzimmer_caldav.storage.collections import SHOWN, SUPPORTED, CalendarCollection
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml.multistatus import C, D
from vorzimmer_caldav.xml.refusal import RefusalError

MOST_CALENDARS = 20
"""Calendars that a person may make (A144)."""

_LONGEST_SLUG = 120
_TYPE = f"{D}resourcetype"
_KINDS = f"{C}supported-calendar-component-set"


def make(visit: Visit, slug: str, request: ET.Element | None, root: str) -> None:
    """Make the calendar, or refuse where any property could not be as it was asked for."""
    if visit.actor.resource_id is None:
        raise RefusalError(403, f"{D}need-privileges")
    wanted = {} if request is None else proppatch.wanted(request, root)
    _check_type(wanted.pop(_TYPE, None), required=root == f"{D}mkcol")
    if len(slug) > _LONGEST_SLUG or slug == BOOKINGS or slug.startswith(SHOWN):
        raise RefusalError(403, f"{C}calendar-collection-location-ok")
    _check_quota(visit)
    kinds = wanted.pop(_KINDS, None)
    free = proppatch.is_transparent(wanted.pop(TRANSPARENT, None))
    if any(name in PROTECTED for name in wanted):
        raise RefusalError(403, f"{D}cannot-modify-protected-property")
    kept = {
        make_human_tag(name): element.text or "" for name, element in wanted.items() if element is not None
    }
    if kinds is not None:
        kept[SUPPORTED] = _components(kinds)
    calendar = Calendar(
        resource_id=visit.actor.resource_id, slug=slug, kind="private", properties={}, free=free
    )
    CalendarCollection(visit, calendar).set_meta(kept)
    visit.session.add(calendar)
    visit.session.flush()


def _check_type(element: ET.Element | None, *, required: bool) -> None:
    """MKCOL says what it makes; MKCALENDAR need not."""
    told = None if element is None else {kind.tag for kind in element}
    ours = {f"{D}collection", f"{C}calendar"}
    if (told is None and required) or (told is not None and (f"{C}calendar" not in told or told - ours)):
        raise RefusalError(403, f"{D}valid-resourcetype")


def _check_quota(visit: Visit) -> None:
    made = select(func.count()).where(
        Calendar.resource_id == visit.actor.resource_id,
        Calendar.kind == "private",
        Calendar.deleted_at.is_(None),
    )
    if (visit.session.scalar(made) or 0) >= MOST_CALENDARS:
        raise RefusalError(507, f"{D}quota-not-exceeded")


def _components(element: ET.Element) -> str:
    """The kinds of components that the calendar is for."""
    named = [kind.get("name", "").upper() for kind in element.findall(f"{C}comp")]
    if not named or not set(named) <= set(COMPONENTS):
        raise RefusalError(403, f"{C}supported-calendar-component")
    return ",".join(dict.fromkeys(named))
