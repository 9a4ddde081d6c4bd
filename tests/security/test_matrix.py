"""Who may do what to whose: every address by every kind of person, with ids of somebody else's things (A1, A2)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from copy import copy
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.security.world import LOGINS, MARK, Foreign, add_key, of_ben, state
from vorzimmer.models import AuditEntry, Model
from vorzimmer.testing import Browser, Practice
from vorzimmer_absences.models import Absence

MATRIX = """
                                                             none customer anna desk owner
GET   /                                                       200      200  200  200   200
GET   /api/v1/bookings                                        401      403  200  200   200
POST  /api/v1/bookings                                        401      403  403  201   201
GET   /api/v1/bookings/<uid>                                  401      403  404  200   200
PATCH /api/v1/bookings/<uid>                                  401      403  404  200   200
POST  /api/v1/bookings/<uid>/accept                           401      403  404  200   200
POST  /api/v1/bookings/<uid>/cancel                           401      403  404  200   200
POST  /api/v1/bookings/<uid>/complete                         401      403  404  409   409
POST  /api/v1/bookings/<uid>/decline                          401      403  404  409   409
POST  /api/v1/bookings/<uid>/missed                           401      403  404  409   409
GET   /api/v1/days                                            200      200  200  200   200
GET   /api/v1/explain                                         200      200  200  200   200
POST  /api/v1/holds                                           201      201  201  201   201
POST  /api/v1/holds/<uid>/confirm                             404      404  404  404   404
POST  /api/v1/holds/<uid>/details                             404      404  404  404   404
POST  /api/v1/holds/<uid>/release                             404      404  404  404   404
GET   /api/v1/openapi.json                                    200      200  200  200   200
GET   /api/v1/services                                        200      200  200  200   200
GET   /api/v1/slots                                           200      200  200  200   200
GET   /b/                                                     403      403  403  403   403
GET   /b/<token>                                              404      404  404  404   404
POST  /b/<token>                                              404      404  404  404   404
GET   /b/calendar.ics                                         403      403  403  403   403
GET   /b/cancel                                               403      403  403  403   403
POST  /b/cancel                                               403      403  403  403   403
GET   /b/move                                                 403      403  403  403   403
POST  /b/move                                                 403      403  403  403   403
GET   /book/<slug>                                            200      200  200  200   200
POST  /book/<slug>                                            303      303  303  303   303
GET   /book/<slug>/<uid>/calendar.ics                         404      404  404  404   404
GET   /book/<slug>/<uid>/code                                 404      404  404  404   404
POST  /book/<slug>/<uid>/code                                 404      404  404  404   404
GET   /book/<slug>/<uid>/details                              404      404  404  404   404
POST  /book/<slug>/<uid>/details                              404      404  404  404   404
GET   /book/<slug>/<uid>/done                                 404      404  404  404   404
POST  /book/<slug>/<uid>/resend                               404      404  404  404   404
POST  /language                                               303      303  303  303   303
GET   /office/                                                303      403  200  200   200
GET   /office/absences/                                       303      403  200  200   200
POST  /office/absences/                                       303      403  422  303   303
POST  /office/absences/<absence_id>/delete                    303      403  404  303   303
GET   /office/booking/<uid>                                   303      403  404  200   200
POST  /office/booking/<uid>/accept                            303      403  404  303   303
GET   /office/booking/<uid>/cancel                            303      403  404  200   200
POST  /office/booking/<uid>/cancel                            303      403  404  303   303
POST  /office/booking/<uid>/complete                          303      403  404  303   303
GET   /office/booking/<uid>/decline                           303      403  404  200   200
POST  /office/booking/<uid>/decline                           303      403  404  303   303
POST  /office/booking/<uid>/missed                            303      403  404  303   303
GET   /office/booking/<uid>/move                              303      403  404  200   200
POST  /office/booking/<uid>/move                              303      403  404  303   303
GET   /office/connect                                         303      403  200  403   200
POST  /office/connect                                         303      403  200  403   200
POST  /office/connect/<password_id>/revoke                    303      403  303  403   303
GET   /office/connect/apple                                   303      403  200  403   200
POST  /office/connect/apple                                   303      403  200  403   200
GET   /office/login                                           200      302  302  302   302
POST  /office/login                                           200      302  302  302   302
POST  /office/logout                                          302      302  302  302   302
GET   /office/new                                             303      403  200  200   200
POST  /office/new                                             303      403  403  303   303
GET   /office/search                                          303      403  200  200   200
GET   /office/settings/                                       303      403  200  200   200
GET   /office/settings/people/                                 303      403  403  403   200
GET   /office/settings/people/<slug>                           303      403  403  403   200
POST  /office/settings/people/<slug>                           303      403  403  403   422
GET   /office/settings/people/<slug>/archive                   303      403  403  403   200
POST  /office/settings/people/<slug>/archive                   303      403  403  403   303
POST  /office/settings/people/<slug>/own                       303      403  403  403   404
POST  /office/settings/people/<slug>/restore                   303      403  403  403   303
GET   /office/settings/people/new/<kind>                       303      403  403  403   200
POST  /office/settings/people/new/<kind>                       303      403  403  403   422
GET   /office/settings/places/                                 303      403  403  403   200
GET   /office/settings/places/<slug>                           303      403  403  403   200
POST  /office/settings/places/<slug>                           303      403  403  403   422
GET   /office/settings/places/<slug>/archive                   303      403  403  403   200
POST  /office/settings/places/<slug>/archive                   303      403  403  403   303
POST  /office/settings/places/<slug>/restore                   303      403  403  403   303
GET   /office/settings/places/new                              303      403  403  403   200
POST  /office/settings/places/new                              303      403  403  403   422
GET   /office/settings/services/                               303      403  403  403   200
GET   /office/settings/services/<slug>                         303      403  403  403   200
POST  /office/settings/services/<slug>                         303      403  403  403   422
GET   /office/settings/services/<slug>/archive                 303      403  403  403   200
POST  /office/settings/services/<slug>/archive                 303      403  403  403   303
POST  /office/settings/services/<slug>/restore                 303      403  403  403   303
POST  /office/settings/services/category                       303      403  403  403   303
GET   /office/settings/services/new                            303      403  403  403   200
POST  /office/settings/services/new                            303      403  403  403   422
POST  /office/settings/services/prices                         303      403  403  403   303
GET   /office/week                                            303      403  200  200   200
GET   /ready                                                  200      200  200  200   200
GET   /static/<digest>/<name>                                 200      200  200  200   200
"""
"""Rows: the route map; columns: who asks. A new address fails until somebody has thought about each of its cells.

