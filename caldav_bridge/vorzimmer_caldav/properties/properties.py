"""The properties of root, home, calendars and objects: one function for each, from a thing to inner XML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from radicale.storage import BaseCollection
from radicale.xmlutils import make_clark, make_human_tag

from vorzimmer.booking.parts.published import BUSY, FULL
from vorzimmer.icalendar.text import LARGEST_TEXT
from vorzimmer.models import Calendar, CalendarObject
from vorzimmer_caldav.storage.changes import token
from vorzimmer_caldav.storage.collections import (
    SUPPORTED,
    CalendarCollection,
    Home,
    Root,
    ShownCollection,
    http_date,
)
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml import multistatus
from vorzimmer_caldav.xml.multistatus import CS, C, D, element, href, text

COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
REPORTS = (f"{C}calendar-multiget", f"{C}calendar-query", f"{C}free-busy-query", f"{D}sync-collection")
OF_PRINCIPALS = (f"{D}principal-property-search", f"{D}principal-search-property-set")
COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")
TRANSPARENT = f"{C}schedule-calendar-transp"


@dataclass(frozen=True)
class Place:
    """Where answers are given: the prefix of the mount, and to whom."""

    prefix: str
    visit: Visit

    def path(self, path: str) -> str:
        """The absolute path of something below the mount, as it stands before percent-encoding."""
        return f"{self.prefix}/{path}"

    @property
    def home(self) -> str:
        """The href of the visitor's principal and home."""
        return href(self.path(f"{self.visit.address}/"))


Property = Callable[[Place, Any], str | None]
"""Inner XML of a property of a thing, or None where it has none."""


def _privileges(*names: str) -> Property:
    inner = "".join(element(f"{D}privilege", element(name)) for name in names)
    return lambda _place, _thing: inner


def _reports(*names: str) -> Property:
    inner = "".join(element(f"{D}supported-report", element(f"{D}report", element(name))) for name in names)
    return lambda _place, _thing: inner


def _owner(place: Place, _thing: Any) -> str:
    return place.home


def _mail(place: Place, _home: Home) -> str:
    return element(f"{D}href", text(f"mailto:{place.visit.address}")) + place.home


def _components(_place: Place, calendar: CalendarCollection) -> str:
    named = calendar.get_meta(SUPPORTED)
    kinds = named.split(",") if named else COMPONENTS
    if calendar.calendar.kind != "private":
        kinds = ("VEVENT",)
    return "".join(f'<C:comp name="{text(kind)}" />' for kind in kinds)


def _free(_place: Place, calendar: CalendarCollection) -> str:
    return element(f"{C}transparent" if calendar.calendar.free else f"{C}opaque")


def _displayname(place: Place, collection: BaseCollection) -> str:
    """The name that its owner gave it; the practice's for the calendar of bookings."""
    given = collection.get_meta("D:displayname")
    if not given and isinstance(collection, CalendarCollection) and collection.calendar.kind == "bookings":
        given = place.visit.practice
    return text(str(given or collection.path.rpartition("/")[2]))


def _fixed(inner: str) -> Property:
    return lambda _place, _thing: inner


EVERYWHERE: dict[str, Property] = {
    f"{D}current-user-principal": lambda place, _thing: place.home,
    f"{D}principal-collection-set": lambda place, _thing: href(place.path("")),
}
ROOT: dict[str, Property] = {
    **EVERYWHERE,
    f"{D}resourcetype": _fixed(element(f"{D}collection")),
    f"{D}current-user-privilege-set": _privileges(f"{D}read"),
    f"{D}supported-report-set": _reports(*OF_PRINCIPALS),
}
HOME: dict[str, Property] = {
    **EVERYWHERE,
    f"{D}resourcetype": _fixed(element(f"{D}collection") + element(f"{D}principal")),
    f"{D}displayname": _displayname,
    f"{D}owner": _owner,
    f"{D}principal-URL": _owner,
    f"{D}current-user-privilege-set": _privileges(f"{D}read", f"{D}bind", f"{D}unbind"),
    f"{D}supported-report-set": _reports(*OF_PRINCIPALS),
    f"{C}calendar-home-set": _owner,
    f"{C}calendar-user-address-set": _mail,
}
CALENDAR: dict[str, Property] = {
    **EVERYWHERE,
    f"{D}resourcetype": _fixed(element(f"{D}collection") + element(f"{C}calendar")),
    f"{D}displayname": _displayname,
    f"{D}owner": _owner,
    f"{D}current-user-privilege-set": _privileges(
        f"{D}read",
        f"{D}write",
        f"{D}write-content",
        f"{D}write-properties",
        f"{D}bind",
        f"{D}unbind",
        f"{C}read-free-busy",
    ),
    f"{D}supported-report-set": _reports(*REPORTS),
    f"{D}getetag": lambda _place, calendar: text(calendar.etag),
    f"{D}getlastmodified": lambda _place, calendar: calendar.last_modified,
    f"{D}getcontenttype": _fixed("text/calendar"),
    f"{D}sync-token": lambda _place, calendar: token(calendar.calendar),
    f"{CS}getctag": lambda _place, calendar: text(calendar.etag),
    f"{C}supported-calendar-component-set": _components,
    f"{C}supported-calendar-data": _fixed('<C:calendar-data content-type="text/calendar" version="2.0" />'),
    f"{C}supported-collation-set": _fixed(
        "".join(element(f"{C}supported-collation", name) for name in COLLATIONS)
    ),
    f"{C}max-resource-size": _fixed(str(LARGEST_TEXT)),
    f"{C}min-date-time": _fixed("16000101T000000Z"),
    f"{C}max-date-time": _fixed("22001231T235959Z"),
    TRANSPARENT: _free,
}
SHOWN: dict[str, Property] = {
    **CALENDAR,
    f"{D}current-user-privilege-set": _privileges(f"{D}read", f"{C}read-free-busy"),
}
_READING = _privileges(f"{D}read")
_WRITING = _privileges(f"{D}read", f"{D}write", f"{D}write-content", f"{D}write-properties")


