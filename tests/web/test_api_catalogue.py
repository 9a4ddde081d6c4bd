"""The catalogue and the hours by API: all that the office can set (K17 to K29, K37 to K42, O6 to O9, O52, O56)."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.desk import address
from vorzimmer import accounts
from vorzimmer.testing import Browser, Practice
from vorzimmer.testing.instants import START

OWNER = "vz_demo_0000000000000000000000000001"
ANNAS = "vz_anna_0000000000000000000000000001"
YOGA: dict[str, Any] = {
    "name": "Yoga",
    "duration_minutes": 45,
    "needs": [{"kind": "staff", "members": ["anna"]}],
}
MORNING = [{"start": "10:00", "end": "11:00"}]


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what the database does is tested in `tests/core/test_catalogue.py`."""
    return ""


@pytest.fixture
def annas(practice: Practice) -> str:
    """A key with anna's rights."""
    practice.hall.database.write(
        lambda session: accounts.add_api_key(
            session, START, address(session, "anna@praxis.example"), "Test", ANNAS
        )
    )
    return ANNAS


def ask(client: FlaskClient, method: str, path: str, key: str = OWNER, **body: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    json = None if method == "GET" else body
    return client.open(f"/api/v1/{path}", method=method, json=json, headers=headers)


def test_a_service_is_added_and_booked(practice: Practice, client: Browser) -> None:
    answer = ask(client, "POST", "services", **YOGA)
    assert (answer.status_code, answer.get_json()["service"]["slug"]) == (201, "yoga")
    practice.book("yoga", "2027-03-02 09:00")


def test_a_service_is_changed_and_archived(practice: Practice, client: Browser) -> None:
    changed = ask(client, "PATCH", "services/massage", duration_minutes=60, price=None, reminder_hours=[2])
    assert changed.get_json()["service"]["duration_minutes"] == 60
    assert practice.service("massage").reminders == [2]
    assert ask(client, "PATCH", "services/massage", active=False).status_code == 200
    assert "massage" not in ask(client, "GET", "services", key="").text


def test_a_price_that_is_not_shown_is_null_for_customers(client: Browser, practice: Practice) -> None:
    """K24, interface.md."""
    ask(client, "PATCH", "services/massage", price_shown=False)
    seen = {key: ask(client, "GET", "services", key=key).get_json()["services"][0] for key in ("", OWNER)}
    assert (seen[""]["slug"], seen[""]["price"], seen[OWNER]["price"]) == ("massage", None, 4500)
    assert "needs" not in seen[""]
    assert seen[OWNER]["needs"][0]["members"] == ["anna", "ben"]


def test_what_is_wrong_is_said_by_field(practice: Practice, client: Browser) -> None:
    answer = ask(client, "POST", "services", **{**YOGA, "slug": "massage"})
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "slug")


def test_a_room_a_person_and_a_place_are_added(practice: Practice, client: Browser) -> None:
    place = ask(client, "POST", "locations", name="Süd", zone="Europe/Berlin").get_json()["location"]["slug"]
    room = ask(client, "POST", "resources", name="Raum 3", kind="room", location=place)
    assert room.get_json()["resource"]["location"] == "sued"
    person = ask(client, "POST", "resources", name="Dora", kind="staff", services=["massage"])
    assert person.status_code == 201
    assert "dora" in ask(client, "GET", "services").get_json()["services"][0]["needs"][0]["members"]
    assert "dora" in ask(client, "GET", "resources").text
    assert "sued" in ask(client, "GET", "locations").text


def test_a_change_that_is_refused_halfway_leaves_nothing(practice: Practice, client: Browser) -> None:
    """One transaction: the name is not changed without the services."""
    answer = ask(client, "PATCH", "resources/clara", name="Clara D.", services=[])
    assert answer.status_code == 422
    assert practice.resource("clara").name == "Clara Dietz"


def test_hours_are_set_and_hold_in_the_next_search(practice: Practice, client: Browser) -> None:
    """K37, rule 14."""
    whose = {"kind": "resource", "slug": "anna", "location": "markt"}
    found = ask(client, "POST", "hours", **whose, tuesday=MORNING).get_json()["hours"]
    assert found[0]["tuesday"] == MORNING
    ask(client, "POST", "hours/days", **whose, day="2027-03-03", periods=MORNING)
    days = {"service": "massage", "from": "2027-03-02", "to": "2027-03-04", "staff": "anna"}
    slots = client.get("/api/v1/slots", query_string=days).get_json()["slots"]
    assert [slot["start"][:16] for slot in slots if slot["start"][14:16] == "00"] == [
        "2027-03-02T10:00",
        "2027-03-03T10:00",
    ]


def test_hours_that_overlap_are_refused(practice: Practice, client: Browser) -> None:
    whose = {"kind": "resource", "slug": "anna", "location": "markt"}
    assert ask(client, "POST", "hours", **whose, monday=MORNING * 2).status_code == 422


def test_a_person_sets_the_own_hours_only(practice: Practice, client: Browser, annas: str) -> None:
    """O52, A1."""
    whose = {"kind": "resource", "location": "markt"}
    assert ask(client, "POST", "hours", annas, **whose, slug="anna", monday=MORNING).status_code == 200
    assert ask(client, "POST", "hours", annas, **whose, slug="ben", monday=MORNING).status_code == 404
    assert {one["slug"] for one in ask(client, "GET", "hours", annas).get_json()["hours"]} == {"anna"}
    assert ask(client, "POST", "services", annas, **YOGA).status_code == 403
    assert ask(client, "PATCH", "resources/anna", annas, name="A").status_code == 403
