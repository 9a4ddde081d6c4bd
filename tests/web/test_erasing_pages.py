"""Erasing a customer in the office and by API (S34, A93, A176)."""

from __future__ import annotations

import pytest

from tests.web.desk import DESK
from vorzimmer import urls
from vorzimmer.models import Booking
from vorzimmer.testing import Browser, Clock, Practice

OWNER = "owner@praxis.example"


@pytest.fixture
def been(practice: Practice, clock: Clock) -> Booking:
    """Max Muster has been, and is expected no more."""
    made = practice.book("massage", "2027-03-02 10:00", "anna")
    clock.move(days=2)
    return made


def record(made: Booking) -> str:
    assert made.customer is not None
    return f"/office/customers/{made.customer.uid}"


def test_the_owner_reads_what_goes_and_what_stays_before(client: Browser, been: Booking) -> None:
    client.sign_in(OWNER)
    assert f'href="{record(been)}/erase"' in client.get(record(been)).text
    page = client.get(f"{record(been)}/erase").text
    assert "Das wird gelöscht" in page
    assert "Das bleibt" in page
    assert client.get(record(been)).status_code == 200


def test_after_the_button_nobody_finds_the_name(client: Browser, been: Booking) -> None:
    """A176: list, search, calendar, log; the message of the page itself names nobody."""
    client.sign_in(OWNER)
    client.get(f"{record(been)}/erase")
    assert "Die personenbezogenen Daten sind gelöscht." in client.send(f"{record(been)}/erase").text
    day = "/office/calendar?day=2027-03-02"
    pages = [client.get(path) for path in ("/office/customers?q=muster", day, "/office/?day=2027-03-02")]
    assert [page.request.path for page in pages if "Max Muster" in page.text] == []
    assert "Gelöscht" in pages[2].text
    assert client.get(record(been)).status_code == 404


def test_sent_twice_it_is_done_once(client: Browser, been: Booking) -> None:
    client.sign_in(OWNER)
    client.get(f"{record(been)}/erase")
    assert [client.send(f"{record(been)}/erase").status_code for _ in range(2)] == [200, 200]


def test_the_customers_link_leads_nowhere(client: Browser, practice: Practice, been: Booking) -> None:
    """A93: as if the appointment had never been."""
    path = urls.manage(practice.hall.config, been.uid).removeprefix(practice.hall.config.base_url)
    client.sign_in(OWNER)
    client.get(f"{record(been)}/erase")
    client.send(f"{record(been)}/erase")
    visitor = client.application.test_client()
    visitor.get(path)
    assert visitor.send(path).status_code == 404  # type: ignore[attr-defined]  # a `Browser`


def test_who_is_expected_stays_and_the_page_says_when(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 10:00", "anna")
    client.sign_in(OWNER)
    assert "Endgültig löschen" not in client.get(f"{record(made)}/erase").text
    refused = client.send(f"{record(made)}/erase")
    assert refused.status_code == 409
    assert f'href="/office/booking/{made.uid}"' in refused.text


def test_the_desk_is_offered_nothing(client: Browser, been: Booking) -> None:
    """A1: no link, no page."""
    client.sign_in(DESK)
    assert "/erase" not in client.get(record(been)).text
    assert client.get(f"{record(been)}/erase").status_code == 403


def test_the_api_tells_first_and_erases_then(client: Browser, been: Booking) -> None:
    client.sign_in(OWNER)
    path, origin = f"/api/v1{record(been).removeprefix('/office')}/erase", {"Origin": "http://localhost"}
    dry = client.post(path, json={"dry_run": True}, headers=origin).json
    assert (dry["coming"], dry["erased_at"], bool(dry["goes"]), bool(dry["stays"])) == ([], None, True, True)
    done = client.post(path, json={}, headers=origin).json
    assert done["erased_at"] == "2027-03-03T08:00:00+01:00"
    again = client.post(path, json={}, headers=origin).json
    assert (again["goes"], again["erased_at"]) == ([], done["erased_at"])


def test_the_api_lists_what_has_to_be_cancelled(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 10:00", "anna")
    client.sign_in(OWNER)
    path, origin = f"/api/v1{record(made).removeprefix('/office')}/erase", {"Origin": "http://localhost"}
    refused = client.post(path, json={}, headers=origin)
    assert (refused.status_code, refused.json["code"]) == (409, "coming")
    assert [one["id"] for one in refused.json["bookings"]] == [made.uid]
