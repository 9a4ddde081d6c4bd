"""Calendar apps, the desk and customers at one slot at once: one wins, the others are told, nothing is half-done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from tests import acts
from tests.caldav.desk import Phone, event
from tests.caldav.others import synced
from tests.races.test_one_winner import overlaps, race
from vorzimmer import booking
from vorzimmer.models import Booking
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.testing import Practice, berlin

SLOT = "2027-03-02 14:00"


def anna(app: Flask) -> Phone:
    return Phone(app, "anna@praxis.example", "anna-caldav-demo-0001")


def put(phone: Phone, uid: str, start: str, end: str) -> Callable[[], bool]:
    """A phone drags an appointment there; whether it was taken."""
    path, text = f"bookings/{uid}.ics", event(uid, start=start, end=end)
    return lambda: phone.ask("PUT", path, text).status_code in (201, 204)


def drag(hall: Hall, uid: str, start: str) -> Callable[[], Booking]:
    """The desk drags an appointment there."""
    target = booking.Target(berlin(start))
    return lambda: acts.act(hall, booking.move, acts.DESK, uid, target)


def test_phones_holds_and_blocks_at_one_slot_have_one_winner(practice: Practice, app: Flask) -> None:
    """Issue 7.4: holds, staff moves and CalDAV PUTs mixed; blocks may share the time among themselves."""
    hall = practice.hall
    times = [f"2027-03-0{day} {hour}:00" for day in (3, 4) for hour in ("09", "10", "11", "14", "15")]
    made = [acts.book(hall, when, staff="anna") for when in times]
    racers: list[Callable[[], Any]] = [
        put(anna(app), booked.uid, "20270302T130000Z", "20270302T133000Z") for booked in made[:5]
    ]
    racers += [drag(hall, booked.uid, SLOT) for booked in made[5:]]
    racers += [lambda: acts.hold(hall, SLOT, staff="anna")] * 10
    results = race(racers)
    won = [result for result in results if result is True or isinstance(result, Booking)]
    assert len(won) == 1
    assert {type(result) for result in results} <= {bool, Booking, Refused}
    assert overlaps(hall) == 0


def test_web_and_phone_at_one_appointment_lose_no_update(practice: Practice, app: Flask) -> None:
    """F56: every accepted change is one step of the sequence, and the calendar says what the table says."""
    hall = practice.hall
    made = acts.book(hall, "2027-03-03 09:00", staff="anna")
    racers: list[Callable[[], Any]] = []
    for number in range(8):
        start, end = f"2027030{3 + number % 3}T1{number % 4}0000Z", "20270309T230000Z"
        racers.append(put(anna(app), made.uid, start, end))
        racers.append(drag(hall, made.uid, f"2027-03-1{1 + number % 2} 1{number % 2}:00"))
    results = race(racers)
    accepted = sum(1 for result in results if result is True or isinstance(result, Booking))
    after = acts.again(hall, made.uid)
    assert 0 < after.sequence <= accepted
    text = anna(app).ask("GET", f"bookings/{made.uid}.ics").text
    assert f"SEQUENCE:{after.sequence}" in text
    assert acts.calendar_texts(hall, made.uid) == [text]
    assert overlaps(hall) == 0


def test_writes_at_once_into_one_calendar_lose_no_change(practice: Practice, app: Flask) -> None:
    """Events that take no time meet nothing but the claim of their calendar: each is a row of its log (tests 7)."""
    phone = anna(app)
    _, before = synced(phone, "bookings/")
    racers: list[Callable[[], Any]] = [
        lambda number=number: (
            phone.ask(  # type: ignore[misc]  # bound at once
                "PUT", f"bookings/t{number}.ics", event(f"t{number}", "TRANSP:TRANSPARENT")
            ).status_code
        )
        for number in range(16)
    ]
    assert race(racers) == [201] * 16
    changed, after = synced(phone, "bookings/", before)
    assert len(changed) == 16
    assert int(after.rpartition("-")[2]) - int(before.rpartition("-")[2]) == 16
