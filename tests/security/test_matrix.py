"""Who may do what to whose: every address by every kind of person, with ids of somebody else's things (A1, A2)."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.security import kept
from tests.security.world import LOGINS, MARK, Foreign, add_key, of_ben, with_single_right
from vorzimmer.access import ROLES, SIGNED_IN, Right
from vorzimmer.models import AuditEntry, Model
from vorzimmer.testing import Browser, Practice
from vorzimmer_absences.models import Absence

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
rights_page = import_module("rights_page")

ORIGIN = {"Origin": "http://localhost"}
SLOT = "2027-03-09T10:00:00+01:00"
ELSEWHERE = {"kind": "ics", "title": "Clinic", "address": "https://cal.example/clinic.ics"}
HOOK = {"url": "https://crm.example/hook", "events": ["booking.created"]}
JSON: dict[str, dict[str, Any]] = {
    "POST /api/v1/bookings": {
        "service": "massage",
        "start": SLOT,
        "staff": "ben",
        "customer": {"name": "Eva"},
    },
    "PATCH /api/v1/bookings/<uid>": {"start": "2027-03-09T14:00:00+01:00", "sequence": 0},
    "POST /api/v1/absences": {"resource": "ben", "start": "2027-06-07", "end": "2027-06-07", "kind": "sick"},
    "POST /api/v1/external-calendars": {**ELSEWHERE, "resource": "ben"},
    "PUT /api/v1/external-calendars/<calendar_id>": {"title": "Clinic"},
    "POST /api/v1/bookings/<uid>/payments": {"amount": 100, "method": "cash"},
    "PUT /api/v1/roles/<role_id>": {"name": "mine", "rights": ["calendars"]},
    "POST /api/v1/webhooks": HOOK,
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
    "POST /office/settings/api-keys/": {"label": "Website", "scopes": "accounts", "days": "90"},
    "POST /office/settings/webhooks/": {"url": "https://crm.example/hook", "events": "booking.created"},
    "POST /office/absences/": {
        "resource": "ben",
        "kind": "sick",
        "first": "2027-06-07",
        "last": "2027-06-07",
    },
    "POST /office/external/": {**ELSEWHERE, "resource": "ben"},
    "POST /office/external/<calendar_id>": {"title": "Clinic"},
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


def rows(app: Flask) -> Iterator[tuple[str, Rule, str]]:
    """Every method of every address as the table names it; each choice of an act is a row of its own."""
    yield from ((row.name, row.rule, row.act) for row in rights_page.rows(app))


def ask(client: Browser, name: str, rule: Rule, act: str, foreign: Foreign, **headers: str) -> TestResponse:
    """One cell: the request with everything in its right form, so that nothing but the rights decides."""
    method = name.partition(" ")[0]
    if rule.rule.startswith("/api/"):
        body = None if method == "GET" else JSON.get(name, {})
        sent: dict[str, Any] = {"json": body, "headers": {**ORIGIN, **headers}}
    else:
        sent = {"data": {"csrf_token": client.csrf_token, **FORMS.get(name, {})} if method != "GET" else None}
    path = address(rule, act, foreign) + QUERIES.get(name, "")
    answer: TestResponse = client.open(path, method=method, **sent)
    return answer


def address(rule: Rule, act: str, foreign: Foreign) -> str:
    """The path with the names of things that are there."""
    uid = foreign.booking.uid
    given = {
        "uid": uid,
        "customer": foreign.customer,
        "booking": uid,
        "slug": _slug(rule, act, foreign),
        "kind": "room",
        "topic": "confirmed",
        "language": "de",
        "token": f"{uid}.{'A' * 32}",
        "secret": "A" * 32,
        "absence_id": foreign.absence,
        "calendar_id": foreign.elsewhere,
        "link_id": foreign.link,
        "hours_id": 1,
        "block_id": 1,
        "password_id": foreign.app_password,
        "shown": foreign.session,
        "account_id": foreign.account,
        "role_id": foreign.role,
        "key_id": foreign.key,
        "hook_id": foreign.hook,
        "number": foreign.group if "groups" in rule.rule else foreign.change,
        "digest": "0",
        "name": "vorzimmer_holidays"
        if "/plugins/" in rule.rule
        else "anna"
        if "/own/" in rule.rule
        else "booking.css",
    }
    if choice := re.search(r"<any\([^)]*\):(\w+)>", rule.rule):
        given[choice[1]] = act
    built = rule.build({key: value for key, value in given.items() if key in rule.arguments})
    assert built is not None
    return built[1]


def _slug(rule: Rule, act: str, foreign: Foreign) -> str:
    """Something that is there, for each kind of thing with a name in its address."""
    kinds = {
        "/people/": "ben",
        "/resource/": "ben",
        "/places/": "markt",
        "/locations/": "markt",
        "/resources/": "ben",
        "/location/": "markt",
        "/fields/": foreign.field,
        "/services/": "ultraschall",
    }
    spelled = re.sub(r"<any\([^)]*\):\w+>", act, rule.rule)
    found = [slug for kind, slug in kinds.items() if kind in spelled]
    return found[0] if found else "massage" if rule.rule == "/book/<slug>" else foreign.booking.service.slug


def in_order(app: Flask) -> list[tuple[str, Rule, str]]:
    """The rows, what ends a session last."""
    return sorted(rows(app), key=lambda row: ("logout" in row[0], row[0]))


def visitor(app: Flask, who: str) -> Browser:
    """Somebody with a form of ours open, so that the token of the form is theirs."""
    client = cast("Browser", app.test_client())
    if who and who != "none":
        client.sign_in(LOGINS.get(who, who))
    client.get("/book/massage?staff=anna&day=2027-03-16")
    assert client.csrf_token
    return client


def private(foreign: Foreign) -> list[str]:
    """What only those who may touch the booking may read (O5); the address is stored in small letters."""
    return [MARK, MARK.lower(), foreign.booking.uid.upper()]


LOGIN = "/office/login"
YES_ALL_THE_SAME = {
    "GET /office/": {303},  # who sees no calendar begins at the own account
    "POST /office/checklist/close": {403},  # the owner's alone
    "GET /office/settings/import/<number>": {404},  # no such file has come in
    "POST /office/settings/import/<number>/begin": {404},
    "POST /office/settings/import/<number>/check": {404},
    "GET /office/settings/import/<number>/delete": {404},
    "POST /office/settings/import/<number>/delete": {404},
    "GET /office/settings/import/<number>/refused": {404},
    "POST /api/v1/webhooks/<hook_id>/deliveries/<name>/again": {404},  # nothing was sent
    "POST /office/settings/webhooks/<hook_id>/deliveries/<name>/again": {404},
    "GET /office/settings/plugins/<name>": {404},  # this plugin has a page of its own
    "POST /office/settings/plugins/<name>": {404},
    "GET /office/holidays/days/<number>/delete": {404},
    "POST /office/holidays/days/<number>/delete": {404},  # no such day is entered
    "GET /office/hours/resource/<slug>/day/<hours_id>/delete": {404},
    "POST /office/hours/resource/<slug>/day/<hours_id>/delete": {404},
    "GET /office/hours/location/<slug>/day/<hours_id>/delete": {404},
    "POST /office/hours/location/<slug>/day/<hours_id>/delete": {404},
    "GET /office/hours/service/<slug>/day/<hours_id>/delete": {404},
    "POST /office/hours/service/<slug>/day/<hours_id>/delete": {404},
}
NOT_DONE = {401, 403, 404}
ECHOES = {"GET /office/search"}
"""Says what was searched for."""


def fits(cell: str, row: Any, answer: TestResponse) -> bool:
    """Whether an answer is what the cell of the table says, the things in the request being Ben's."""
    status, to_login = answer.status_code, answer.headers.get("Location", "").startswith(LOGIN)
    if cell == "open":
        return status < 500
    if cell == "sign in":
        if row.rule.rule.startswith("/api/") or row.name.startswith("POST "):
            return status == 401  # a form gets the login with what was typed in it
        return status == 303 and to_login
    if cell == "no":
        return status == 403 or status in YES_ALL_THE_SAME.get(row.name, ())
    if cell == "own":
        return status in {403, 404, 422} if row.thing == "calendar" else status == 404
    if cell == "below":
        return status == (200 if row.name.startswith("GET") else 403)
    done = status not in NOT_DONE or status in YES_ALL_THE_SAME.get(row.name, ())
    return done and status < 500 and not to_login


