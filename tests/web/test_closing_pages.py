"""Pages and calls that close time show the appointments in it first, with a choice for each (rule 19)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests import acts
from vorzimmer.models import Booking, Status
from vorzimmer.testing import Browser, Practice

KEY = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
OPENING = {"kind": "location", "slug": "markt", "tuesday": [{"start": "13:00", "end": "17:00"}]}
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "hours": ("/office/hours/resource/anna", {"1-0-from": "09:00", "1-0-until": "12:00"}),
    "day": ("/office/hours/resource/anna/day", {"day": "2027-03-02", "place": "1"}),
    "own day": ("/office/holidays/days", {"day": "2027-03-02", "name": "Umzug"}),
    "region": ("/office/holidays/regions", {"region-markt": "ET"}),
    "service": ("/office/settings/services/massage/archive", {}),
    "person": ("/office/settings/people/anna/archive", {}),
    "place": ("/office/settings/places/markt/archive", {}),
}
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "week": ("post", "/hours", OPENING),
    "day": ("post", "/hours/days", {"kind": "location", "slug": "markt", "day": "2027-03-02", "periods": []}),
    "person": ("patch", "/resources/anna", {"active": False}),
    "place": ("patch", "/locations/markt", {"active": False}),
    "service": ("patch", "/services/massage", {"active": False}),
    "own day": ("patch", "/plugins/vorzimmer_holidays", {"settings": {"own": [{"day": "2027-03-02"}]}}),
}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The file leaves the holidays to the office."""
    settings["plugins"]["vorzimmer_holidays"] = {}
    return settings


@pytest.fixture
def made(practice: Practice, client: Browser) -> Booking:
    """Max Muster is with Anna on Tuesday; the owner sits at the desk."""
    client.sign_in("owner@praxis.example")
    return practice.book("massage", "2027-03-02 10:00")


def sent_again(page: str) -> dict[str, Any]:
    """What the page keeps of what was typed."""
    main = page[page.index('<form action="/office/', page.index("<main")) :]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return {name: unescape(value) for name, value in fields if name != "csrf_token"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_what_becomes_of_each_appointment(
    practice: Practice, client: Browser, made: Booking, page: str
) -> None:
    """Nothing is done before; what was typed is sent again with the decision."""
    path, typed = PAGES[page]
    client.get("/office/")
    asked = client.send(path, **typed)
    assert (asked.status_code, "Max Muster" in asked.text, f"decision-{made.uid}" in asked.text) == (
        409,
        True,
        True,
    )
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED
    decided = {f"decision-{made.uid}": "cancel", "message": "Wir ziehen um."}
    done = client.send(path, **sent_again(asked.text), **decided)
    assert done.status_code == 200
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED


def test_one_press_chooses_for_all(practice: Practice, client: Browser, made: Booking) -> None:
    """And does nothing yet; whoever is free is suggested otherwise."""
    path, typed = PAGES["hours"]
    client.get("/office/")
    assert '<option value="reassign:ben" selected>' in client.send(path, **typed).text
    chosen = client.send(path, **typed, all="offer")
    assert '<option value="offer" selected>' in chosen.text
    assert acts.again(practice.hall, made.uid).offered_at is None


def test_a_decision_that_is_not_possible_any_more_is_asked_anew(
    practice: Practice, client: Browser, made: Booking
) -> None:
    """Ben was taken meanwhile."""
    path, typed = PAGES["person"]
    client.get("/office/")
    practice.book("massage", "2027-03-02 10:00", "ben", name="Lena Lang", email="")
    asked = client.send(path, **typed, **{f"decision-{made.uid}": "reassign:ben"})
    assert (asked.status_code, 'aria-invalid="true"' in asked.text) == (409, True)
    assert practice.resource("anna").active


@pytest.mark.parametrize("call", CALLS)
def test_a_call_refuses_what_is_undecided(
    practice: Practice, client: Browser, made: Booking, call: str
) -> None:
    """409 `affected` with the bookings; with decisions all of it is done at once."""
    method, path, body = CALLS[call]
    send = getattr(client, method)
    refused = send(f"/api/v1{path}", json=body, headers=KEY)
    assert (refused.status_code, refused.json["code"]) == (409, "affected")
    assert [one["id"] for one in refused.json["bookings"]] == [made.uid]
    done = send(f"/api/v1{path}", json={**body, "decisions": {made.uid: "keep"}}, headers=KEY)
    assert done.status_code == 200, done.json
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED


def test_a_request_in_closed_time_is_accepted_after_a_question_only(
    practice: Practice, client: Browser
) -> None:
    """On its page, in bulk and by the API."""
    asked = acts.book(practice.hall, "2027-03-02 10:00", "erstgespraech", staff="anna")
    client.sign_in("owner@praxis.example")
    path, typed = PAGES["own day"]
    client.get("/office/")
    client.send(path, **typed, **{f"decision-{asked.uid}": "keep"})
    question = client.send(f"/office/booking/{asked.uid}/accept")
    assert (question.status_code, "Umzug" in question.text) == (409, True)
    assert "inzwischen geschlossen" in client.send("/office/appointments", act="accept", pick=asked.uid).text
    by_api = client.post(f"/api/v1/bookings/{asked.uid}/accept", json={}, headers=KEY)
    assert (by_api.status_code, by_api.json["reasons"][0]["text"]) == (409, "Umzug")
    assert acts.again(practice.hall, asked.uid).status == Status.REQUESTED
    client.get("/office/")
    client.send(f"/office/booking/{asked.uid}/accept", override="warning", reason="abgesprochen")
    assert acts.again(practice.hall, asked.uid).status == Status.CONFIRMED


def test_the_same_closed_day_is_not_entered_twice(practice: Practice, client: Browser) -> None:
    client.sign_in("owner@praxis.example")
    client.get("/office/")
    path, typed = PAGES["own day"]
    assert client.send(path, **typed).status_code == 200
    again = client.send(path, **typed)
    assert (again.status_code, "schon eingetragen" in again.text) == (422, True)
