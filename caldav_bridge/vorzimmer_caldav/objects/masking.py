"""What is told of somebody's own event: when it takes time, and nothing else. Only what is known passes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from vorzimmer.icalendar.text import PRODUCT, Component, Line, SafeCalendar, parse
from vorzimmer.icalendar.times import stamp
from vorzimmer.icalendar.writer import folded
from vorzimmer.icalendar.zones import public_name, zone_name

_DATES = r"[0-9TZPWDHMS,/+-]+"
_RULE = re.compile(
    r"FREQ=[A-Z]+LY|UNTIL=[0-9TZ]+|(?:COUNT|INTERVAL)=\d+|WKST=[A-Z]{2}"
    r"|BY[A-Z]{3,8}=[+-]?\d*(?:[A-Z]{2})?(?:,[+-]?\d*(?:[A-Z]{2})?)*"
)
_OF_EVENTS = {
    **dict.fromkeys(("DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "RECURRENCE-ID"), re.compile(_DATES)),
    "STATUS": re.compile("TENTATIVE|CONFIRMED|CANCELLED"),
    "TRANSP": re.compile("OPAQUE|TRANSPARENT"),
}
_OF_ZONES = {
    **dict.fromkeys(("DTSTART", "RDATE"), re.compile(_DATES)),
    **dict.fromkeys(("TZOFFSETFROM", "TZOFFSETTO"), re.compile(r"[+-]\d{4}(?:\d\d)?")),
}
_PARAMETERS = {"VALUE": re.compile("DATE|DATE-TIME|PERIOD"), "RANGE": re.compile("THISANDFUTURE")}


def masked(sent: SafeCalendar, uid: str, word: str, moment: datetime) -> SafeCalendar:
    """The same times under another UID, each called by the word."""
    zones = _zones(sent)
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}"]
    said = [f"UID:{uid}", f"DTSTAMP:{stamp(moment)}", f"SUMMARY:{word}", "CLASS:CONFIDENTIAL"]
    lines = [*head, *_told_zones(sent, zones)]
    for entry in sent.entries:
        lines += ["BEGIN:VEVENT", *said, *_told(entry, _OF_EVENTS, zones), "END:VEVENT"]
    text = "".join(folded(line) for line in [*lines, "END:VCALENDAR"])
    return SafeCalendar(text, parse(text))


def _zones(sent: SafeCalendar) -> dict[str, str]:
    """What each zone of the calendar is called: by the name that everybody knows, else by a number."""
    own = [zone_name(child.value("TZID")) for child in sent.root.children if child.name == "VTIMEZONE"]
    return {name: public_name(name) or f"Zone-{number}" for number, name in enumerate(own)}


def _told_zones(sent: SafeCalendar, zones: dict[str, str]) -> Iterator[str]:
    for zone in sent.root.children:
        if zone.name == "VTIMEZONE":
            yield from ("BEGIN:VTIMEZONE", f"TZID:{zones[zone_name(zone.value('TZID'))]}")
            for part in zone.children:
                if part.name in ("STANDARD", "DAYLIGHT"):
                    yield from (f"BEGIN:{part.name}", *_told(part, _OF_ZONES, {}), f"END:{part.name}")
            yield "END:VTIMEZONE"


def _told(component: Component, kept: dict[str, re.Pattern[str]], zones: dict[str, str]) -> Iterable[str]:
    """The lines of known names with values of known form."""
    for line in component.lines:
        value = line.value.replace(" ", "").upper()
        if line.name in ("RRULE", "EXRULE"):
            yield f"{line.name}:" + ";".join(part for part in value.split(";") if _RULE.fullmatch(part))
        elif line.name in kept and kept[line.name].fullmatch(value):
            yield f"{line.name}{_parameters(line, zones)}:{value}"


def _parameters(line: Line, zones: dict[str, str]) -> str:
    told = ""
    for name, form in _PARAMETERS.items():
        value = (line.param(name) or "").upper()
        if form.fullmatch(value):
            told += f";{name}={value}"
    zone = zone_name(line.param("TZID") or "")
    name = zones.get(zone) or public_name(zone)
    return f"{told};TZID={name}" if name else told
