"""Booking to VEVENT (RFC 5545) and iTIP (RFC 5546): the one place that writes iCalendar, by icalendar's own lines.

Lines are made by icalendar and joined here: its `Event.add` is twice as slow, and a time zone is rendered once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vText
from icalendar.parser import Contentline, Contentlines, Parameters

from vorzimmer.icalendar.text import PRODUCT
from vorzimmer.models import Booking, Location, Status

STATUS: dict[str, str] = {
    Status.HELD: "TENTATIVE",
    Status.REQUESTED: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.MISSED: "CONFIRMED",
    Status.CANCELLED: "CANCELLED",
    Status.DECLINED: "CANCELLED",
    Status.EXPIRED: "CANCELLED",
}
"""VEVENT STATUS of each state of a booking (architecture §5)."""

_HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\nCALSCALE:GREGORIAN\r\n"
_BREAKS = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True)
class Person:
    """An ORGANIZER or ATTENDEE: a name for people and an address."""

    name: str
    email: str


@dataclass(frozen=True)
class Event:
    """What one VEVENT says; `starts` and `ends` aware, shown in `zone`; times as promised, without buffers."""

    uid: str
    sequence: int
    status: str
    starts: datetime
    ends: datetime
    zone: str
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    conference: str = ""
    transparent: bool = False


def plain(text: str) -> str:
    """One line of text: breaks become blanks, controls and lone surrogates go (T8, A77, A86)."""
    return _without_controls(_BREAKS.sub(" ", text)).strip()


def plain_lines(text: str) -> str:
    """Text of several lines, parted by LF; controls and lone surrogates go."""
    return "\n".join(_without_controls(line) for line in _BREAKS.split(text)).strip()


def _without_controls(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if c == "\t" else c for c in text if c == "\t" or unicodedata.category(c) not in ("Cc", "Cs")
    )


def place(location: Location) -> str:
    """Name and address of a location, as LOCATION and mails show it."""
    return ", ".join(filter(None, [plain(location.name), plain(location.address)]))


def address(booking: Booking) -> str:
    """Where to go: the location, with the appointment's own place or note beside it; by video only what is noted."""
    parts = [] if booking.link else [place(booking.location)]
    return " – ".join(filter(None, [*parts, plain(booking.place)]))


def where(booking: Booking) -> str:
    """Where an appointment takes place, the link of a video call where there is nowhere to go (K86)."""
    return address(booking) or booking.link


def booking_event(booking: Booking) -> Event:
    """The event that staff see: who comes for what, how to reach them, what they wrote."""
    name = booking.customer.name if booking.customer else booking.name
    return Event(
        uid=booking.uid,
        sequence=booking.sequence,
        status=STATUS[booking.status],
        starts=booking.starts,
        ends=booking.ends,
        zone=booking.zone,
        summary=f"{booking.service.name}: {name}",
        location=where(booking),
        description="\n".join(filter(None, [booking.telephone, booking.message])),
        url=booking.link,
        conference=booking.link,
    )


def booking_calendar(
    booking: Booking, *, event: Event | None = None, extras: str = "", stamp: datetime
) -> str:
    """The calendar object of a booking as CalDAV serves it: without METHOD, ORGANIZER and ATTENDEE.

    `event` says something else of it than `booking_event` does. `extras` are the client's own lines of the VEVENT
    (alarms, COLOR, X-), already checked by the guard; they are put back as they came. `stamp` is the moment of the
    change (DTSTAMP, LAST-MODIFIED).
    """
    event = event or booking_event(booking)
    dates = [_written("CREATED", _utc(booking.created_at)), _written("LAST-MODIFIED", _utc(stamp))]
    return _calendar(event, [*_lines(event, stamp), *dates], extras=_with_crlf(extras))


def busy_calendar(event: Event, word: str, *, stamp: datetime) -> str:
    """The calendar object of an event that tells when it is, and of the rest nothing but a word."""
    bare = Event(event.uid, event.sequence, event.status, event.starts, event.ends, "UTC", word)
    veiled = [_written("CLASS", "CONFIDENTIAL"), _written("TRANSP", "OPAQUE")]
    return _calendar(bare, [*_lines(bare, stamp), *veiled])


def invitation(event: Event, method: str, *, organizer: Person, attendee: Person, stamp: datetime) -> str:
    """An iTIP message, REQUEST or CANCEL, to the one attendee, who accepted by booking (RFC 5546 §3.2)."""
    cancelled = method == "CANCEL"
    lines = [
        *_lines(event, stamp),
        _line("ORGANIZER", f"mailto:{organizer.email}", CN=plain(organizer.name)),
        _line(
            "ATTENDEE",
            f"mailto:{attendee.email}" if attendee.email else "invalid:nomail",
            CN=plain(attendee.name) or attendee.email or "–",
            CUTYPE="INDIVIDUAL",
            ROLE="REQ-PARTICIPANT",
            PARTSTAT="DECLINED" if cancelled else "ACCEPTED",
            RSVP="FALSE",
        ),
    ]
    return _calendar(event, lines, method=f"METHOD:{method}\r\n")


