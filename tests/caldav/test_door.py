"""Small things at the door: addresses as apps write them, properties that are not kept, rights that were lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import acts
from tests.caldav.desk import NAMESPACES, D, Phone, event, hrefs
from tests.caldav.others import give_role, names_of, switch_on
from vorzimmer.testing import Practice

CADDYFILE = Path(__file__).parents[2] / "packaging/Caddyfile"


@pytest.fixture
def database_url() -> str:
    """The door asks few tables: once, on SQLite, is enough."""
    return ""


def test_own_home_is_found_in_any_case(anna: Phone) -> None:
    for spelled in ("Anna%40Praxis.example", "ANNA@PRAXIS.EXAMPLE"):
        phone = replace(anna, address="Anna@Praxis.Example")
        assert hrefs(phone.propfind(f"/dav/{spelled}/", "D:displayname")) == [anna.home]
        path = f"/dav/{spelled}/bookings/a.ics"
        assert phone.ask("PUT", path, event("a")).status_code == 201
        there = f"/dav/{spelled}/bookings/b.ics"
        assert phone.ask("MOVE", path, Destination=there).status_code == 201
        assert phone.ask("DELETE", there).status_code == 204
    assert anna.ask("PROPFIND", "/dav/Ben%40praxis.example/").status_code == 403


def test_doubled_slashes_are_one(anna: Phone) -> None:
    assert anna.ask("PUT", f"{anna.home}bookings//a.ics", event("a")).status_code == 201
    assert anna.ask("GET", "bookings/a.ics").text == event("a")
    assert anna.ask("MOVE", "bookings/a.ics", Destination=f"{anna.home}/bookings//b.ics").status_code == 201
    assert anna.ask("GET", f"{anna.home}//bookings///b.ics").status_code == 200
    assert anna.ask("PROPFIND", "/dav//ben%40praxis.example//bookings/").status_code == 403
    page = anna.app.test_client().get("/office//login")
    assert (page.status_code, page.headers["Location"]) == (308, "http://localhost/office/login")
    assert anna.app.test_client().get("//evil.example/office/login").status_code == 400


def test_caddy_leaves_calendars_as_they_are() -> None:
    """What is compressed on the way gets another entity tag."""
    lines = [line.strip() for line in CADDYFILE.read_text().splitlines()]
    assert "@pages not path /dav/*" in lines
    assert "encode @pages zstd gzip" in lines


@pytest.mark.parametrize(("path", "status"), [("", 403), ("shown-ben/", 200)])
def test_each_property_is_told_whether_it_is_kept(
    practice: Practice, anna: Phone, path: str, status: int
) -> None:
    switch_on(practice, anna, "ben")
    props = "<I:calendar-color>#ff0000</I:calendar-color><I:calendar-order>3</I:calendar-order>"
    body = f"<propertyupdate {NAMESPACES}><set><prop>{props}</prop></set></propertyupdate>"
    answer = anna.ask("PROPPATCH", path, body)
    assert answer.status_code == 207
    assert f"HTTP/1.1 {status}" in answer.text
    assert "calendar-color" in answer.text
    assert "calendar-order" in answer.text
    assert anna.ask("PROPPATCH", path, "<x/>").status_code == 400


@pytest.mark.parametrize(
    ("role", "own"),
    [("owner", True), ("desk", True), ("staff", True), ("customers", False), ("settings", False)],
)
def test_calendar_goes_with_the_right_to_appointments(
    practice: Practice, anna: Phone, role: str, own: bool
) -> None:
    """X3: what pages and API refuse, calendar apps are refused as well."""
    made = acts.book(practice.hall, staff="anna")
    anna.ask("MKCALENDAR", "own/")
    anna.ask("PUT", "own/a.ics", event("a", start="20270305T090000Z", end="20270305T100000Z"))
    give_role(practice, anna, role)
    assert list(names_of(anna)) == (["bookings/", "own/"] if own else [])
    path = f"bookings/{made.uid}.ics"
    asked = [("PROPFIND", "bookings/", 207), ("GET", path, 200), ("GET", "own/a.ics", 200), ("GET", "bookings/", 200),
             ("PUT", "own/a.ics", 204), ("DELETE", "own/", 204), ("DELETE", path, 204)]  # fmt: skip
    for method, there, good in asked:
        body = event("a", start="20270305T090000Z", end="20270305T110000Z") if method == "PUT" else ""
        answer = anna.ask(method, there, body)
        assert answer.status_code == (good if own else 403), (method, there)
        assert own or "Klassische" not in answer.text
    assert (acts.again(practice.hall, made.uid).status == "cancelled") is own


def test_whole_calendar_has_what_came_with_other_line_ends(anna: Phone) -> None:
    """S2: stored as RFC 5545 writes it, and the app is not told that its own bytes were kept."""
    for uid, text in (("lf", event("lf").replace("\r\n", "\n")), ("cr", event("cr").replace("\r\n", "\r"))):
        answer = anna.ask("PUT", f"bookings/{uid}.ics", text)
        assert (answer.status_code, "ETag" in answer.headers) == (201, False)
        assert anna.ask("GET", f"bookings/{uid}.ics").text == event(uid)
    whole = anna.ask("GET", "bookings/").text
    assert "UID:lf\r\n" in whole
    assert "UID:cr\r\n" in whole
    assert f"{D}" not in whole


def test_an_invitation_is_no_object_of_a_calendar(anna: Phone) -> None:
    """X16: METHOD belongs to messages (RFC 4791 §4.1)."""
    text = event("a")
    refused = anna.ask(
        "PUT", "bookings/a.ics", text.replace("BEGIN:VEVENT", "METHOD:REQUEST\r\nBEGIN:VEVENT")
    )
    assert (refused.status_code, "valid-calendar-object-resource" in refused.text) == (403, True)
    assert anna.ask("GET", "bookings/a.ics").status_code == 404
    assert anna.ask("PUT", "bookings/a.ics", text).status_code == 201
