"""What leaves with every answer, whatever its status: no framing, no foreign origin, no version (A65, A66, A68)."""

from __future__ import annotations

from typing import cast

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.caldav.desk import Phone
from tests.caldav.desk import event as calendar_event
from tests.security.test_matrix import ask, in_order, visitor
from tests.security.world import of_ben
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.testing import Browser, Practice

FOREIGN = [
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "https://evil-localhost",
    "http://localhost:8080.evil.example",
]


def safe(answer: TestResponse, address: str = "") -> bool:
    """Whether the headers are those that every answer must have; frames and their script say who may have them."""
    policy, framed, shared = answer.headers["Content-Security-Policy"], "/embed/", "/embed.js"
    in_frames = framed in address and answer.headers["X-Frame-Options"] != "DENY"
    assert f"frame-ancestors '{'self' if in_frames else 'none'}'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert answer.headers["X-Frame-Options"] == ("SAMEORIGIN" if in_frames else "DENY")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    resource = "cross-origin" if shared in address and answer.status_code == 200 else "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == resource
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert not [name for name, _value in answer.headers if name.lower().startswith("access-control-")]
    assert not {"Server", "X-Powered-By"} & set(answer.headers.keys())
    return True


@pytest.mark.parametrize("who", ["none", "owner"])
def test_every_address_answers_with_the_headers(app: Flask, practice: Practice, who: str) -> None:
    """A65, A68: pages, calls, files, redirects, refusals."""
    foreign, client, statuses = of_ben(practice), visitor(app, who), set()
    for name, rule, act in in_order(app):
        answer = ask(client, name, rule, act, foreign)
        statuses.add(answer.status_code)
        assert safe(answer, name), name
        shared = name == "GET /embed.js"  # of a static file the address does not fit: nobody keeps that
        assert ("no-store" in answer.headers["Cache-Control"]) is not shared, name
    assert {200, 303, 404} <= statuses


def test_calendars_answer_with_the_headers(app: Flask, practice: Practice) -> None:
    """A65, A68."""
    anna = Phone(app, "anna@praxis.example", "anna-caldav-demo-0001")
    stranger = Phone(app, "anna@praxis.example", "wrong")
    answers = [
        stranger.ask("PROPFIND", ""),
        anna.ask("PROPFIND", ""),
        anna.ask("PUT", "bookings/a.ics", calendar_event("a")),
        anna.ask("GET", "bookings/a.ics"),
        anna.ask("GET", "bookings/b.ics"),
        anna.ask("PUT", "bookings/b.ics", "no calendar"),
        anna.ask("PUT", "bookings/b.ics", b"x" * 300_000),
        anna.ask("LOCK", "bookings/a.ics"),
        anna.ask("PROPFIND", "", "<no xml"),
        anna.ask("DELETE", "bookings/a.ics", If_Match='"x"'),
    ]
    assert [answer.status_code for answer in answers] == [401, 207, 201, 200, 404, 403, 413, 405, 400, 412]
    assert all(map(safe, answers))


def test_errors_answer_with_the_headers_and_tell_nothing(app: Flask, practice: Practice) -> None:
    """A68, O1."""

    def broken() -> str:
        raise ZeroDivisionError("a secret")

    app.add_url_rule("/broken", view_func=open_to(EVERYONE)(broken))
    client = cast("Browser", app.test_client())
    answers = {
        500: client.get("/broken"),
        413: client.post("/language", data={"next": "x" * 200_000}),
        415: client.post("/api/v1/holds", data="x"),
        422: client.get("/api/v1/slots"),
        405: client.put("/"),
        414: client.get("/" + "x" * 9_000),
        400: client.get("/", base_url="http://evil.example"),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {
        status: status for status in answers
    }
    assert all(map(safe, answers.values()))
    assert "secret" not in answers[500].text
    assert "Traceback" not in answers[500].text


@pytest.mark.parametrize("origin", FOREIGN)
def test_no_foreign_page_reads_an_answer_or_has_one_made(app: Flask, practice: Practice, origin: str) -> None:
    """A66: calls and preflights; also with the cookie of somebody signed in."""
    client = visitor(app, "owner")
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    for path in ("/api/v1/bookings", "/api/v1/holds", "/api/v1/slots", "/office/", "/dav/"):
        assert safe(client.options(path, headers=preflight))
        assert safe(client.get(path, headers={"Origin": origin}))
    for path in ("/api/v1/bookings", "/office/new", "/language"):
        answer = client.post(path, json={}, headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert safe(answer)


def test_call_with_a_cookie_alone_changes_nothing_without_an_origin(app: Flask, practice: Practice) -> None:
    """A46: a browser always names it; whatever else sends cookies is no page of ours."""
    foreign, client = of_ben(practice), visitor(app, "owner")
    path = f"/api/v1/bookings/{foreign.booking.uid}"
    assert client.get(path).status_code == 200
    assert client.post(f"{path}/cancel", json={}).status_code == 403
    assert client.post(f"{path}/cancel", json={}, headers={"Origin": "http://localhost"}).status_code == 200


@pytest.mark.parametrize("password", ["demo-passwort-2026", "anna-caldav-demo-0001", "", "vz_demo_"])
def test_no_other_secret_is_a_key_of_the_api(app: Flask, practice: Practice, password: str) -> None:
    """A33, A49: neither the password of the login nor that of a calendar app, in either scheme."""
    client = app.test_client()
    assert client.get("/api/v1/bookings", headers={"Authorization": f"Bearer {password}"}).status_code == 401
    assert client.get("/api/v1/bookings", auth=("owner@praxis.example", password)).status_code == 401
    assert client.get(f"/api/v1/bookings?key={password}").status_code == 401