def everybody(practice: Practice) -> dict[str, tuple[str, frozenset[Right] | None]]:
    """Address and rights of nobody, a customer, the three roles in the box, and one login for each single right."""
    people: dict[str, tuple[str, frozenset[Right] | None]] = {
        "none": ("", None),
        **{who: (LOGINS[who], ROLES["staff" if who == "anna" else who]) for who in LOGINS},
    }
    return people | {right.value: (with_single_right(practice, right), frozenset({right})) for right in Right}


@pytest.fixture
def put_back(practice: Practice) -> Iterator[Callable[[], None]]:
    """Puts everything back as it was when it was called first, so that no cell depends on another."""
    with kept.put_back(practice) as act:
        yield act


@pytest.mark.parametrize("who", ["none", *LOGINS, *(right.value for right in Right)])
def test_each_cell_is_what_the_rights_say(
    app: Flask, practice: Practice, who: str, put_back: Callable[[], None]
) -> None:
    """A1, A2, A4, A15, A16, C22, O52: role × route × object, each cell derived from the route."""
    foreign, (email, rights) = of_ben(practice), everybody(practice)[who]
    client, wrong, leaks, before = visitor(app, email), [], [], rows_of(practice)
    mine = not rights or not rights & {Right.CALENDARS, Right.CUSTOMERS}
    refusals: list[Any] = []
    rest: list[Any] = []
    for row in sorted(rights_page.rows(app), key=lambda row: ("logout" in row.name, row.name)):
        (refusals if row.cell(rights) in ("sign in", "no", "own") else rest).append(row)
    for row in [*refusals, None, *rest]:
        if row is None:
            assert rows_of(practice) == before, "something was refused, but something has changed"
            put_back()
            continue
        answer = ask(client, row.name, row.rule, row.act, foreign)
        if not fits(row.cell(rights), row, answer):
            wrong.append(f"{row.name}: {row.cell(rights)}, but {answer.status_code}")
        if mine or row in refusals:
            leaks += [
                row.name
                for mark in private(foreign)
                if mark.encode() in answer.data and row.name not in ECHOES
            ]
        if row in rest and not row.name.startswith("GET"):
            put_back()
    assert wrong == []
    assert leaks == []


