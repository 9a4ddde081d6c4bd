"""What a CalDAV server is asked in XML, and what it says: properties, and events in a window (RFC 4791 §7.8)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime
from xml.parsers import expat

from vorzimmer.periods import Period
from vorzimmer_external_busy.fetching import UNUSABLE, FetchError, Question

MOST_ELEMENTS, DEEPEST = 200_000, 20
DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_PROPERTIES = """<?xml version="1.0" encoding="utf-8"?>
<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:resourcetype/>
<D:current-user-principal/><C:calendar-home-set/><C:supported-calendar-component-set/><C:schedule-calendar-transp/>
</D:prop></D:propfind>"""
_BODY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="{start}" end="{end}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""


def question(window: Period, headers: dict[str, str]) -> Question:
    """What is asked of a calendar's address."""
    body = _BODY.format(start=_stamp(window.start), end=_stamp(window.end)).encode()
    return _asked("REPORT", body, headers, depth=1)


def properties(headers: dict[str, str], *, depth: int) -> Question:
    """What is there, whose it is, and where their calendars are."""
    return _asked("PROPFIND", _PROPERTIES.encode(), headers, depth)


def _asked(method: str, body: bytes, headers: dict[str, str], depth: int) -> Question:
    more = {"Depth": str(depth), "Content-Type": "application/xml; charset=utf-8"}
    return Question(method, headers | more, body, good=(207,))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def calendars(body: bytes) -> list[bytes]:
    """The calendar objects of an answer. Raises `FetchError` for what is no multistatus or no harmless XML."""
    return [(found.text or "").encode() for found in _read(body).iter(f"{CALDAV}calendar-data")]


def places(body: bytes) -> Iterator[tuple[str, dict[str, ET.Element]]]:
    """Each address of an answer, with the properties that it has, by name. Raises `FetchError`."""
    for response in _read(body).iter(f"{DAV}response"):
        had = (one for one in response.iter(f"{DAV}propstat") if " 200" in one.findtext(f"{DAV}status", ""))
        named = {prop.tag: prop for one in had for prop in one.iterfind(f"{DAV}prop/*")}
        yield response.findtext(f"{DAV}href", "").strip(), named


def _read(body: bytes) -> ET.Element:
    _check(body)
    try:
        root = ET.fromstring(body)  # noqa: S314  (checked above)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise FetchError(UNUSABLE) from error
    if root.tag != f"{DAV}multistatus":
        raise FetchError(UNUSABLE)
    return root


def _check(body: bytes) -> None:
    """One pass in which nothing is built: no document type, no entities, not too deep or wide (A132)."""
    parser = expat.ParserCreate()
    depth = elements = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEEPEST or elements > MOST_ELEMENTS:
            raise FetchError(UNUSABLE)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_what: object) -> None:
        raise FetchError(UNUSABLE)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise FetchError(UNUSABLE) from error
