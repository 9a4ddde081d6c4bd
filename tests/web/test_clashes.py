"""A private event over an appointment is seen: on Today, among what waits, in the calendar, in the history (S6)."""

from __future__ import annotations

import pytest

from tests.caldav.desk import Phone, event
from tests.web.desk import DESK
from tests.web.test_calendar_feed import FEED, feed
from vorzimmer.testing import Browser, Practice

HEADING = "Über einem Termin liegt ein privater Eintrag"


@pytest.fixture
def database_url() -> str:
    """SQLite is enough for what a page shows."""
    return ""


@pytest.fixture
def uid(practice: Practice, client: Browser) -> str:
    """An appointment of Anna's on Wednesday, with her dentist over it."""
    made = practice.book("massage", "2027-03-03 10:00", staff="anna")
    times = {"start": "20270303T090000Z", "end": "20270303T110000Z"}
    phone = Phone(client.application, "anna@praxis.example", "anna-caldav-demo-0001")
    assert phone.ask("PUT", "bookings/a.ics", event("a", "SUMMARY:Zahnarzt", **times)).status_code == 201
    return made.uid


@pytest.mark.parametrize("page", ["/office/", "/office/requests"])
def test_clash_stands_on_top_until_one_of_the_two_is_gone(client: Browser, uid: str, page: str) -> None:
    client.sign_in(DESK)
    shown = client.get(page).text
    assert HEADING in shown
    assert f'href="/office/booking/{uid}"' in shown
    assert "Anna Berger, privat: 10:00 – 12:00" in shown
    assert "Zahnarzt" not in shown  # whose it is knows
    client.post(f"/office/booking/{uid}/cancel", data={"csrf_token": client.csrf_token})
    assert HEADING not in client.get(page).text


@pytest.mark.parametrize(("who", "seen"), [("anna", True), ("ben", False)])
def test_clash_of_a_colleague_is_no_business_of_others(
    client: Browser, uid: str, who: str, seen: bool
) -> None:
    client.sign_in(f"{who}@praxis.example")
    assert (HEADING in client.get("/office/").text) is seen


def test_both_are_marked_in_the_calendar_and_others_are_not(
    practice: Practice, client: Browser, uid: str
) -> None:
    practice.book("massage", "2027-03-03 14:00", staff="anna")
    client.sign_in(DESK)
    marked = {one["kind"] + one["start"][10:16]: one["clash"] for one in feed(client, FEED)["events"]}
    assert marked == {"bookingT10:00": True, "blockT10:00": True, "bookingT14:00": False}


def test_history_of_the_appointment_tells_of_it(client: Browser, uid: str) -> None:
    client.sign_in(DESK)
    assert "Ein privater Eintrag liegt darüber" in client.get(f"/office/booking/{uid}").text
