"""What the reader of calendars has remarked is shown in the office, beside the entry, to whom it belongs."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from tests import foreign
from tests.caldav.desk import Phone
from tests.web.test_calendar_feed import events, feed
from vorzimmer.models import Block
from vorzimmer.testing import Browser, Practice

ANNA, BEN, DESK = "anna@praxis.example", "ben@praxis.example", "empfang@praxis.example"
DAY = "/office/calendar/events?from=2027-03-03&to=2027-03-03"
ODD = foreign.calendar(
    foreign.event(
        "odd",
        *foreign.at("Mars/Base", "20270303", "150000", "160000"),
        "SUMMARY:Zahnarzt\\, oben",
        "DESCRIPTION:Bitte pünktlich,",
        "sagt <b>Frau Beispiel</b>",
    )
)
GERMAN = [
    "Zeilen, die kein iCalendar sind, wurden weggelassen: sagt <b>Frau Beispiel</b>",
    "Die Zeitzone „Mars/Base“ ist unbekannt: Die der Praxis wurde genommen.",
]


@pytest.fixture
def anna(app: Flask, practice: Practice) -> Phone:
    return Phone(app, ANNA, "anna-caldav-demo-0001")


def test_an_entry_says_beside_it_what_was_not_read(client: Browser, anna: Phone) -> None:
    assert anna.ask("PUT", "bookings/odd.ics", ODD).status_code == 201
    plain = foreign.calendar(
        foreign.event("plain", *foreign.at("Europe/Berlin", "20270303", "170000", "180000"))
    )
    assert anna.ask("PUT", "bookings/plain.ics", plain).status_code == 201
    client.sign_in(ANNA)
    odd, clear = sorted(events(client, "anna"), key=lambda record: record["start"])
    assert (odd["title"], "entry" in odd, "entry" in clear) == ("Zahnarzt, oben", True, False)
    for address in (f"/office/calendar/entry/{odd['entry']}", "/office/connect"):
        page = client.get(address)
        assert page.status_code == 200
        assert [text for text in GERMAN if text in unescape(page.text)] == GERMAN
        assert "<b>Frau" not in page.text
        assert "Zahnarzt, oben" in page.text


def test_a_remark_goes_when_the_entry_is_mended(client: Browser, anna: Phone) -> None:
    anna.ask("PUT", "bookings/odd.ics", ODD)
    mended = ODD.replace(b"Mars/Base", b"Europe/Berlin").replace(b"sagt <b>", b"X-A:")
    assert anna.ask("PUT", "bookings/odd.ics", mended).status_code == 204
    client.sign_in(ANNA)
    assert ["entry" in record for record in events(client, "anna")] == [False]
    assert "Zahnarzt" not in client.get("/office/connect").text


@pytest.mark.parametrize("email", [BEN, DESK])
def test_nobody_else_sees_what_was_remarked(
    client: Browser, anna: Phone, practice: Practice, email: str
) -> None:
    """A1, A147."""
    anna.ask("PUT", "bookings/odd.ics", ODD)
    with practice.hall.database.reading() as session:
        block_id = session.scalars(select(Block.id)).one()
    client.sign_in(email)
    assert "entry" not in str(feed(client, DAY)["events"])
    assert client.get(f"/office/calendar/entry/{block_id}").status_code == 404
    assert "Zahnarzt" not in client.get("/office/connect").text


def test_an_appointment_says_what_was_not_read_of_it(
    client: Browser, anna: Phone, practice: Practice
) -> None:
    made = practice.book("massage", "2027-03-03 10:00", "anna")
    path = f"bookings/{made.uid}.ics"
    text = anna.ask("GET", path).text
    assert anna.ask("PUT", path, text.replace("END:VEVENT", "X_MINE:1\r\nEND:VEVENT")).status_code == 204
    client.sign_in(DESK)
    address = f"/office/booking/{made.uid}"
    assert "Zeilen, die kein iCalendar sind, wurden weggelassen: X_MINE:1" in client.get(address).text
    assert anna.ask("PUT", path, text).status_code == 204
    assert "X_MINE" not in client.get(address).text
