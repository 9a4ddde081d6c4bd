"""principal-property-search (RFC 3744 §9.4, §9.5): everybody finds themselves, and nobody else (A126)."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from vorzimmer_caldav.properties import properties
from vorzimmer_caldav.properties.properties import Place
from vorzimmer_caldav.storage.collections import Home
from vorzimmer_caldav.xml import multistatus
from vorzimmer_caldav.xml.multistatus import Answer, C, D, element

SEARCH = f"{D}principal-property-search"
SEARCHABLE = f"{D}principal-search-property-set"
_ASKED_FOR = (f"{D}displayname", f"{C}calendar-user-address-set")
_STRUCTURE = {f"{D}{name}" for name in ("property-search", "prop", "apply-to-principal-collection-set")}


def answer(place: Place, request: ET.Element) -> Answer | None:
    """The answer to one of the two reports, None to any other."""
    if request.tag == SEARCHABLE:
        parts = [
            element(f"{D}principal-search-property", element(f"{D}prop", element(name)))
            for name in _ASKED_FOR
        ]
        return 200, multistatus.kind(), multistatus.document(SEARCHABLE, parts), None
    return _search(place, request) if request.tag == SEARCH else None


def _search(place: Place, request: ET.Element) -> Answer:
    home = Home(place.visit)
    # python-caldav writes the names behind DAV:prop instead of into it.
    beside = [child for child in request if child.tag not in _STRUCTURE]
    named = [prop.tag for prop in [*request.findall(f"{D}prop/*"), *beside]]
    matches = [_matches(place, home, wanted) for wanted in request.findall(f"{D}property-search")]
    found = any(matches) if request.get("test") == "anyof" else all(matches)
    if not found:
        return multistatus.answer([])
    return multistatus.answer([properties.response(place, place.path(f"{home.path}/"), home, named)])


def _matches(place: Place, home: Home, wanted: ET.Element) -> bool:
    text = (wanted.findtext(f"{D}match") or "").strip().casefold()
    values = [properties.value(place, home, prop.tag) or "" for prop in wanted.findall(f"{D}prop/*")]
    return any(text in value.casefold() for value in values)
