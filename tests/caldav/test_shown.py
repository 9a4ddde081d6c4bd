"""Calendars of colleagues, rooms and devices on one's phone: interface.md, CalDAV."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests import acts
from tests.caldav.desk import NAMESPACES, Phone, event
from tests.caldav.others import BEN, give_role, names_of, objects, switch_on, synced, texts, times
from tests.caldav.test_series import roll
from vorzimmer import booking, catalogue
from vorzimmer.access import ROLES, Actor
from vorzimmer.catalogue import Need
from vorzimmer.models import Allocation, Occurrence
from vorzimmer.testing import Practice


@pytest.fixture
def database_url() -> str:
    """What is told and what is not does not depend on the database: once, on SQLite, is enough."""
    return ""


def test_calendars_of_others_appear_when_they_are_switched_on(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    anna.ask("MKCALENDAR", "own/")
    assert list(names_of(anna)) == ["bookings/", "own/"]
    switch_on(practice, anna, "raum-1", "ben", "ultraschall")
    assert list(names_of(anna)) == ["bookings/", "own/", BEN, "shown-raum-1/", "shown-ultraschall/"]
    assert names_of(anna)[BEN] == "Ben Cordes"
    assert list(names_of(ben)) == ["bookings/"]
    switch_on(practice, anna, "raum-1")
    assert list(names_of(anna)) == ["bookings/", "own/", "shown-raum-1/"]


def test_appointment_of_a_colleague_is_busy_and_nothing_else(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="ben")
    switch_on(practice, anna, "ben")
    (text,) = texts(anna, BEN)
    for line in ("SUMMARY:Belegt", "CLASS:CONFIDENTIAL", "TRANSP:OPAQUE", "STATUS:CONFIRMED", "SEQUENCE:0"):
        assert f"\r\n{line}\r\n" in text
    assert times(text) == ["20270302T090000Z", "20270302T093000Z"]
    assert made.uid not in text


def test_who_sees_everybodys_appointments_sees_them_in_full(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    """The right of the office's calendar; alarms and colours stay with whom they belong to."""
    give_role(practice, anna, "owner")
    made = acts.book(practice.hall, staff="ben")
    path = f"bookings/{made.uid}.ics"
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:mine\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT"
    assert ben.ask("PUT", path, ben.ask("GET", path).text.replace("END:VEVENT", alarm)).status_code == 204
    switch_on(practice, anna, "ben", "raum-1")
    own, (seen,) = ben.ask("GET", path).text, texts(anna, BEN)
    assert acts.OLGA.name.split()[0] in seen
    for name in ("SUMMARY", "LOCATION", "DTSTART", "DTEND", "STATUS"):
        assert re.findall(f"^{name}.*", seen, re.MULTILINE) == re.findall(f"^{name}.*", own, re.MULTILINE)
    assert "VALARM" in own
    assert "VALARM" not in seen


def test_room_and_device_show_what_takes_them(practice: Practice, anna: Phone) -> None:
    acts.book(practice.hall, service="ultraschall", staff="ben")
    switch_on(practice, anna, "raum-1", "raum-2", "ultraschall")
    rooms = [*texts(anna, "shown-raum-1/"), *texts(anna, "shown-raum-2/")]
    assert [times(text) for text in (*rooms, *texts(anna, "shown-ultraschall/"))] == [
        ["20270302T090000Z", "20270302T092000Z"]
    ] * 2


