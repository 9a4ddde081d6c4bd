"""The API as programs outside see it (interface.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import acts
from tests.conftest import database_url
from vorzimmer import accounts, database, urls
from vorzimmer.models import Account, Booking
from vorzimmer.server.app import create_app
from vorzimmer.testing import Practice

OWNER, ANNA, VISITOR = "vz_demo_0000000000000000000000000001", "anna-key-0001", "visitor-key-0001"
__all__ = ["database_url"]

SLOT = "2027-03-02T10:00:00+01:00"
PERSON = {"name": "Ольга Константинопольская", "email": "olga@kunde.example"}


@pytest.fixture
def client(practice: Practice) -> FlaskClient:
    """The server's test client; owner, Anna and a customer have a key each."""
    hall = practice.hall

    def keys(session: Session) -> None:
        for secret, email in ((ANNA, "anna@praxis.example"), (VISITOR, "lena.lang@kunde.example")):
            account = session.scalars(select(Account).where(Account.email == email)).one()
            accounts.add_api_key(session, database.now(session), account, "test", secret)

    hall.database.write(keys)
    return create_app(hall).test_client()


def key(secret: str = OWNER) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def new_hold(client: FlaskClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/holds", json={"service": "massage", "start": SLOT, **more})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)  # type: ignore[arg-type]


def booked(client: FlaskClient, practice: Practice, **more: Any) -> dict[str, Any]:
    held = new_hold(client, **more)
    path = f"/api/v1/holds/{held['id']}"
    assert client.post(f"{path}/details", json={"token": held["token"], "customer": PERSON}).json == {
        "next": "code"
    }
    code = urls.code(practice.hall.config, held["id"], 1)
    answer = client.post(f"{path}/confirm", json={"token": held["token"], "code": code})
    assert answer.status_code == 200, answer.json
    return dict(answer.json["booking"])


def refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.mimetype == "application/problem+json"
    problem = dict(answer.json)  # type: ignore[arg-type]
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    return problem


# ---- public calls ----------------------------------------------------------------------------------------------------


def test_unlisted_service_is_listed_with_a_key_only(client: FlaskClient) -> None:
    slugs = [
        {found["slug"] for found in client.get("/api/v1/services", headers=head).json["services"]}
        for head in ({}, key())
    ]
    assert slugs[1] - slugs[0] == {"notiz"}


def test_slots_come_sorted_with_the_staff_who_could_take_them(client: FlaskClient) -> None:
    answer = client.get("/api/v1/slots?service=massage&from=2027-03-02&to=2027-03-02")
    slots = answer.json["slots"]
    assert slots == sorted(slots, key=lambda slot: (slot["start"], slot["location"]))
    at_ten = next(slot for slot in slots if slot["start"] == SLOT)
    assert at_ten == {
        "start": SLOT,
        "end": "2027-03-02T10:30:00+01:00",
        "location": "markt",
        "resources": ["anna", "ben"],
    }


def test_slots_of_one_person_are_theirs_alone(client: FlaskClient) -> None:
    query = "service=massage&from=2027-03-02&to=2027-03-02&staff=ben"
    slots = client.get(f"/api/v1/slots?{query}").json["slots"]
    assert {tuple(slot["resources"]) for slot in slots} == {("ben",)}


@pytest.mark.parametrize("wish", ["staff=nobody", "staff=raum-1", "location=nowhere"])
def test_unknown_person_or_place_is_404(client: FlaskClient, wish: str) -> None:
    """A12."""
    query = f"service=massage&from=2027-03-02&to=2027-03-02&{wish}"
    refused(client.get(f"/api/v1/slots?{query}"), 404, "not_found")


def test_display_zone_changes_labels_only(client: FlaskClient) -> None:
    """Rule 7."""
    query = "/api/v1/slots?service=massage&from=2027-03-02&to=2027-03-02"
    here, there = (client.get(query + zone).json["slots"] for zone in ("", "&tz=Asia/Tokyo"))
    assert len(here) == len(there)
    assert there[0]["start"].endswith("+09:00")


def test_days_are_true_where_slots_has_any(client: FlaskClient) -> None:
    days = client.get("/api/v1/days?service=rueckenschule&month=2027-03").json["days"]
    slots = client.get("/api/v1/slots?service=rueckenschule&from=2027-03-01&to=2027-03-31").json["slots"]
    assert len(days) == 31
    assert {day for day, free in days.items() if free} == {slot["start"][:10] for slot in slots}


@pytest.mark.parametrize(
    "query",
    [
        "service=massage&from=2027-03-02&to=2027-03-01",
        "service=massage&from=2027-03-01&to=2027-05-02",
        "service=massage&from=1900-01-01&to=2900-01-01",
        "service=massage&from=2027-03-01&to=2027-03-02&tz=../../etc/passwd",
        "service=massage&from=2027-02-30&to=2027-03-02",
        "service=massage&from=2027-03-01&to=2027-03-02&include=customers",
        "service=massage&from=2027-03-01",
    ],
)
def test_bad_window_is_422(client: FlaskClient, query: str) -> None:
    """A8, A80, A81."""
    assert refused(client.get(f"/api/v1/slots?{query}"), 422, "invalid")["errors"]


def test_hold_details_code_makes_a_booking(client: FlaskClient, practice: Practice) -> None:
    """O23 to O27."""
    booking = booked(client, practice, staff="anna")
    assert (booking["status"], booking["sequence"], booking["resources"]) == ("confirmed", 0, ["anna"])
    assert booking["start"] == SLOT


def test_request_is_requested(client: FlaskClient, practice: Practice) -> None:
    """O60."""
    assert booked(client, practice, service="erstgespraech")["status"] == "requested"


def test_taken_time_is_409_with_alternatives(client: FlaskClient) -> None:
    new_hold(client, staff="anna")
    answer = client.post("/api/v1/holds", json={"service": "massage", "start": SLOT, "staff": "anna"})
    problem = refused(answer, 409, "slot_taken")
    assert {"start", "end", "location", "resources"} == set(problem["alternatives"][0])


@pytest.mark.parametrize(
    "start", ["2027-03-02T10:03:00+01:00", "2027-03-06T10:00:00+01:00", "2020-01-01T10:00:00+01:00"]
)
def test_time_that_is_not_offered_is_409(client: FlaskClient, start: str) -> None:
    """A105."""
    refused(client.post("/api/v1/holds", json={"service": "massage", "start": start}), 409, "not_offered")


def test_wrong_code_counts_down_and_voids(client: FlaskClient, practice: Practice) -> None:
    """A30."""
    held = new_hold(client)
    path = f"/api/v1/holds/{held['id']}"
    client.post(f"{path}/details", json={"token": held["token"], "customer": PERSON})
    right = urls.code(practice.hall.config, held["id"], 1)
    wrong = {"token": held["token"], "code": f"{(int(right) + 1) % 10**6:06d}"}
    for left in (4, 3, 2, 1):
        assert refused(client.post(f"{path}/confirm", json=wrong), 422, "wrong_code")["attempts_left"] == left
    refused(client.post(f"{path}/confirm", json=wrong), 422, "code_void")
    refused(client.post(f"{path}/confirm", json={"token": held["token"], "code": right}), 422, "code_void")


def test_wrong_token_looks_like_no_hold(client: FlaskClient) -> None:
    """A93."""
    held = new_hold(client)
    wrong = client.post(f"/api/v1/holds/{held['id']}/release", json={"token": "x" * 32})
    missing = client.post(
        "/api/v1/holds/00000000-0000-0000-0000-000000000000/release", json={"token": "x" * 32}
    )
    assert refused(wrong, 404, "not_found") == refused(missing, 404, "not_found")


def test_released_time_is_free(client: FlaskClient) -> None:
    held = new_hold(client, staff="anna")
    assert (
        client.post(f"/api/v1/holds/{held['id']}/release", json={"token": held["token"]}).status_code == 204
    )
    new_hold(client, staff="anna")


def test_confirm_after_release_is_409(client: FlaskClient) -> None:
    """A18."""
    held = new_hold(client)
    body = {"token": held["token"]}
    client.post(f"/api/v1/holds/{held['id']}/release", json=body)
    answer = client.post(f"/api/v1/holds/{held['id']}/confirm", json=body | {"code": "123456"})
    refused(answer, 409, "hold_expired")


@pytest.mark.parametrize(
    "extra", ["status", "price", "paid", "staff_id", "customer_id", "created_at", "priority"]
)
def test_fields_that_are_not_asked_for_are_refused(client: FlaskClient, extra: str) -> None:
    """A5."""
    answer = client.post("/api/v1/holds", json={"service": "massage", "start": SLOT, extra: 1})
    assert refused(answer, 422, "invalid")["errors"] == [
        {"field": extra, "text": "Dieses Feld gibt es nicht."}
    ]


@pytest.mark.parametrize(
    "mimetype", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_anything_but_json_is_415(client: FlaskClient, mimetype: str) -> None:
    """A56."""
    answer = client.post("/api/v1/holds", data="{}", headers={"Content-Type": mimetype})
    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b'{"seats": NaN}',
        b'{"seats": 1e999999}'[:9] + b"Infinity}",
        b'{"a": ' + b"[" * 100_000,
        b'{"seats": ' + b"9" * 5_000 + b"}",
        b'{"service": "a", "service": "b"}',
        b'{"service": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"[1]",
        b"{",
        b"",
        b"\xff",
    ],
)
def test_malformed_json_is_400(client: FlaskClient, body: bytes) -> None:
    """A74."""
    answer = client.post("/api/v1/holds", data=body, content_type="application/json")
    refused(answer, 400, "malformed")