The ids in the addresses are those of Ben's things; desk and owner may touch these, Anna and the customer may not.
"""

ORIGIN = {"Origin": "http://localhost"}
SLOT = "2027-03-09T10:00:00+01:00"
JSON: dict[str, dict[str, Any]] = {
    "POST /api/v1/bookings": {
        "service": "massage",
        "start": SLOT,
        "staff": "ben",
        "customer": {"name": "Eva"},
    },
    "PATCH /api/v1/bookings/<uid>": {"start": "2027-03-09T14:00:00+01:00", "sequence": 0},
    "POST /api/v1/holds": {"service": "massage", "start": "2027-03-10T10:00:00+01:00"},
    "POST /api/v1/holds/<uid>/details": {
        "token": "x",
        "customer": {"name": "Eva", "email": "eva@kunde.example"},
    },
    "POST /api/v1/holds/<uid>/confirm": {"token": "x", "code": "123456"},
    "POST /api/v1/holds/<uid>/release": {"token": "x"},
}
FORMS: dict[str, dict[str, str]] = {
    "POST /book/<slug>": {"time": "2027-03-10T11:00:00+01:00|markt", "staff": "any"},
    "POST /book/<slug>/<uid>/details": {"name": "Eva", "email": "eva@kunde.example"},
    "POST /book/<slug>/<uid>/code": {"code": "123456"},
    "POST /b/move": {"time": f"{SLOT}|markt"},
    "POST /language": {"language": "de"},
    "POST /office/absences/": {
        "resource": "ben",
        "kind": "sick",
        "first": "2027-06-07",
        "last": "2027-06-07",
    },
    "POST /office/booking/<uid>/move": {"slot": f"{SLOT}|markt", "staff": "ben"},
    "POST /office/new": {
        "service": "massage",
        "staff": "ben",
        "slot": "2027-03-09T12:00:00+01:00|markt",
        "name": "Eva",
    },
}
QUERIES = {
    "GET /api/v1/slots": "?service=massage&from=2027-03-03&to=2027-03-04",
    "GET /api/v1/days": "?service=massage&month=2027-03",
    "GET /api/v1/explain": "?service=massage&start=2027-03-03T10:00:00%2B01:00&staff=ben",
    "GET /book/<slug>": "?staff=any",
    "GET /office/search": f"?q={MARK}",
    "GET /office/": "?day=2027-03-03&staff=ben",
    "GET /office/week": "?day=2027-03-03&staff=ben",
}


def table() -> dict[str, dict[str, int]]:
    """The matrix: `METHOD route` to status by person."""
    head, *lines = [line.split() for line in MATRIX.strip().splitlines()]
    return {f"{line[0]} {line[1]}": dict(zip(head, map(int, line[2:]), strict=True)) for line in lines}


def rows(app: Flask) -> Iterator[tuple[str, Rule, str]]:
    """Every method of every address as the matrix names it; each choice of an act is a row of its own."""
    for rule in app.url_map.iter_rules():
        choices = re.search(r"<any\(([^)]*)\):act>", rule.rule)
        for act in choices[1].split(", ") if choices else [""]:
            spelled = re.sub(r"<any\([^)]*\):act>", act, rule.rule)
            name = re.sub(r"<[^<>]*?(\w+)>", r"<\1>", spelled)
            yield from (
                (f"{method} {name}", rule, act) for method in rule.methods or () if method not in SKIPPED
            )


SKIPPED = {"HEAD", "OPTIONS"}
SLUGS = {"/book/<slug>": "massage", "/people/": "ben", "/places/": "hafen"}
"""Slugs by a part of the address."""


def ask(client: Browser, name: str, rule: Rule, act: str, foreign: Foreign, **headers: str) -> TestResponse:
    """One cell: the request with everything in its right form, so that nothing but the rights decides."""
    uid = foreign.booking.uid
    given = {
        "uid": uid,
        "slug": next(
            (slug for part, slug in SLUGS.items() if part in rule.rule), foreign.booking.service.slug
        ),
        "kind": "room",
        "token": f"{uid}.{'A' * 32}",
        "absence_id": foreign.absence,
        "password_id": foreign.app_password,
        "digest": "0",
        "name": "booking.css",
        "act": act,
    }
    built = rule.build({key: value for key, value in given.items() if key in rule.arguments})
    assert built is not None
    method = name.partition(" ")[0]
    if rule.rule.startswith("/api/"):
        body = None if method == "GET" else JSON.get(name, {})
        sent: dict[str, Any] = {"json": body, "headers": {**ORIGIN, **headers}}
    else:
        sent = {"data": {"csrf_token": client.csrf_token, **FORMS.get(name, {})} if method != "GET" else None}
    answer: TestResponse = client.open(built[1] + QUERIES.get(name, ""), method=method, **sent)
    return answer


def in_order(app: Flask) -> list[tuple[str, Rule, str]]:
    """The rows, what ends a session last."""
    return sorted(rows(app), key=lambda row: ("logout" in row[0], row[0]))


def visitor(app: Flask, who: str) -> Browser:
    """Somebody with a form of ours open, so that the token of the form is theirs."""
    client = cast("Browser", app.test_client())
    if who != "none":
        client.sign_in(LOGINS[who])
    client.get("/book/massage?staff=anna&day=2027-03-16")
    assert client.csrf_token
    return client


MAY_TOUCH = {"desk", "owner"}


def private(foreign: Foreign) -> list[str]:
    """What only those who may touch the booking may read (O5); the address is stored in small letters."""
    return [MARK, MARK.lower(), foreign.booking.uid.upper()]


@pytest.mark.parametrize("who", ["none", *LOGINS])
def test_each_cell_of_the_matrix_is_as_it_was_decided(app: Flask, practice: Practice, who: str) -> None:
    """A1, A2, A4, A16."""
    foreign, client, got, leaks = of_ben(practice), visitor(app, who), {}, []
    before = state(practice, foreign)
    for name, rule, act in in_order(app):
        answer = ask(client, name, rule, act, foreign)
        got[name] = answer.status_code
        leaks += [name for mark in private(foreign) if mark in answer.text.replace(f"?q={MARK}", "")]
    expected = table()
    assert got == {name: cells[who] for name, cells in expected.items()}
    if who not in MAY_TOUCH:
        assert [name for name in leaks if name != "GET /office/search"] == []
        assert state(practice, foreign) == before


@pytest.mark.parametrize("who", LOGINS)
def test_key_opens_what_the_session_of_its_owner_opens(app: Flask, practice: Practice, who: str) -> None:
    """A1: the other way to say who one is."""
    foreign, client = of_ben(practice), cast("Browser", app.test_client())
    key = {"Authorization": f"Bearer {add_key(practice, LOGINS[who])}"}
    before = state(practice, foreign)
    got = {
        name: ask(client, name, rule, act, foreign, **key).status_code
        for name, rule, act in in_order(app)
        if rule.rule.startswith("/api/")
    }
    assert got == {name: cells[who] for name, cells in table().items() if name in got}
    assert who in MAY_TOUCH or state(practice, foreign) == before


def test_somebody_elses_thing_answers_like_one_that_does_not_exist(app: Flask, practice: Practice) -> None:
    """A1: status, headers and body are the same."""
    foreign, client = of_ben(practice), visitor(app, "anna")
    nobody = of_nobody(foreign)
    for name, rule, act in in_order(app):
        if {"uid", "absence_id", "password_id"} & set(rule.arguments):
            theirs, missing = (ask(client, name, rule, act, whose) for whose in (foreign, nobody))
            assert comparable(theirs, foreign) == comparable(missing, nobody), name


def of_nobody(foreign: Foreign) -> Foreign:
    """Ids like these, of nothing."""
    missing = copy(foreign.booking)
    missing.uid = str(uuid.uuid4())
    return Foreign(missing, foreign.absence + 1000, foreign.app_password + 1000)


def comparable(answer: TestResponse, asked: Foreign) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without the id that was asked for and what differs by the second."""
    text = re.sub(
        r'value="[^"]{40,}"',
        "",
        answer.text.replace(answer.request.path, "PATH").replace(asked.booking.uid, "ID"),
    )
    headers = [
        (name, value) for name, value in answer.headers if name not in ("Content-Length", "Set-Cookie")
    ]
    return answer.status_code, text, sorted(headers)


