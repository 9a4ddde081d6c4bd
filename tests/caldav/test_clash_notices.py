"""Whom a clash concerns gets a mail, once, whoever made it (S6)."""

from __future__ import annotations

from tests import acts
from tests.caldav.desk import Phone, event
from tests.plugins.noticed import change_account, notices, told
from vorzimmer.testing import Practice

CLASH = "Privater Eintrag über einem Termin"


def clashes(practice: Practice) -> list[str]:
    """Who was told of a clash, in order."""
    return [who for who, fact in told(practice.hall) if fact == CLASH]


def test_person_is_told_of_the_own_event_over_an_appointment(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    assert clashes(practice) == []
    anna.ask("PUT", "bookings/dentist.ics", event("dentist", "SUMMARY:Zahnarzt", end="20270302T110000Z"))
    assert clashes(practice) == ["anna"]
    text = notices(practice.hall)[-1].text
    assert "Wann: Dienstag, 2. März 2027, 10:00–10:30 Uhr" in text.replace("\u2060", "").replace("\xa0", " ")
    assert "Privater Eintrag: Dienstag, 2. März 2027, 10:00–12:00 Uhr" in text
    assert "Zahnarzt" not in text
    assert f"/office/booking/{made.uid}" in text
    anna.ask("PUT", "bookings/dentist.ics", event("dentist", "SUMMARY:Zahnarzt!"))
    assert clashes(practice) == ["anna"]


def test_holidays_over_many_appointments_are_one_piece_of_news(practice: Practice, anna: Phone) -> None:
    for time in ("10:00", "11:00", "14:00"):
        acts.book(practice.hall, f"2027-03-02 {time}", staff="anna")
    anna.ask(
        "PUT",
        "bookings/away.ics",
        event("away", start="20270302", end="20270305").replace(":2027030", ";VALUE=DATE:2027030"),
    )
    assert clashes(practice) == ["anna"]
    text = notices(practice.hall)[-1].text
    assert "Weitere Termine darunter: 2" in text
    assert "Privater Eintrag: Di, 2. März, 00:00 – Fr, 5. März, 00:00" in text


def test_clash_is_told_in_the_language_of_the_login(practice: Practice, anna: Phone) -> None:
    change_account(practice.hall, "anna", language="ru")
    acts.book(practice.hall, staff="anna")
    anna.ask("PUT", "bookings/dentist.ics", event("dentist"))
    assert "Личное событие поверх записи" in notices(practice.hall)[-1].subject