def file(event: Event, *, stamp: datetime) -> str:
    """A plain calendar file of one appointment, for download (METHOD:PUBLISH, RFC 5546 §3.2.1)."""
    return _calendar(event, _lines(event, stamp), method="METHOD:PUBLISH\r\n")


def agenda(events: Iterable[Event], *, stamp: datetime) -> str:
    """A plain calendar file of several appointments, each time zone in it once."""
    zones, bodies = dict[str, None](), []
    for event in events:
        zones[_zone(event)] = None
        bodies.append(_component(_lines(event, stamp)))
    return f"{_HEAD}METHOD:PUBLISH\r\n{''.join(zones)}{''.join(bodies)}END:VCALENDAR\r\n"


def _calendar(event: Event, lines: list[Contentline], *, method: str = "", extras: str = "") -> str:
    return f"{_HEAD}{method}{_zone(event)}{_component(lines, extras)}END:VCALENDAR\r\n"


def _zone(event: Event) -> str:
    return "" if _in_utc(event) else vtimezone(event.zone, event.starts.astimezone(ZoneInfo(event.zone)).year)


def _component(lines: list[Contentline], extras: str = "") -> str:
    body = Contentlines(lines).to_ical().decode()  # type: ignore[no-untyped-call]
    return f"BEGIN:VEVENT\r\n{body}{extras}END:VEVENT\r\n"


def _lines(event: Event, stamp: datetime) -> list[Contentline]:
    lines = [
        _line("UID", vText(event.uid)),
        _written("DTSTAMP", _utc(stamp)),
        _moment("DTSTART", event.starts, event),
        _moment("DTEND", event.ends, event),
        _line("SUMMARY", vText(plain(event.summary))),
        _written("STATUS", event.status),
        _written("SEQUENCE", str(event.sequence)),
    ]
    for name, text in (("LOCATION", plain(event.location)), ("DESCRIPTION", plain_lines(event.description))):
        if text:
            lines.append(_line(name, vText(text)))
    if event.transparent:
        lines.append(_written("TRANSP", "TRANSPARENT"))
    if event.url:
        lines.append(_line("URL", event.url))
    if event.conference:  # RFC 7986 §5.11
        lines.append(_line("CONFERENCE", event.conference, VALUE="URI", FEATURE="VIDEO"))
    return lines


def _line(name: str, value: Any, **parameters: str) -> Contentline:
    line: Contentline = Contentline.from_parts(name, Parameters(parameters), value)
    return line


def _written(name: str, value: str) -> Contentline:
    """A line of our own making, with nothing in it to escape."""
    line: Contentline = Contentline.from_parts(name, Parameters(), value)
    return line


def folded(line: str) -> str:
    """A content line with its folds and its end (RFC 5545 §3.1)."""
    text: bytes = Contentline(line).to_ical()  # type: ignore[no-untyped-call]  # icalendar's
    return f"{text.decode()}\r\n"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _moment(name: str, moment: datetime, event: Event) -> Contentline:
    if _in_utc(event):
        return _written(name, _utc(moment))
    local = moment.astimezone(ZoneInfo(event.zone))
    return _written(f"{name};TZID={event.zone}", local.strftime("%Y%m%dT%H%M%S"))


def _in_utc(event: Event) -> bool:
    """Whether local time cannot say it: in a repeated hour it means the first pass (RFC 5545 §3.3.5)."""
    zone = ZoneInfo(event.zone)
    return event.zone == "UTC" or bool(event.starts.astimezone(zone).fold or event.ends.astimezone(zone).fold)


@lru_cache(maxsize=256)
def vtimezone(zone: str, year: int) -> str:
    """The VTIMEZONE that covers one year and its neighbours, rendered once.

    Written by hand: icalendar 7.3 begins summer time an hour late (03:00 instead of 02:00 by TZOFFSETFROM).
    """
    info = ZoneInfo(zone)
    first, last = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 2, 1, 1, tzinfo=UTC)
    component = Timezone(TZID=zone)
    for moment in (first, *_changes(info, first, last)):
        before = moment - timedelta(seconds=moment > first)
        component.add_component(_observance(moment.astimezone(info), before.astimezone(info)))
    text: bytes = component.to_ical()
    return text.decode()


def _observance(new: datetime, old: datetime) -> TimezoneStandard | TimezoneDaylight:
    """The time that holds from `new` on; its DTSTART is told by the clock before it (RFC 5545 §3.6.5)."""
    observance = TimezoneDaylight() if new.dst() else TimezoneStandard()
    offset = old.utcoffset() or timedelta()
    observance.add("DTSTART", (new.astimezone(UTC) + offset).replace(tzinfo=None))
    observance.add("TZOFFSETFROM", offset)
    observance.add("TZOFFSETTO", new.utcoffset() or timedelta())
    observance.add("TZNAME", new.tzname() or "")
    return observance


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The instants at which the zone's offset changes; looked for day by day, then halved down to the second."""
    day = timedelta(days=1)
    while first < last:
        low, high = first, first + day
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high
        first += day


def _with_crlf(text: str) -> str:
    lines = text.replace("\r\n", "\n").strip("\n")
    return lines.replace("\n", "\r\n") + "\r\n" if lines else ""
