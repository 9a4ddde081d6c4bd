"""Answers kept for an `Idempotency-Key`: whose they are (A104). All callers here share one address."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import acts
from tests.security.test_matrix import visitor
from tests.security.world import CUSTOMER, LOGINS, add_key, with_single_right
from vorzimmer import urls
from vorzimmer.access import Right
from vorzimmer.testing import Browser, Practice

SLOT = "2027-03-02T10:00:00+01:00"
KEY = {"Idempotency-Key": "the same"}
HOLD = {"service": "massage", "start": SLOT}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both: who comes second waits at the row of the first."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_copy"))


def anonymous(app: Flask) -> Browser:
    """Somebody at the same address, with a cookie jar of their own."""
    return cast("Browser", app.test_client())


def bearer(practice: Practice, email: str) -> dict[str, str]:
    """The header of a new key of the account."""
    return {"Authorization": f"Bearer {add_key(practice, email)}"}


def test_one_key_sent_twenty_times_at_once_by_one_browser_makes_one_hold(
    app: Flask, practice: Practice
) -> None:
    """And one answer."""
    first = anonymous(app)
    first.post("/api/v1/holds", json={**HOLD, "service": "nothing"}, headers={"Idempotency-Key": "other"})
    cookie = first.get_cookie("vorzimmer")
    answers: list[tuple[int, str]] = []

    def send() -> None:
        client = anonymous(app)
        client.set_cookie("vorzimmer", cookie.value)
        answer = client.post("/api/v1/holds", json=HOLD, headers=KEY)
        answers.append((answer.status_code, answer.json["id"]))

    threads = [threading.Thread(target=send) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert len(set(answers)) == 1
    assert answers[0][0] == 201


def test_hold_of_one_browser_is_no_answer_to_another(app: Flask, practice: Practice) -> None:
    one, other = anonymous(app), anonymous(app)
    held = one.post("/api/v1/holds", json=HOLD, headers=KEY)
    assert one.post("/api/v1/holds", json=HOLD, headers=KEY).json == held.json
    theirs = other.post("/api/v1/holds", json=HOLD, headers=KEY)
    assert theirs.status_code == 201  # there is a second therapist
    assert theirs.json["token"] != held.json["token"]


@pytest.mark.parametrize("cookies", [True, False])
def test_repeated_step_of_a_hold_is_answered_to_whoever_has_its_token(
    app: Flask, practice: Practice, cookies: bool
) -> None:
    """With the browser's cookie or without one: programs keep none."""
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    body = {
        "token": urls.token(practice.hall.config, "hold", held.uid),
        "code": acts.code_of(practice.hall, held),
    }
    client = cast("Browser", app.test_client(use_cookies=cookies))
    first = client.post(f"/api/v1/holds/{held.uid}/confirm", json=body, headers=KEY)
    again = client.post(f"/api/v1/holds/{held.uid}/confirm", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json == first.json
    without = client.post(f"/api/v1/holds/{held.uid}/confirm", json={**body, "token": "x.y"}, headers=KEY)
    assert without.status_code == 404


def entered(client: Browser, headers: dict[str, str]) -> TestResponse:
    """Ben's appointment with a customer whose name only some may read."""
    body: dict[str, Any] = {
        "service": "massage",
        "start": SLOT,
        "staff": "ben",
        "customer": {"name": CUSTOMER["name"]},
    }
    answer: TestResponse = client.post("/api/v1/bookings", json=body, headers={**KEY, **headers})
    return answer


def test_answer_to_one_login_is_none_to_a_colleague(app: Flask, practice: Practice) -> None:
    """The colleague lacks the right and sends the same key and the same words."""
    owner, colleague = visitor(app, "owner"), visitor(app, "anna")
    origin = {"Origin": "http://localhost"}
    mine = entered(owner, origin)
    assert mine.status_code == 201
    assert entered(owner, origin).json == mine.json
    theirs = entered(colleague, origin)
    assert theirs.status_code == 403
    assert CUSTOMER["name"] not in theirs.text


def test_answer_to_one_key_is_none_to_another(app: Flask, practice: Practice) -> None:
    mine, theirs = (
        bearer(practice, LOGINS["owner"]),
        bearer(practice, with_single_right(practice, Right.OWN_CALENDAR)),
    )
    client = anonymous(app)
    first = entered(client, mine)
    assert entered(client, mine).json == first.json
    assert entered(client, theirs).status_code == 403
    nobody = entered(client, {})
    assert nobody.status_code == 401
