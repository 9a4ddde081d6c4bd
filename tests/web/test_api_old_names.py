"""The API understands what people and places were called once, as the pages do (B31)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import acts
from vorzimmer import catalogue
from vorzimmer.access import ROLES, Actor
from vorzimmer.testing import Browser, Practice

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"], owner=True)
START = "2027-03-02T09:00:00+01:00"
SPAN = {"from": "2027-03-02", "to": "2027-03-02"}


@pytest.fixture
def database_url() -> str:
    """SQLite is enough: nothing is asked of the database that a search does not ask."""
    return ""


@pytest.fixture
def renamed(practice: Practice) -> None:
    """Clara is Dr. Dietz by now, and her place was moved along the harbour."""
    acts.act(practice.hall, catalogue.change_resource, OWNER, "clara", {"slug": "dr-dietz"})
    acts.act(practice.hall, catalogue.change_location, OWNER, "hafen", {"slug": "kai"})


@pytest.mark.usefixtures("renamed")
def test_old_names_find_what_new_names_find(client: Browser) -> None:
    """Slots, days and the explanation, by both of them; what never was is still unknown."""

    def told(call: str, **query: Any) -> Any:
        query = {"service": "rueckenschule", **query}
        answer = client.get(f"/api/v1/{call}", query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json

    old, now = {"staff": "clara", "location": "hafen"}, {"staff": "dr-dietz", "location": "kai"}
    slots = told("slots", **SPAN, **old)
    assert slots == told("slots", **SPAN, **now)
    assert (slots["slots"][0]["resources"], slots["slots"][0]["location"]) == (["dr-dietz"], "kai")
    assert told("days", month="2027-03", **old) == told("days", month="2027-03", **now)
    assert told("explain", start=START, staff="clara")["offered"] is True
    for wrong in ({"staff": "nobody"}, {"location": "nowhere"}):
        query = {"service": "rueckenschule", **SPAN, **wrong}
        assert client.get("/api/v1/slots", query_string=query).status_code == 404


@pytest.mark.usefixtures("renamed")
def test_a_time_is_held_by_old_names_with_whom_they_mean(client: Browser) -> None:
    """Of three who give it, the one who was meant."""
    wish = {"service": "erstgespraech", "start": START, "staff": "clara", "location": "hafen"}
    held = client.post("/api/v1/holds", json=wish)
    assert (held.status_code, held.json["resources"][0]) == (201, "dr-dietz")