def _of_object(place: Place, row: CalendarObject) -> str | None:
    """What the visitor may do with an object, which is what its calendar is for; that one has been read before."""
    calendar = place.visit.session.get_one(Calendar, row.calendar_id)
    return (_READING if calendar.kind in (FULL, BUSY) else _WRITING)(place, row)


OBJECT: dict[str, Property] = {
    **EVERYWHERE,
    f"{D}resourcetype": _fixed(""),
    f"{D}owner": _owner,
    f"{D}current-user-privilege-set": _of_object,
    f"{D}supported-report-set": _fixed(""),
    f"{D}getetag": lambda _place, row: f'"{row.etag}"',
    f"{D}getlastmodified": lambda _place, row: http_date(row.modified_at),
    f"{D}getcontenttype": lambda _place, row: f"text/calendar;charset=utf-8;component={row.component}",
    f"{D}getcontentlength": lambda _place, row: str(len(row.text.encode())),
    f"{C}max-resource-size": _fixed(str(LARGEST_TEXT)),
}
OF_TEXT = f"{D}getcontentlength"
"""The only listed property that needs the text of an object."""

# RFC 4791 §5.2: none of these by DAV:allprop.
_NOT_BY_ALLPROP = {name for name in CALENDAR if name.startswith(C)}
PROTECTED = frozenset({*CALENDAR, *HOME, *OBJECT} - {f"{D}displayname", TRANSPARENT})


def table(thing: BaseCollection | CalendarObject) -> dict[str, Property]:
    """The live properties of a thing."""
    if isinstance(thing, Root):
        return ROOT
    if isinstance(thing, Home):
        return HOME
    if isinstance(thing, ShownCollection):
        return SHOWN
    return CALENDAR if isinstance(thing, CalendarCollection) else OBJECT


def names(thing: BaseCollection | CalendarObject, *, every: bool) -> list[str]:
    """Names of the properties that a thing has; `every` also those that allprop leaves out."""
    live = [name for name in table(thing) if every or name not in _NOT_BY_ALLPROP]
    dead = [make_clark(key) for key in _dead(thing)]
    return [*live, *(name for name in dead if name not in live)]


def value(place: Place, thing: BaseCollection | CalendarObject, name: str) -> str | None:
    """Inner XML of one property, or None."""
    live = table(thing).get(name)
    if live is not None:
        return live(place, thing)
    kept = _dead(thing).get(make_human_tag(name))
    return None if kept is None else text(kept)


def response(place: Place, path: str, thing: BaseCollection | CalendarObject, named: Iterable[str]) -> str:
    """A response with these properties, found and missing."""
    found: list[tuple[str, str]] = []
    missing: list[tuple[str, str]] = []
    for name in named:
        inner = value(place, thing, name)
        (missing if inner is None else found).append((name, inner or ""))
    return multistatus.response(path, found, missing)


def _dead(thing: BaseCollection | CalendarObject) -> dict[str, str]:
    """What a client has set by PROPPATCH, or what is told instead, under Radicale's short names."""
    meta = thing.get_meta() if isinstance(thing, CalendarCollection) else {}
    return {name: value for name, value in meta.items() if name != "tag"}