def test_a_parameter_given_twice_is_400(client: FlaskClient) -> None:
    """A76."""
    query = "service=massage&service=notiz&from=2027-03-02&to=2027-03-02"
    refused(client.get(f"/api/v1/slots?{query}"), 400, "malformed")


@pytest.mark.parametrize("seats", [0, -1, 0.5, 10**9, "2", True])
def test_odd_quantities_are_422(client: FlaskClient, seats: object) -> None:
    """A82."""
    answer = client.post("/api/v1/holds", json={"service": "rueckenschule", "start": SLOT, "seats": seats})
    refused(answer, 422, "invalid")


def test_explanation_agrees_with_the_slots(client: FlaskClient) -> None:
    """Rule 81."""
    offered = client.get("/api/v1/explain", query_string={"service": "massage", "start": SLOT}).json
    assert offered == {"offered": True, "reasons": [], "would_be_free_if": []}


def test_explanation_names_nobody_without_a_key(client: FlaskClient) -> None:
    """Rule 81, A110."""
    new_hold(client, staff="anna")
    query = {"service": "massage", "start": SLOT, "staff": "anna"}
    for headers, named in (({}, False), (key(), True)):
        answer = client.get("/api/v1/explain", query_string=query, headers=headers)
        assert answer.json["offered"] is False
        assert ("Anna" in json.dumps(answer.json)) is named


