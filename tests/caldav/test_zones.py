"""Zones that one calendar defines never reach another: over persons, doors and restarts (rule 77)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import acts, foreign
from tests.caldav.desk import Phone
from tests.plugins.test_import_calendars import of_file
from vorzimmer.icalendar.zones import _defined
from vorzimmer.models import Booking, CalendarObject
from vorzimmer.periods import Period
from vorzimmer.testing import BERLIN, Practice, berlin
from vorzimmer_external_busy import events
from vorzimmer_external_busy.events import Reading

NAME = "Customized Time Zone 42"


@pytest.fixture
def database_url() -> str:
    """What a calendar means is no matter of SQL."""
    return ""


@pytest.fixture(autouse=True)
def _new_process() -> None:
    """As after a restart."""
    _defined.cache_clear()


def annas_entry() -> bytes:
    """London by that name."""
    return foreign.calendar(
        foreign.zone(NAME, *foreign.LONDON),
        foreign.event("z1a", *foreign.at(NAME, "20270216", "050000", "053000"), "SUMMARY:Anna privat"),
    )


def rewritten(made: Booking) -> bytes:
    """An appointment as a client sends it back unchanged, with its own zone of that name, which is Vienna's."""
    at = (f"{moment.astimezone(BERLIN):%Y%m%dT%H%M%S}" for moment in (made.starts, made.ends))
    return foreign.calendar(
        foreign.zone(NAME, *foreign.VIENNA),
        foreign.component(
            "VEVENT",
            f"UID:{made.uid}",
            "DTSTAMP:20261130T111838Z",
            *(f"{name};TZID={NAME}:{told}" for name, told in zip(("DTSTART", "DTEND"), at, strict=True)),
            "SUMMARY:Klassische Massage: Dora Probe",
            "STATUS:CONFIRMED",
            "SEQUENCE:0",
        ),
    )


@pytest.mark.parametrize("first", ["entry", "booking", "feed", "file"])
def test_a_zone_of_ones_entry_moves_nobodys_appointment(
    practice: Practice, anna: Phone, ben: Phone, tmp_path: Path, first: str
) -> None:
    """The same name by two persons, a feed and a file, whoever comes first: nothing moves, nobody is mailed."""
    made = acts.book(practice.hall, staff="ben")
    mailed = acts.told(practice.hall, made.uid)
    ways = {
        "entry": lambda: anna.ask("PUT", "bookings/z1a.ics", annas_entry()),
        "booking": lambda: ben.ask("PUT", f"bookings/{made.uid}.ics", rewritten(made)),
        "feed": lambda: feed(annas_entry()),
        "file": lambda: of_file(practice.hall, tmp_path, annas_entry(), whose="clara"),
    }
    for way in sorted(ways, key=lambda name: name != first):
        ways[way]()
    now = acts.again(practice.hall, made.uid)
    assert (now.starts, now.ends, now.sequence) == (made.starts, made.ends, 0)
    assert acts.told(practice.hall, made.uid) == mailed
    assert starts(practice, "z1a") == [berlin("2027-02-16 06:00")] * 2


def starts(practice: Practice, uid: str) -> list[datetime | None]:
    """When the objects start whose UIDs begin so."""
    with practice.hall.database.reading() as session:
        wanted = select(CalendarObject.starts).where(CalendarObject.uid.startswith(uid))
        return list(session.scalars(wanted))


def feed(data: bytes) -> list[str]:
    """When a calendar elsewhere is busy."""
    window = Period(berlin("2027-01-01"), berlin("2027-04-01"))
    periods, _remarks = events.read([data], Reading(window, BERLIN)).busy(())
    return [f"{one.start.astimezone(BERLIN):%d %H:%M}" for one in periods]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_each_door_reads_each_calendar_by_its_own_zone(
    practice: Practice, anna: Phone, tmp_path: Path, order: tuple[int, int]
) -> None:
    both = [foreign.CUSTOM_FIRST, foreign.CUSTOM_SECOND]
    for number in order:
        assert feed(both[number]) == ["19 11:00"]
        assert anna.ask("PUT", f"bookings/{number}.ics", both[number]).status_code == 201
        assert of_file(practice.hall, tmp_path, both[number], whose="ben") == [("imported", [])]
    assert set(starts(practice, "")) == {berlin("2027-01-19 11:00")}


@pytest.mark.parametrize("name", foreign.ODD_ZONES)
def test_each_door_finds_a_zone_however_its_name_is_written(
    practice: Practice, anna: Phone, tmp_path: Path, name: str
) -> None:
    data = foreign.ODD_ZONES[name]
    uid = data.partition(b"\r\nUID:")[2].partition(b"\r")[0].decode()
    assert feed(data) == ["19 11:00"]
    assert anna.ask("PUT", f"bookings/{uid}.ics", data).status_code == 201
    assert of_file(practice.hall, tmp_path, data, whose="ben")[0][0] == "imported"
    assert set(starts(practice, "")) == {berlin("2027-01-19 11:00")}


def test_an_appointment_does_not_move_by_a_zone_that_nobody_knows(practice: Practice, anna: Phone) -> None:
    """It stays where its wall time is the practice's, and a move is refused instead of guessed."""
    made = acts.book(practice.hall, staff="anna")
    text = rewritten(made).decode()
    unknown = text[: text.index("BEGIN:VTIMEZONE")] + text[text.index("BEGIN:VEVENT") :]
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", unknown).status_code == 204
    refused = anna.ask("PUT", f"bookings/{made.uid}.ics", unknown.replace("T100000", "T140000"))
    assert refused.status_code == 403
    assert acts.again(practice.hall, made.uid).starts == made.starts
    assert "moved" not in [topic for topic, _ in acts.told(practice.hall, made.uid)]
