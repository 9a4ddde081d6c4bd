"""Many calendar objects as one calendar, as who subscribes to a whole calendar gets it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from vorzimmer.icalendar.text import PRODUCT, CalendarDataError, Component, Line, parse, rendered
from vorzimmer.icalendar.writer import folded

_TZID = re.compile(r'(;TZID=)(?:"[^"]*"|[^";:]*)', re.IGNORECASE)
_LONGEST = 75  # octets, RFC 5545 §3.1


def together(texts: Iterable[str], head: Iterable[Line] = ()) -> str:
    """One VCALENDAR with the components of all objects, and the lines of `head` at its beginning.

    A definition of a time zone stands once. What another object defines otherwise under the same name gets a name of
    its own, so that every event keeps its times (RFC 5545 §3.6.5). Any end of line is read, CRLF is written. An object
    that cannot be read is left out: the others are not lost with it.
    """
    zones: dict[str, tuple[str, Component]] = {}
    entries: list[Component] = []
    for text in texts:
        try:
            root = parse(text)
        except CalendarDataError:
            continue
        for zone in (child for child in root.children if child.name == "VTIMEZONE"):
            _share(zones, root, zone)
        entries += [child for child in root.children if child.name != "VTIMEZONE"]
    whole = Component("VCALENDAR", [Line("VERSION", "", "2.0"), Line("PRODID", "", PRODUCT), *head])
    whole.children = [*(zone for _text, zone in zones.values()), *entries]
    return "".join(_folded(whole))


def _share(zones: dict[str, tuple[str, Component]], root: Component, zone: Component) -> None:
    """Let the object name the zone as all do that define it alike."""
    own = zone.value("TZID")
    text = "".join(rendered(zone))
    name, number = own, 1
    while name in zones and zones[name][0] != text:
        number += 1
        name = f"{own} {number}"
    if name != own:
        _rename(root, own, name)
    zones.setdefault(name, (text, zone))


def _rename(component: Component, old: str, new: str) -> None:
    for place, line in enumerate(component.lines):
        if component.name == "VTIMEZONE" and line.name == "TZID" and line.value.strip() == old:
            component.lines[place] = replace(line, value=new)
        elif line.param("TZID") == old:
            component.lines[place] = replace(line, params=_TZID.sub(rf'\g<1>"{new}"', line.params))
    for child in component.children:
        _rename(child, old, new)


def _folded(component: Component) -> Iterator[str]:
    for line in rendered(component):
        yield line if len(line.encode()) <= _LONGEST + 2 else folded(line.removesuffix("\r\n"))
