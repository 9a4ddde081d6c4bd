"""Booking to VEVENT and iTIP (RFC 5545, RFC 5546)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Booking, Location, Service, Status
from vorzimmer.testing import berlin

STAMP = datetime(2027, 3, 1, 7, tzinfo=UTC)
PRACTICE = ical.Person("Praxis am Markt", "praxis@praxis.example")


def a_booking(start: datetime | None = None, **values: Any) -> Booking:
    starts = start or berlin("2027-03-03 10:30")
    given = {
        "uid": "5f0c",
        "sequence": 0,
        "status": Status.CONFIRMED,
        "starts": starts,
        "ends": starts + timedelta(minutes=30),
        "zone": "Europe/Berlin",
        "name": "Max Muster",
        "phone": "",
        "message": "",
        "place": "",
        "link": "",
        "created_at": STAMP,
        **values,
    }
    booking = Booking(**given)
    booking.service = Service(name="Klassische Massage")
    booking.location = Location(name="Praxis am Markt", address="Markt 1, Berlin")
    return booking


def event_of(text: str) -> Any:
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event


def served(booking: Booking, extras: str = "") -> Any:
    return event_of(ical.booking_calendar(booking, extras=extras, stamp=STAMP))


def invited(booking: Booking, method: str = "REQUEST", name: str = "Max Muster") -> str:
    return ical.invitation(
        ical.booking_event(booking),
        method,
        organizer=PRACTICE,
        attendee=ical.Person(name, "max@kunde.example"),
        stamp=STAMP,
    )


def test_the_object_names_service_and_customer():
    assert served(a_booking())["SUMMARY"] == "Klassische Massage: Max Muster"


def test_status_and_sequence_are_always_there():
    event = served(a_booking())
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("held", "TENTATIVE"),
        ("requested", "TENTATIVE"),
        ("confirmed", "CONFIRMED"),
        ("cancelled", "CANCELLED"),
    ],
)
def test_the_status_of_a_booking_in_the_words_of_rfc_5545(status, shown):
    assert served(a_booking(status=status))["STATUS"] == shown


def test_the_object_has_neither_attendee_nor_organizer():
    """So that no calendar app mails on its own (interface.md, CalDAV)."""
    event = served(a_booking())
    assert "ATTENDEE" not in event
    assert "ORGANIZER" not in event


def test_phone_and_message_are_the_description():
    event = served(a_booking(phone="+49 30 1234", message="Rücken\nlinks"))
    assert event["DESCRIPTION"] == "+49 30 1234\nRücken\nlinks"


def test_the_place_is_the_location():
    assert served(a_booking())["LOCATION"] == "Praxis am Markt, Markt 1, Berlin"


def test_what_is_the_clients_own_is_put_back():
    alarm = (
        "COLOR:turquoise\nX-MINE:1\nBEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:x\nTRIGGER:-PT15M\nEND:VALARM\n"
    )
    event = served(a_booking(), extras=alarm)
    assert (event["COLOR"], event["X-MINE"]) == ("turquoise", "1")
    assert [str(each["ACTION"]) for each in event.walk("VALARM")] == ["DISPLAY"]


def test_every_line_ends_in_crlf_and_is_folded():
    text = ical.booking_calendar(a_booking(message="ü" * 300), stamp=STAMP, extras="X-MINE:1\nX-TWO:2")
    lines = text.encode().split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


@pytest.mark.parametrize(
    "name", ["Max\r\nATTENDEE:mailto:x", "Max\nATTENDEE:mailto:x", "Max\x85\u2028ATTENDEE:x"]
)
def test_a_line_break_in_a_name_adds_no_property(name):
    """T8: vobject writes CRLF from a parameter into the stream."""
    text = invited(a_booking(name=name), name=name)
    assert text.count("ATTENDEE;") == 1
    assert not any(line.startswith("ATTENDEE:") for line in text.splitlines())


def test_control_characters_do_not_reach_the_calendar():
    """T8: icalendar keeps NUL and backspace; a lone surrogate cannot be encoded at all."""
    text = ical.booking_calendar(a_booking(name="M\x00a\x08x\ud800", message="a\x1b[31mb"), stamp=STAMP)
    assert event_of(text)["SUMMARY"] == "Klassische Massage: Max"
    assert event_of(text)["DESCRIPTION"] == "a[31mb"


def test_an_invitation_names_organizer_and_attendee():
    event = event_of(invited(a_booking()))
    assert event["ORGANIZER"] == "mailto:praxis@praxis.example"
    assert event["ATTENDEE"] == "mailto:max@kunde.example"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_the_method_is_told(method):
    assert Calendar.from_ical(invited(a_booking(), method))["METHOD"] == method


def test_the_uid_stays_and_the_sequence_rises():
    first, second = event_of(invited(a_booking())), event_of(invited(a_booking(sequence=1)))
    assert (first["UID"], first["SEQUENCE"]) == ("5f0c", 0)
    assert (second["UID"], second["SEQUENCE"]) == ("5f0c", 1)


@pytest.mark.parametrize(
    ("day", "offset"),
    [("2027-03-27", 1), ("2027-03-28", 2), ("2027-10-30", 2), ("2027-10-31", 1)],
)
def test_wall_clock_time_around_the_change_of_clocks(day, offset):
    """F41: the days on which Berlin changes its clocks, and the days before."""
    start = served(a_booking(berlin(f"{day} 09:00")))["DTSTART"].dt
    assert start.strftime("%Y-%m-%d %H:%M") == f"{day} 09:00"
    assert start.utcoffset() == timedelta(hours=offset)


def test_the_first_pass_of_the_repeated_hour_is_local_time():
    """RFC 5545 §3.3.5: a local time that comes twice means its first coming."""
    text = ical.booking_calendar(a_booking(berlin("2027-10-31 02:00")), stamp=STAMP)
    assert "DTSTART;TZID=Europe/Berlin:20271031T020000" in text


def test_the_second_pass_of_the_repeated_hour_is_told_in_utc():
    second = datetime(2027, 10, 31, 2, 0, fold=1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    text = ical.booking_calendar(a_booking(second), stamp=STAMP)
    assert "DTSTART:20271031T010000Z" in text
    assert "DTEND:20271031T013000Z" in text


def test_summer_time_begins_at_two_by_the_clock_before():
    """RFC 5545 §3.6.5; icalendar 7.3 writes three."""
    zone: Any = Calendar.from_ical(ical.vtimezone("Europe/Berlin", 2027))
    begins = [each["DTSTART"].dt for each in zone.walk("DAYLIGHT")]
    ends = [each["DTSTART"].dt for each in zone.walk("STANDARD")]
    assert datetime(2027, 3, 28, 2) in begins  # noqa: DTZ001  (a local time, as it stands there)
    assert datetime(2027, 10, 31, 3) in ends  # noqa: DTZ001


@pytest.mark.parametrize(
    "zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo"]
)
def test_unusual_zones_give_the_instant_back(zone):
    """F41."""
    start = datetime(2027, 6, 1, 8, tzinfo=UTC)
    assert served(a_booking(start, zone=zone))["DTSTART"].dt.astimezone(UTC) == start


def test_separators_of_texts_are_escaped_as_they_stand() -> None:
    """RFC 5545 §3.3.11: parsers forgive, so the text itself is looked at."""
    text = ical.booking_calendar(a_booking(name="Muster, Eva; B\\C", message="a,b;c"), stamp=STAMP)
    unfolded = text.replace("\r\n ", "")
    assert "Muster\\, Eva\\; B\\\\C\r\n" in unfolded
    assert "a\\,b\\;c" in unfolded
