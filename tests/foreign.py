"""Calendars as other programs write them: each stands for a kind that was read wrongly once."""

from __future__ import annotations

BERLIN, TUESDAY = ";TZID=Europe/Berlin:", "20270119"


def calendar(*components: str) -> bytes:
    """A calendar of components."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Probe//EN\r\n"
    return f"{head}{''.join(components)}END:VCALENDAR\r\n".encode()


def component(kind: str, *lines: str) -> str:
    """A component of lines."""
    return "\r\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}", ""])


def event(uid: str, *lines: str) -> str:
    """A VEVENT."""
    return component("VEVENT", f"UID:{uid}@probe.example", "DTSTAMP:20261101T080000Z", *lines)


def at(zone: str, day: str = TUESDAY, start: str = "100000", end: str = "110000") -> tuple[str, str]:
    """Start and end by the clocks of a zone; its name as a parameter has it."""
    return f"DTSTART;TZID={zone}:{day}T{start}", f"DTEND;TZID={zone}:{day}T{end}"


def zone(name: str, winter: str, summer: str) -> str:
    """A definition as Outlook writes it."""
    return component(
        "VTIMEZONE",
        f"TZID:{name}",
        *component(
            "STANDARD",
            "DTSTART:16010101T030000",
            f"TZOFFSETFROM:{summer}",
            f"TZOFFSETTO:{winter}",
            "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10",
        ).splitlines(),
        *component(
            "DAYLIGHT",
            "DTSTART:16010101T020000",
            f"TZOFFSETFROM:{winter}",
            f"TZOFFSETTO:{summer}",
            "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
        ).splitlines(),
    )


LONDON, NEW_YORK, VIENNA, ATHENS = (
    ("+0000", "+0100"),
    ("-0500", "-0400"),
    ("+0100", "+0200"),
    ("+0200", "+0300"),
)
CUSTOM = "Customized Time Zone 7"
CUSTOM_FIRST = calendar(zone(CUSTOM, *LONDON), event("c01", *at(CUSTOM), "SUMMARY:x"))
CUSTOM_SECOND = calendar(
    zone(CUSTOM, *NEW_YORK), event("c02", *at(CUSTOM, start="050000", end="060000"), "SUMMARY:x")
)

EASTERN, BUCHAREST = '"(UTC-05:00) Eastern Time (US & Canada)"', '"(UTC+02:00) Athens, Bucharest"'
DUBLIN, GROUPWISE = '"(UTC+00:00) Dublin, Edinburgh, Lisbon, London"', "Westeuropäische Zeit "
ODD_ZONES = {
    "quoted, with a colon": calendar(
        zone(EASTERN.strip('"'), *NEW_YORK), event("t01", *at(EASTERN, start="050000", end="060000"))
    ),
    "escaped in the definition alone": calendar(
        zone(r"(UTC+02:00) Athens\, Bucharest", *ATHENS),
        event("t02", *at(BUCHAREST, start="120000", end="130000")),
    ),
    "blanks at the end": calendar(zone(GROUPWISE, *LONDON), event("t05", *at(GROUPWISE))),
    "an offset": calendar(event("t14", *at("GMT+0000"))),
    "an offset with a colon": calendar(event("k09", *at('"GMT+00:00"'))),
    "in another case": calendar(event("t15", *at("europe/london"))),
}
"""All of them are at 11:00 in Berlin."""