# ---- idempotency -----------------------------------------------------------------------------------------------------


def test_repeated_key_gives_the_first_answer(client: FlaskClient) -> None:
    """A104."""
    body, headers = {"service": "massage", "start": SLOT, "staff": "anna"}, {"Idempotency-Key": "k1"}
    first = client.post("/api/v1/holds", json=body, headers=headers)
    second = client.post("/api/v1/holds", json=body, headers=headers)
    assert (first.status_code, first.json) == (second.status_code, second.json)


def test_repeated_key_gives_a_refusal_again(client: FlaskClient) -> None:
    """A104."""
    held = new_hold(client, staff="anna")
    body, headers = {"service": "massage", "start": SLOT, "staff": "anna"}, {"Idempotency-Key": "k2"}
    refused(client.post("/api/v1/holds", json=body, headers=headers), 409, "slot_taken")
    client.post(f"/api/v1/holds/{held['id']}/release", json={"token": held["token"]})
    refused(client.post("/api/v1/holds", json=body, headers=headers), 409, "slot_taken")


def test_repeated_key_with_another_body_is_422(client: FlaskClient) -> None:
    """A104."""
    headers = {"Idempotency-Key": "k3"}
    client.post("/api/v1/holds", json={"service": "massage", "start": SLOT}, headers=headers)
    other = client.post("/api/v1/holds", json={"service": "notiz", "start": SLOT}, headers=headers)
    refused(other, 422, "invalid")


def test_key_is_forgotten_after_a_day(client: FlaskClient, practice: Practice) -> None:
    """A104."""
    body, headers = {"service": "massage", "start": "2027-03-10T10:00:00+01:00"}, {"Idempotency-Key": "k4"}
    first = client.post("/api/v1/holds", json=body, headers=headers)
    practice.clock.move(hours=25)
    second = client.post("/api/v1/holds", json=body, headers=headers)
    assert first.json["id"] != second.json["id"]