@pytest.mark.parametrize("who", LOGINS)
def test_key_opens_what_the_session_of_its_owner_opens(
    app: Flask, practice: Practice, who: str, put_back: Callable[[], None]
) -> None:
    """A1: the other way to say who one is."""
    foreign, (email, rights) = of_ben(practice), everybody(practice)[who]
    client, wrong = cast("Browser", app.test_client()), []
    key = {"Authorization": f"Bearer {add_key(practice, email)}"}
    put_back()
    for row in rights_page.rows(app):
        if row.rule.rule.startswith("/api/"):
            answer = ask(client, row.name, row.rule, row.act, foreign, **key)
            if not fits(row.cell(rights), row, answer):
                wrong.append(f"{row.name}: {row.cell(rights)}, but {answer.status_code}")
            put_back()
    assert wrong == []


def test_page_of_rights_is_up_to_date() -> None:
    """If not: `python packaging/rights_page.py`. A new address changes it: think about each of its cells."""
    assert rights_page.main("check") == 0


def test_no_call_of_the_api_is_open_to_any_login(app: Flask) -> None:
    """A1: each names the rights that open it; pages do that ask for the own password or give back what was typed."""
    anybody = {row.name for row in rights_page.rows(app) if SIGNED_IN in row.who}
    assert anybody == {
        *("GET /office/account/confirm", "POST /office/account/confirm", "POST /office/language"),
        *("GET /office/again", "POST /office/again", "POST /office/kept"),
    }


def test_somebody_elses_thing_answers_like_one_that_does_not_exist(app: Flask, practice: Practice) -> None:
    """A1: status, headers and body are the same."""
    foreign, client = of_ben(practice), visitor(app, "anna")
    nobody = of_nobody(foreign)
    for name, rule, act in in_order(app):
        if {"uid", "absence_id", "password_id", "shown"} & set(rule.arguments):
            theirs, missing = (ask(client, name, rule, act, whose) for whose in (foreign, nobody))
            assert comparable(theirs, foreign) == comparable(missing, nobody), name


def of_nobody(foreign: Foreign) -> Foreign:
    """Ids like these, of nothing."""
    missing = copy(foreign.booking)
    missing.uid = str(uuid.uuid4())
    return replace(
        foreign,
        booking=missing,
        absence=foreign.absence + 1000,
        app_password=foreign.app_password + 1000,
        customer=str(uuid.uuid4()),
        session="0" * 16,
    )


def comparable(answer: TestResponse, asked: Foreign) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without the id that was asked for and what differs by the second."""
    text = re.sub(
        r'value="[^"]{40,}"|gAAAA[\w-]+',
        "",
        answer.text.replace(answer.request.path, "PATH")
        .replace(asked.booking.uid, "ID")
        .replace(asked.customer, "ID"),
    )
    headers = [
        (name, value) for name, value in answer.headers if name not in ("Content-Length", "Set-Cookie")
    ]
    return answer.status_code, text, sorted(headers)


def test_refused_write_of_somebody_of_the_practice_leaves_an_entry(app: Flask, practice: Practice) -> None:
    """O6: one for each refusal by an object or a right, with who and what."""
    foreign, client, refused = of_ben(practice), visitor(app, "anna"), 0
    for name, rule, act in in_order(app):
        if not name.startswith(("GET", "POST /embed/")):  # a frame knows nobody
            refused += ask(client, name, rule, act, foreign).status_code in (403, 404, 409)
    with practice.hall.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).all()
    assert len(entries) == refused > 10
    assert {entry.actor for entry in entries} == {LOGINS["anna"]}
    assert f"office.do {foreign.booking.uid} cancel" in {entry.subject for entry in entries}


def rows_of(practice: Practice) -> dict[str, list[str]]:
    """Everything but sessions and log: a request may keep a session alive, and a refusal leaves an entry (O6)."""
    with practice.hall.database.reading() as session:
        tables = {**Model.metadata.tables, **Absence.metadata.tables}
        return {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in tables.items()
            if name not in ("web_session", "audit_entry", "kept_answer")
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
