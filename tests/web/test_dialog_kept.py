"""The session ends in the calendar's dialog: what was typed stands on the page of the same move (office 8)."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.web.customer import english
from tests.web.desk import DESK
from vorzimmer.models import WebSession
from vorzimmer.testing import PASSWORD, Browser, Practice

CALENDAR = {"Referer": "http://localhost/office/calendar?view=day"}
TYPED = {
    "date": "2027-03-03",
    "time": "11:30",
    "staff": "anna",
    "message": "Bitte später & lauter",
    "slot": "other",
}


@pytest.fixture
def desk(client: Browser, practice: Practice) -> Browser:
    english(client)
    client.sign_in(DESK)
    client.get("/office/calendar")
    return client


def test_what_was_typed_in_a_dialog_stands_on_the_page_of_its_form(practice: Practice, desk: Browser) -> None:
    """The page that the form came from does not have it any more; its own address does. Nothing is moved."""
    made = practice.book("massage", "2027-03-02 09:00")
    practice.hall.database.write(lambda session: session.query(WebSession).delete())
    form = {"csrf_token": desk.csrf_token, "sequence": str(made.sequence), **TYPED}
    over = desk.post(f"/office/booking/{made.uid}/move", data=form, headers=CALENDAR)
    assert over.status_code in (401, 403)
    found = re.search(r'name="kept" value="([^"]+)"', over.text)
    assert found
    login = {"csrf_token": desk.csrf_token, "email": DESK, "password": PASSWORD, "kept": found[1]}
    page = desk.post("/office/login", data=login, follow_redirects=True)
    assert page.request.path == f"/office/booking/{made.uid}/move"
    text = unescape(page.text)
    assert re.search(r"<textarea[^>]*>\s*Bitte später & lauter</textarea>", text)
    assert re.search(r'name="time"[^>]* value="11:30"', text)
    assert re.search(r'name="slot" value="other" checked', text)
    with practice.hall.database.reading() as session:
        assert session.get_one(type(made), made.id).starts == made.starts


def test_a_form_that_no_page_shows_is_still_given_to_read(practice: Practice, desk: Browser) -> None:
    """The twin: an address that only takes forms."""
    made = practice.book("massage", "2027-03-02 09:00")
    practice.hall.database.write(lambda session: session.query(WebSession).delete())
    form = {"csrf_token": desk.csrf_token, "message": "Ganz vergebens"}
    over = desk.post(f"/office/booking/{made.uid}/remind", data=form, headers=CALENDAR)
    found = re.search(r'name="kept" value="([^"]+)"', over.text)
    assert found
    login = {"csrf_token": desk.csrf_token, "email": DESK, "password": PASSWORD, "kept": found[1]}
    page = desk.post("/office/login", data=login, follow_redirects=True)
    assert page.request.path == "/office/again"
    assert "Ganz vergebens" in page.text
