"""Colour, place in the list and alarms of a colleague's calendar are the reader's own and stay (RFC 4918 §9.2)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.caldav.desk import NAMESPACES, C, Phone, conditions
from tests.caldav.others import BEN, give_role, switch_on
from vorzimmer.models import ShownCalendar
from vorzimmer.testing import Practice

CLARA = "shown-clara/"
APPLE = "{http://apple.com/ns/ical/}"
ALARM = "BEGIN:VALARM&#13;\nTRIGGER:-PT15M&#13;\nACTION:AUDIO&#13;\nEND:VALARM&#13;\n"
RED = "<I:calendar-color>#FF2968FF</I:calendar-color>"


@pytest.fixture(autouse=True)
def shown(practice: Practice, anna: Phone, ben: Phone) -> None:
    switch_on(practice, anna, "ben", "clara")
    switch_on(practice, ben, "clara")


def patch(phone: Phone, path: str, prop: str, act: str = "set") -> str:
    """The answer to a change of properties, which is 207 whatever becomes of them."""
    body = f"<propertyupdate {NAMESPACES}><{act}><prop>{prop}</prop></{act}></propertyupdate>"
    answer = phone.ask("PROPPATCH", path, body)
    assert answer.status_code == 207
    return answer.text


def color(phone: Phone, path: str) -> str:
    return phone.propfind(path, "I:calendar-color").findtext(f".//{APPLE}calendar-color") or ""


def test_a_colour_stays_and_is_the_readers_alone(practice: Practice, anna: Phone, ben: Phone) -> None:
    before, other = color(ben, CLARA), color(anna, BEN)
    assert "HTTP/1.1 200" in patch(anna, CLARA, RED)
    assert (color(anna, CLARA), color(anna, BEN), color(ben, CLARA)) == ("#FF2968FF", other, before)
    give_role(practice, anna, "owner")  # from now on the copy in full
    assert color(anna, CLARA) == "#FF2968FF"
    patch(anna, CLARA, "<I:calendar-color />", act="remove")
    assert color(anna, CLARA) == before


def test_place_and_alarms_stay_while_another_calendar_is_switched_off(
    practice: Practice, anna: Phone
) -> None:
    patch(anna, BEN, f"<I:calendar-order>7</I:calendar-order>{RED}")
    patch(anna, BEN, f"<C:default-alarm-vevent-datetime>{ALARM}</C:default-alarm-vevent-datetime>")
    switch_on(practice, anna, "ben")  # without Clara
    told = anna.propfind(BEN, "I:calendar-order", "C:default-alarm-vevent-datetime", "I:calendar-color")
    assert told.findtext(f".//{APPLE}calendar-order") == "7"
    assert told.findtext(f".//{APPLE}calendar-color") == "#FF2968FF"
    assert "TRIGGER:-PT15M" in (told.findtext(f".//{C}default-alarm-vevent-datetime") or "")


@pytest.mark.parametrize(
    "other", ["<displayname>x</displayname>", "<I:refreshrate>P1D</I:refreshrate>", "<resourcetype />"]
)
def test_nothing_is_kept_beside_what_is_not_the_readers(anna: Phone, other: str) -> None:
    before = color(anna, BEN)
    answer = patch(anna, BEN, f"{RED}{other}")
    assert ("HTTP/1.1 403" in answer, "HTTP/1.1 424" in answer) == (True, True)
    assert color(anna, BEN) == before


def test_what_is_too_long_is_refused(anna: Phone) -> None:
    body = f"<propertyupdate {NAMESPACES}><set><prop><I:calendar-color>{'f' * 20_000}</I:calendar-color>"
    refused = anna.ask("PROPPATCH", BEN, f"{body}</prop></set></propertyupdate>")
    assert (refused.status_code, conditions(refused)) == (507, {"{DAV:}quota-not-exceeded"})
    assert len(color(anna, BEN)) < 10


def test_it_goes_with_the_calendar_that_is_switched_off(practice: Practice, anna: Phone) -> None:
    before = color(anna, BEN)
    patch(anna, BEN, RED)
    switch_on(practice, anna)
    switch_on(practice, anna, "ben")

    with practice.hall.database.reading() as session:
        assert not any(session.scalars(select(ShownCalendar.properties)))
    assert color(anna, BEN) == before