# ---- the practice's calls --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (key("wrong"), 401), (key(VISITOR), 403)])
def test_bookings_need_a_key_of_the_practice(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    """A1, A2."""
    answer = client.get("/api/v1/bookings", headers=headers)
    refused(answer, status, {401: "unauthorized", 403: "forbidden"}[status])


def test_desk_enters_moves_and_cancels(client: FlaskClient) -> None:
    body = {"service": "massage", "start": SLOT, "staff": "ben", "customer": {"name": "Ильдар Гайнутдинов"}}
    made = client.post("/api/v1/bookings", json=body, headers=key())
    assert made.status_code == 201, made.json
    booking = made.json["booking"]
    path = f"/api/v1/bookings/{booking['id']}"
    later = {"start": "2027-03-02T15:00:00+01:00", "sequence": booking["sequence"]}
    moved = client.patch(path, json=later, headers=key())
    assert moved.json["booking"]["start"] == "2027-03-02T15:00:00+01:00"
    refused(client.patch(path, json=later, headers=key()), 409, "wrong_state")
    assert client.post(f"{path}/cancel", json={}, headers=key()).json["booking"]["status"] == "cancelled"
    refused(client.post(f"{path}/cancel", json={}, headers=key()), 409, "wrong_state")


def test_request_is_accepted_and_another_declined(client: FlaskClient, practice: Practice) -> None:
    """O60."""
    for act, status, hour in (("accept", "confirmed", 10), ("decline", "declined", 14)):
        start = SLOT.replace("10:00", f"{hour}:00", 1)
        asked = booked(client, practice, service="erstgespraech", start=start)
        answer = client.post(f"/api/v1/bookings/{asked['id']}/{act}", json={}, headers=key())
        assert answer.json["booking"]["status"] == status


def test_override_books_over_another_only_with_a_reason(client: FlaskClient) -> None:
    """Rule 42."""
    new_hold(client, staff="anna")
    body: dict[str, Any] = {"service": "massage", "start": SLOT, "staff": "anna", "customer": {"name": "Max"}}
    refused(client.post("/api/v1/bookings", json=body, headers=key()), 409, "slot_taken")
    body["override"] = {"level": "double", "reason": "Notfall"}
    assert client.post("/api/v1/bookings", json=body, headers=key()).status_code == 201


def test_therapist_neither_sees_nor_touches_a_colleagues_booking(
    client: FlaskClient, practice: Practice
) -> None:
    """A1, A4, A8."""
    foreign = booked(client, practice, staff="ben")
    assert client.get("/api/v1/bookings", headers=key(ANNA)).json["bookings"] == []
    path = f"/api/v1/bookings/{foreign['id']}"
    missing = refused(client.get("/api/v1/bookings/nothing", headers=key(ANNA)), 404, "not_found")
    assert refused(client.get(path, headers=key(ANNA)), 404, "not_found") == missing
    for act in ("cancel", "accept", "decline", "complete", "missed"):
        assert refused(client.post(f"{path}/{act}", json={}, headers=key(ANNA)), 404, "not_found") == missing
    refused(client.patch(path, json={"sequence": 0, "staff": "anna"}, headers=key(ANNA)), 404, "not_found")
    body = {"service": "massage", "start": SLOT, "staff": "ben", "customer": {"name": "Max"}}
    refused(client.post("/api/v1/bookings", json=body, headers=key(ANNA)), 403, "forbidden")


def test_bookings_are_paged_in_order(client: FlaskClient, practice: Practice) -> None:
    made = [acts.book(practice.hall, f"2027-03-02 {hour}:00") for hour in (14, 10, 11)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = client.get(f"/api/v1/bookings?limit=2{cursor}", headers=key()).json
        seen += [found["id"] for found in page["bookings"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [made[index].uid for index in (1, 2, 0)]


def test_bookings_are_filtered(client: FlaskClient, practice: Practice) -> None:
    anna: Booking = acts.book(practice.hall, staff="anna")
    acts.book(practice.hall, "2027-03-02 14:00", staff="ben")
    acts.book(practice.hall, "2027-03-09 10:00", staff="anna")
    query = "from=2027-03-02&to=2027-03-02&staff=anna&status=confirmed"
    found = client.get(f"/api/v1/bookings?{query}", headers=key()).json["bookings"]
    assert [one["id"] for one in found] == [anna.uid]


def test_unknown_path_and_method_are_problems(client: FlaskClient) -> None:
    answer = client.delete("/api/v1/holds", json={})
    refused(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
    refused(client.get("/api/v1/nothing"), 404, "not_found")
