"""Appointments, payments and absences by API, as the office does them (K72 to K76, K90, K91, rule 19, A109)."""

from typing import Any

import pytest

from tests import acts
from tests.security.world import add_key
from vorzimmer.testing import Browser, Practice

OWNER = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
SICK: dict[str, Any] = {"resource": "anna", "start": "2027-03-02", "end": "2027-03-02", "kind": "sick"}


@pytest.fixture
def database_url() -> str:
    """SQLite: what the database does is tested with the use cases."""
    return ""


def post(client: Browser, path: str, headers: dict[str, str] = OWNER, **body: Any) -> Any:
    return client.post(f"/api/v1{path}", json=body, headers=headers)


def patch(client: Browser, uid: str, **body: Any) -> Any:
    return client.patch(f"/api/v1/bookings/{uid}", json=body, headers=OWNER)


def test_everything_about_a_booking_changes_in_one_call(practice: Practice, client: Browser) -> None:
    """K73, K86, K90, O17."""
    made = practice.book("massage", "2027-03-02 10:00")
    answer = patch(
        client,
        made.uid,
        sequence=0,
        start="2027-03-02T11:00:00+01:00",
        price=3000,
        note="Schulter",
        place="Zimmer 3",
        link="https://video.example/1",
    )
    booking = answer.json["booking"]
    assert answer.status_code == 200
    assert [booking[name] for name in ("start", "price", "note", "place", "link", "sequence")] == [
        "2027-03-02T11:00:00+01:00",
        3000,
        "Schulter",
        "Zimmer 3",
        "https://video.example/1",
        1,
    ]


def test_null_is_no_price_and_a_missing_one_stays(practice: Practice, client: Browser) -> None:
    """K73."""
    made = practice.book("massage", "2027-03-02 10:00")
    assert patch(client, made.uid, sequence=0, note="x").json["booking"]["price"] == 4500
    assert patch(client, made.uid, sequence=0, price=None).json["booking"]["price"] is None


def test_a_stale_sequence_is_refused(practice: Practice, client: Browser) -> None:
    """A109."""
    made = practice.book("massage", "2027-03-02 10:00")
    patch(client, made.uid, sequence=0, place="Zimmer 3")
    answer = patch(client, made.uid, sequence=0, place="Zimmer 4")
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_state")


def test_a_wrong_link_is_named(practice: Practice, client: Browser) -> None:
    made = practice.book("massage", "2027-03-02 10:00")
    answer = patch(client, made.uid, sequence=0, link="javascript:alert(1)")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "link")


def test_payments_are_listed_with_what_is_open(practice: Practice, client: Browser) -> None:
    """K74, K76."""
    made = practice.book("massage", "2027-03-02 10:00")
    post(client, f"/bookings/{made.uid}/payments", amount=3000)
    answer = post(client, f"/bookings/{made.uid}/payments", amount=-1000)
    assert answer.status_code == 201
    assert [answer.json[name] for name in ("price", "paid", "open")] == [4500, 2000, 2500]
    assert client.get(f"/api/v1/bookings/{made.uid}/payments", headers=OWNER).json == answer.json


def test_completed_is_taken_back(practice: Practice, client: Browser) -> None:
    """K72."""
    made = practice.book("massage", "2027-03-02 10:00")
    practice.clock.move(days=2)
    post(client, f"/bookings/{made.uid}/complete")
    assert post(client, f"/bookings/{made.uid}/reopen").json["booking"]["status"] == "confirmed"


def test_two_reminders_within_a_minute_are_one(practice: Practice, client: Browser) -> None:
    """K91."""
    made = practice.book("massage", "2027-03-02 10:00")
    codes = [post(client, f"/bookings/{made.uid}/remind").status_code for _ in range(2)]
    assert codes == [200, 429]


def test_an_absence_over_a_booking_is_refused_with_what_it_affects(
    practice: Practice, client: Browser
) -> None:
    """Rule 19: nothing done; who could take it over is said."""
    made = practice.book("massage", "2027-03-02 10:00")
    answer = post(client, "/absences", **SICK)
    assert (answer.status_code, answer.json["code"]) == (409, "affected")
    assert [(one["id"], one["stand_ins"]) for one in answer.json["bookings"]] == [(made.uid, ["ben"])]
    assert client.get("/api/v1/absences?to=2027-03-31", headers=OWNER).json["absences"] == []


def test_decisions_are_done_with_the_absence(practice: Practice, client: Browser) -> None:
    """Rule 19."""
    made = practice.book("massage", "2027-03-02 10:00")
    answer = post(
        client, "/absences", **SICK, decisions={made.uid: "reassign:ben"}, message="Anna ist krank."
    )
    assert answer.status_code == 201
    assert answer.json["absence"] | {"id": ""} == {**SICK, "id": ""}
    found = acts.again(practice.hall, made.uid)
    assert found.staff
    assert found.staff.slug == "ben"


def test_an_absence_by_hours_is_listed_by_hours_and_taken_back(practice: Practice, client: Browser) -> None:
    """Rule 18, O30."""
    times: dict[str, Any] = {"start": "2027-03-02T14:00:00+01:00", "end": "2027-03-02T15:30:00+01:00"}
    made = post(client, "/absences", resource="anna", kind="break", **times).json["absence"]
    window = "/api/v1/absences?from=2027-03-02&to=2027-03-02"
    assert client.get(window, headers=OWNER).json["absences"] == [made]
    assert client.delete(f"/api/v1/absences/{made['id']}", headers=OWNER).status_code == 204
    assert client.get(window, headers=OWNER).json["absences"] == []


@pytest.mark.parametrize("body", [{"end": "2027-03-01"}, {"kind": "boredom"}, {"decisions": {"x": "maybe"}}])
def test_an_absence_that_makes_no_sense_is_invalid(
    practice: Practice, client: Browser, body: dict[str, Any]
) -> None:
    assert post(client, "/absences", **(SICK | body)).status_code == 422


def test_a_therapist_reaches_only_the_own_absences(practice: Practice, client: Browser) -> None:
    """A1, C22: the demo's absence of ben is invisible to anna, and as if it did not exist."""
    anna = {"Authorization": f"Bearer {add_key(practice, 'anna@praxis.example')}"}
    (bens,) = client.get("/api/v1/absences", headers=OWNER).json["absences"]
    assert client.get("/api/v1/absences", headers=anna).json["absences"] == []
    assert client.delete(f"/api/v1/absences/{bens['id']}", headers=anna).status_code == 404
    assert post(client, "/absences", anna, **(SICK | {"resource": "ben"})).status_code == 403


def test_an_absence_for_another_reason_says_what_for(practice: Practice, client: Browser) -> None:
    """C6."""
    given = SICK | {"kind": "other", "note": "Fortbildung"}
    assert post(client, "/absences", **given).json["absence"] | {"id": ""} == {**given, "id": ""}
    (found,) = client.get("/api/v1/absences?to=2027-03-03", headers=OWNER).json["absences"]
    assert found["note"] == "Fortbildung"
