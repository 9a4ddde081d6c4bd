"""Odd texts by PUT: each is taken whole or refused whole, never an error of the server, and the next sync agrees."""

from __future__ import annotations

import random

import pytest

from tests import acts
from tests.caldav.desk import Phone, event
from tests.caldav.loops import App, stands
from tests.caldav.test_bookings import text_of
from tests.caldav.test_refused import state
from vorzimmer.testing import Practice

PIECES = [
    "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=SECONDLY", "EXDATE:20270303T090000Z", "RDATE:20270310T090000Z", "DTEND:x",
    "DTSTART;TZID=No/Where:20270302T100000", "DURATION:-PT1H", "SEQUENCE:99999999999", "STATUS:CANCELLED", "TRANSP:",
    "RECURRENCE-ID:20270302T090000Z", "UID:other", "DESCRIPTION:\\", "X-A;B=\"c:d\":e", "SUMMARY:Klassische Massage: x",
    "BEGIN:VALARM", "END:VALARM", "no colon here", "", "DTSTART;VALUE=DATE:20270302", "GEO:N;N", "\x00\x07", "Ä" * 9,
]  # fmt: skip


def spoiled(text: str, chance: random.Random) -> bytes:
    """The text with some lines lost, doubled, exchanged or added, in some spelling of lines."""
    lines = text.split("\r\n")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(1, len(lines))
        act = chance.choice(["drop", "double", "add", "add", "add", "swap"])
        if act == "drop":
            lines.pop(at)
        elif act == "double":
            lines.insert(at, lines[at])
        elif act == "swap":
            lines[at - 1], lines[at] = lines[at], lines[at - 1]
        else:
            lines.insert(at, chance.choice(PIECES))
    data = chance.choice(["\r\n", "\r\n", "\n", "\r"]).join(lines).encode()
    return data[: chance.randrange(len(data))] if chance.random() < 0.1 else data


def fuzz(practice: Practice, phone: Phone, seed: int, tries: int) -> None:
    chance = random.Random(seed)
    made = acts.book(practice.hall, staff="anna")
    path, app = f"bookings/{made.uid}.ics", App(phone, "davx5")
    app.sync()
    for number in range(tries):
        before = state(practice.hall.database)
        own = chance.random() < 0.5
        text = event(f"e{number % 5}", "SUMMARY:x") if own else text_of(phone, made.uid)
        if not own and "BEGIN:VEVENT" not in text:  # cancelled by an odd text
            break
        answer = phone.ask("PUT", f"bookings/e{number % 5}.ics" if own else path, spoiled(text, chance))
        assert answer.status_code in (201, 204, 403, 409, 413), answer.status_code
        if answer.status_code >= 400:
            assert state(practice.hall.database) == before
        whole = phone.ask("GET", "bookings/")
        assert whole.status_code == 200
    app.sync()
    assert app.shows() == stands(phone)


@pytest.mark.parametrize("seed", range(2))
def test_odd_texts_are_taken_whole_or_refused_whole(practice: Practice, anna: Phone, seed: int) -> None:
    fuzz(practice, anna, seed, 25)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_odd_texts_are_taken_whole_or_refused_whole(practice: Practice, anna: Phone, seed: int) -> None:
    fuzz(practice, anna, seed, 300)
