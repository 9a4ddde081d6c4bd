"""Nothing that was typed is lost: session over, page too old, another language, database busy (office 8)."""

from __future__ import annotations

import re
import sqlite3
from html import unescape
from typing import Any

import pytest

from tests.web.customer import english
from tests.web.desk import DESK, count
from vorzimmer.models import Booking, Customer
from vorzimmer.testing import PASSWORD, Browser, Practice
from vorzimmer.testing.halls import SQLITE
from vorzimmer_web.shell.refill import refill

NEW = "/office/customers/new"
EVA = {"name": "Eva “Öl” Probe <b>", "email": "eva@kunde.example", "note": "\nfirst line\nsecond & last"}
HERE = {"Referer": f"http://localhost{NEW}"}


def fields(page: str) -> dict[str, str]:
    """Values of the inputs and text areas of a page, by name."""
    found = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)
    found += re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page)
    return {name: unescape(value) for name, value in found}


def sealed(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(client: Browser, path: str = NEW, typed: dict[str, str] = EVA, **more: Any) -> Any:
    return client.post(path, data={"csrf_token": client.csrf_token, **typed}, headers=HERE, **more)


def sign_in_again(client: Browser, page: str, email: str = DESK) -> Any:
    login = {"csrf_token": client.csrf_token, "email": email, "password": PASSWORD, "kept": sealed(page)}
    return client.post("/office/login", data=login, follow_redirects=True)


@pytest.fixture
def desk(client: Browser, practice: Practice) -> Browser:
    english(client)
    client.sign_in(DESK)
    client.get(NEW)
    return client


@pytest.mark.parametrize("how", ["expired", "signed out elsewhere"])
@pytest.mark.parametrize("who", [DESK, "owner@praxis.example"])
def test_a_form_of_a_session_that_is_over_stands_there_again_after_the_sign_in(
    desk: Browser, practice: Practice, how: str, who: str
) -> None:
    """Nothing is sent without a click, and whoever signs in sees it first, under the own name."""
    before = count(practice, Customer)
    if how == "expired":
        practice.clock.move(minutes=31)
    else:
        token = desk.csrf_token
        desk.send("/office/logout")
        desk.csrf_token = token
    asked = send(desk)
    assert (asked.status_code in (401, 403), "not lost" in asked.text) == (True, True)
    back = sign_in_again(desk, asked.text, who)
    assert (back.request.path, f"signed in as {who}" in back.text) == (NEW, True)
    assert EVA.items() <= fields(back.text).items()
    assert count(practice, Customer) == before
    assert desk.get(NEW).text.count("Eva") == 0
    desk.csrf_token = fields(back.text)["csrf_token"]
    assert send(desk, typed={**EVA, "language": "de"}).status_code == 303
    assert count(practice, Customer) == before + 1


def test_a_wrong_password_in_between_loses_nothing(desk: Browser, practice: Practice) -> None:
    practice.clock.move(minutes=31)
    asked = send(desk).text
    wrong = {"csrf_token": desk.csrf_token, "email": DESK, "password": "no", "kept": sealed(asked)}
    again = desk.post("/office/login", data=wrong).text
    assert EVA.items() <= fields(sign_in_again(desk, again).text).items()


def test_the_form_of_an_old_page_leads_back_to_what_was_typed(desk: Browser, practice: Practice) -> None:
    """A58: a token of before the last sign-in does nothing; a form of another site's brings nothing along."""
    before, fresh = count(practice, Customer), desk.csrf_token
    desk.csrf_token = "old"
    asked = send(desk)
    assert (asked.status_code, "too old" in asked.text) == (403, True)
    again = {"csrf_token": fresh, "kept": sealed(asked.text)}
    back = desk.post("/office/kept", data=again, follow_redirects=True)
    assert EVA.items() <= fields(back.text).items()
    foreign = {"data": {"csrf_token": "x", **EVA}, "headers": {"Origin": "https://evil.example"}}
    refused = desk.post(NEW, **foreign)
    assert (refused.status_code, 'name="kept"' in refused.text) == (403, False)
    assert count(practice, Customer) == before


def test_passwords_are_not_kept_and_too_much_is_not(desk: Browser, practice: Practice) -> None:
    page = desk.get("/office/account").text
    marked = set(re.findall(r'name="secret_field" value="([^"]+)"', page))
    names = {*re.findall(r'<input type="password" id="([^"]+)"', page)}
    assert (marked, len(names) > 2) == (names, True)
    practice.clock.move(minutes=31)
    typed = {"name": "Eva", "old": "typed-secret-1", "password": "typed-secret-2", "secret_field": "old"}
    back = sign_in_again(desk, send(desk, typed=typed).text).text
    assert ("Eva" in back, "typed-secret" in back) == (True, False)
    practice.clock.move(minutes=31)
    much = send(desk, typed={**EVA, "note": "x" * 60_000})
    assert (much.status_code, 'type="password"' in much.text, 'name="kept"' in much.text) == (
        403,
        True,
        False,
    )


def test_another_language_leaves_what_was_typed(desk: Browser, practice: Practice) -> None:
    changed = {**EVA, "csrf_token": desk.csrf_token, "speak": "de", "form_action": NEW}
    back = desk.post("/office/language", data=changed, headers=HERE, follow_redirects=True)
    assert ('lang="de"' in back.text, back.request.path) == (True, NEW)
    assert EVA.items() <= fields(back.text).items()


def test_what_has_no_form_any_more_can_be_read_and_sent(desk: Browser, practice: Practice) -> None:
    practice.clock.move(minutes=31)
    odd = {**EVA, "no-such-field": "something"}
    back = sign_in_again(desk, send(desk, typed=odd).text)
    assert (back.request.path, "Send again" in back.text, "something" in back.text) == (
        "/office/again",
        True,
        True,
    )
    assert odd.items() <= fields(back.text).items()


def test_without_a_right_the_page_names_it_and_blames_no_sign_in(client: Browser, practice: Practice) -> None:
    """In the office's own layout."""
    english(client)
    client.sign_in("anna@praxis.example")
    page = client.get("/office/settings/publish")
    assert (page.status_code, "the right “Settings”" in page.text) == (403, True)
    assert ("sign-in may have ended" in page.text, 'class="office-header"' in page.text) == (False, True)
    client.post("/language", data={"language": "de"})
    assert "„Einstellungen“" in client.get("/office/settings/publish").text


def test_a_typed_booking_comes_back_with_its_time(desk: Browser, practice: Practice) -> None:
    """The page shows no times before a service is chosen: one click leads to the form as it was."""
    booking = {"service": "massage", "staff": "ben", "slot": "2027-03-09T12:00:00+01:00|markt", **EVA}
    practice.clock.move(minutes=31)
    desk.get("/office/login")
    back = sign_in_again(desk, send(desk, "/office/new", booking).text)
    assert 'name="show" value="again"' in back.text
    carried = fields(back.text)
    assert booking.items() <= carried.items()
    again = desk.post("/office/new", data={**carried, "show": "again"})
    assert {"name": EVA["name"], "email": EVA["email"]}.items() <= fields(again.text).items()
    chosen = re.search(r'<input type="radio"[^>]*value="([^"]*)"[^>]* checked', again.text)
    assert chosen is not None
    assert unescape(chosen[1]).startswith("2027-03-09T12:00:00+01:00|markt")
    assert count(practice, Booking) == 0


def test_a_form_that_needs_the_password_again_is_not_lost(client: Browser, practice: Practice) -> None:
    """A27: the proof of who one is may be too old meanwhile."""
    english(client)
    client.sign_in("owner@praxis.example")
    path = "/office/settings/roles/new"
    client.get(path)
    for _time in range(3):
        practice.clock.move(minutes=20)
        client.get("/office/")
    typed = {"csrf_token": client.csrf_token, "name": "Evening shift", "rights": "notes"}
    asked = client.post(
        path, data=typed, headers={"Referer": f"http://localhost{path}"}, follow_redirects=True
    )
    assert asked.request.path == "/office/account/confirm"
    proof = {"csrf_token": client.csrf_token, "password": PASSWORD}
    address = f"{asked.request.path}?{asked.request.query_string.decode()}"
    back = client.post(address, data=proof, follow_redirects=True)
    assert (back.request.path, fields(back.text)["name"]) == (path, "Evening shift")


def test_a_busy_database_keeps_what_was_typed(desk: Browser, practice: Practice) -> None:
    """F25: the page carries it, with its token, and sends it again."""
    before = count(practice, Customer)
    with sqlite3.connect(practice.hall.config.data / SQLITE, isolation_level=None) as held:
        held.execute("BEGIN IMMEDIATE")
        busy = send(desk, typed={**EVA, "language": "de"})
        assert (busy.status_code, busy.headers["Retry-After"], count(practice, Customer)) == (
            503,
            "5",
            before,
        )
        held.execute("ROLLBACK")
    carried = fields(busy.text)
    assert EVA.items() <= carried.items()
    assert desk.post(NEW, data=carried).status_code == 303
    assert count(practice, Customer) == before + 1


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028"])
def test_ends_of_lines_in_a_page_move_no_field(end: str) -> None:
    """What somebody typed elsewhere on the page may hold any of them."""
    page = f'<p>one{end}two\n</p>\n<form method="post" action="/a"><input name="x" value="old"></form>'
    told = refill(page, "/", "/a", [("x", "new")])
    assert told == page.replace("old", "new")