def test_refused_write_of_somebody_of_the_practice_leaves_an_entry(app: Flask, practice: Practice) -> None:
    """O6: one for each refusal by an object or a right, with who and what."""
    foreign, client, refused = of_ben(practice), visitor(app, "anna"), 0
    for name, rule, act in in_order(app):
        if not name.startswith("GET"):
            refused += ask(client, name, rule, act, foreign).status_code in (403, 404, 409)
    with practice.hall.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).all()
    assert len(entries) == refused > 10
    assert {entry.actor for entry in entries} == {LOGINS["anna"]}
    assert f"office.do {foreign.booking.uid} cancel" in {entry.subject for entry in entries}


def rows_of(practice: Practice) -> dict[str, list[str]]:
    """Everything in the database but what tells of sessions: a request may keep one alive."""
    with practice.hall.database.reading() as session:
        tables = {**Model.metadata.tables, **Absence.metadata.tables}
        return {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in tables.items()
            if name != "web_session"
        }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing_whatever_the_address_says(
    app: Flask, practice: Practice, method: str
) -> None:
    """A13, A57: everything that a form would send, as a query; with overrides of the method."""
    foreign, client = of_ben(practice), visitor(app, "owner")
    before = rows_of(practice)
    overrides = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE", "X-Method-Override": "POST"}
    for name, rule, act in in_order(app):
        path = ask(client, f"GET {name.partition(' ')[2]}", rule, act, foreign).request.path
        form = {
            **FORMS.get(f"POST {name.partition(' ')[2]}", {}),
            "_method": "POST",
            "csrf_token": client.csrf_token,
        }
        client.open(path, method=method, query_string=form, headers=overrides)
    assert rows_of(practice) == before
