"""A MOVE: a private object gets another name or another calendar of the same person."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from vorzimmer.booking.parts import published
from vorzimmer.icalendar.text import Remark, SafeCalendar, parse
from vorzimmer.models import Calendar, CalendarObject
from vorzimmer.practice import Hall
from vorzimmer_caldav import frontguard
from vorzimmer_caldav.methods import put
from vorzimmer_caldav.objects import stored
from vorzimmer_caldav.storage.collections import StoredItem
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml.multistatus import C, D
from vorzimmer_caldav.xml.refusal import RefusalError


def destination(given: str, hosts: set[str]) -> str:
    """The path that a Destination names on one of these hosts; raises `RefusalError` for any other (A146)."""
    try:
        url = urlsplit(given)
        ours = not url.netloc or (url.netloc in hosts and url.scheme in ("http", "https"))
    except ValueError:
        raise RefusalError(400) from None
    path = frontguard.single_slashes(unquote(url.path))
    if not path.startswith("/") or frontguard.odd(path):
        raise RefusalError(400)
    if not ours:
        raise RefusalError(502)
    return path


def move(
    visit: Visit, hall: Hall, item: StoredItem, to: Calendar, href: str, there: StoredItem | None
) -> None:
    """Move an object; one of the same UID that is `there` already goes. A booking stays where it is."""
    row, other = item.row, there.row if there else None
    if other is row:
        raise RefusalError(403, f"{D}need-privileges")
    if row.booking_id is not None or (other is not None and other.booking_id is not None):
        raise RefusalError(403, f"{D}need-privileges", why="An appointment is moved by its time.")
    if len(href) > stored.LONGEST_HREF:
        raise RefusalError(403, f"{C}calendar-collection-location-ok")
    if other is not None and other.uid != row.uid:
        raise RefusalError(409, f"{C}no-uid-conflict")
    sent = SafeCalendar(row.text, parse(row.text), tuple(Remark(**one) for one in row.remarks))
    put.check_component(to, sent)
    if other is not None:
        stored.remove(visit.session, visit.actor, other)
    if row.calendar_id == to.id:
        _rename(visit, row, href)
        return
    stored.remove(visit.session, visit.actor, row)
    put.put(visit, hall, to, href, None, sent, current=False)


def _rename(visit: Visit, row: CalendarObject, href: str) -> None:
    published.log_change(visit.session, row.calendar_id, row.href, gone=True)
    row.href = href
    published.log_change(visit.session, row.calendar_id, href)
    visit.session.flush()