def test_private_event_closes_time_and_says_nothing_to_anybody(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    give_role(practice, anna, "owner")
    switch_on(practice, anna, "ben")
    _, token = synced(anna, BEN)
    ben.ask("MKCALENDAR", "own/")
    ben.ask("PUT", "own/a.ics", event("a", "SUMMARY:Scheidungsanwalt"))
    ben.ask(
        "PUT",
        "bookings/b.ics",
        event("b", "SUMMARY:Zahnarzt", start="20270303T090000Z", end="20270303T100000Z"),
    )
    seen, token = synced(anna, BEN, token)
    assert len(seen) == 2
    assert [times(text)[0] for text in texts(anna, BEN)] == ["20270302T090000Z", "20270303T090000Z"]
    assert all(
        "SUMMARY:Belegt" in text and "anwalt" not in text and "Zahn" not in text for text in texts(anna, BEN)
    )
    ben.ask("DELETE", "bookings/b.ics")
    ben.ask("PUT", "own/a.ics", event("a", start="20270302T130000Z", end="20270302T140000Z"))
    changed, token = synced(anna, BEN, token)
    assert sorted(changed.values()) == [False, True]
    ben.ask("DELETE", "own/")
    assert list(synced(anna, BEN, token)[0].values()) == [False]


def test_events_that_take_no_time_are_not_shown(practice: Practice, anna: Phone, ben: Phone) -> None:
    ben.ask("MKCALENDAR", "own/")
    ben.ask("PUT", "own/a.ics", event("a"))
    ben.ask("PUT", "own/b.ics", event("b", "TRANSP:TRANSPARENT"))
    switch_on(practice, anna, "ben")
    assert len(objects(anna, BEN)) == 1
    for value, left in (("transparent", 0), ("opaque", 1)):
        ben.ask(
            "PROPPATCH",
            "own/",
            f"<propertyupdate {NAMESPACES}><set><prop><C:schedule-calendar-transp><C:{value} />"
            "</C:schedule-calendar-transp></prop></set></propertyupdate>",
        )
        assert len(objects(anna, BEN)) == left


def test_holds_and_what_is_declined_are_shown_as_in_ones_own(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    switch_on(practice, anna, "ben")
    held = acts.hold(practice.hall, service="erstgespraech", staff="ben")
    assert (len(objects(anna, BEN)), len(objects(ben, "bookings/"))) == (0, 0)
    acts.type_details(practice.hall, held.uid)
    acts.confirm(practice.hall, held)
    assert "STATUS:TENTATIVE" in texts(anna, BEN)[0]
    acts.act(practice.hall, booking.decline, acts.DESK, held.uid)
    assert (len(objects(anna, BEN)), len(objects(ben, "bookings/"))) == (0, 0)


def test_free_busy_and_time_ranges_are_answered(practice: Practice, anna: Phone) -> None:
    acts.book(practice.hall, staff="ben")
    acts.book(practice.hall, "2027-03-09 10:00", staff="ben")
    switch_on(practice, anna, "ben")
    assert len(anna.query(BEN, "20270302T000000Z", "20270303T000000Z")) == 1
    body = (
        f"<C:free-busy-query {NAMESPACES}><C:time-range start='20270301T000000Z' end='20270401T000000Z' />"
        "</C:free-busy-query>"
    )
    told = anna.ask("REPORT", BEN, body).text
    assert "FREEBUSY;FBTYPE=BUSY:20270302T090000Z/20270302T093000Z" in told
    assert "20270309T090000Z" in told


def test_who_comes_back_in_an_appointment_is_free_between(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    """Office 25, rule 30: what is told as busy is what is taken, in the own calendar and in one shown to others."""
    owner = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
    needs = [Need("staff", ("ben",), minutes=20), Need("staff", ("ben",), offset=50)]
    acts.act(practice.hall, catalogue.create_service, owner, {"name": "Farbe", "minutes": 60}, needs)
    acts.book(practice.hall, service="farbe")
    switch_on(practice, anna, "ben")
    body = (
        f"<C:free-busy-query {NAMESPACES}><C:time-range start='20270301T000000Z' end='20270401T000000Z' />"
        "</C:free-busy-query>"
    )
    for told in (anna.ask("REPORT", BEN, body).text, ben.ask("REPORT", "bookings/", body).text):
        assert re.findall(r"FBTYPE=BUSY:(\S+)", told) == [
            "20270302T090000Z/20270302T092000Z",
            "20270302T095000Z/20270302T100000Z",
        ]


def test_horizon_of_a_shown_series_moves_on_and_takes_the_time_once(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    ben.ask("PUT", "bookings/w.ics", event("w", "RRULE:FREQ=WEEKLY"))
    switch_on(practice, anna, "ben")
    assert len(objects(anna, BEN)) == 1
    practice.clock.move(days=60)
    roll(practice)
    with practice.hall.database.reading() as session:
        taken = session.query(Allocation).count()
        unfolded = session.query(Occurrence.calendar_id).all()
    assert sorted(Counter(unfolded).values()) == [taken, taken]
