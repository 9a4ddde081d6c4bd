"""GET of a whole calendar: every object in it, each at its own time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select

from tests.caldav.desk import Phone, event
from vorzimmer.icalendar.together import together
from vorzimmer.models import CalendarObject
from vorzimmer.testing import Practice


def zoned(uid: str, offset: str, name: str = "Büro: Süd") -> str:
    """An event at 10:00 in a zone of its own making."""
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", "BEGIN:VTIMEZONE", f"TZID:{name}", "BEGIN:STANDARD",
            "DTSTART:19700101T000000", f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD",
            "END:VTIMEZONE", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20270101T000000Z",
            f'DTSTART;TZID="{name}":20270305T100000', f'DTEND;TZID="{name}":20270305T110000',
            f"SUMMARY:{uid} " + "ü" * 80, "END:VEVENT", "END:VCALENDAR", "",
        ]
    )  # fmt: skip


def starts(text: str) -> dict[str, datetime]:
    return {
        str(one["UID"]): one.DTSTART.astimezone(UTC)  # type: ignore[union-attr]  # a time, as it was written
        for one in Calendar.from_ical(text).walk("VEVENT")
        if isinstance(one, Event)
    }


def test_two_zones_of_one_name_keep_their_times() -> None:
    objects = [
        zoned("east", "+0300"),
        zoned("west", "-0500"),
        zoned("east too", "+0300"),
        zoned("west too", "-0500"),
    ]
    text = together(objects)
    assert {uid: at.hour for uid, at in starts(text).items()} == {
        "east": 7, "west": 15, "east too": 7, "west too": 15,
    }  # fmt: skip
    assert text.count("BEGIN:VTIMEZONE") == 2
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_what_was_stored_with_other_ends_of_lines_is_there(practice: Practice, anna: Phone, end: str) -> None:
    """S2: as it was stored before ends of lines were written anew."""
    for uid in ("old", "new"):
        assert anna.ask("PUT", f"bookings/{uid}.ics", event(uid)).status_code == 201
    with practice.hall.database.transaction() as session:
        row = session.scalars(select(CalendarObject).where(CalendarObject.uid == "old")).one()
        row.text = row.text.replace("\r\n", end)
    text = anna.ask("GET", "bookings/").text
    assert set(starts(text)) == {"old", "new"}
    assert "\n" not in text.replace("\r\n", "")
