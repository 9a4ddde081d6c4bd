"""Odd values in every parameter that any page reads: no error of ours (O1), and nothing of it in SQL (A72, A77)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule

from tests import acts
from tests.caldav.desk import NAMESPACES, Phone
from tests.caldav.desk import event as calendar_event
from tests.security.test_matrix import FORMS, JSON, QUERIES, in_order, visitor
from tests.security.world import LOGINS, add_key, of_ben
from vorzimmer.hall import Hall
from vorzimmer.testing import Practice

SQL = "kanarie'\";--/*%_\\ OR 1=1 {{7*7}}{0.__class__}%(a)s%s${x}"
ON_SQLITE = {
    "number": "9" * 5000,  # Python reads none of more than 4,300 digits
    "marks": "\u202e\u2028\u200b" + "\u0301" * 300 + "\u0085\x1b[31m" + "x" * 3000,
    "last day": "9999-12-31",
    "first instant": "0001-01-01T00:00:00+12:00|" + SQL,
}
ON_POSTGRESQL = {"large": "9" * 11, "place": "2027-03-02T10:00:00+01:00|" + SQL + "\0"}
"""Each value where it can do harm: PostgreSQL takes no NUL and no number beyond 32 bits, SQLite none beyond 64."""

MORE = {"GET /book/<slug>": {"name", "email"}}
"""What a page looks at as a set and not by its name."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_copy"))


class Recorder(ImmutableMultiDict[str, str]):
    """Remembers which parameters a view looks at."""

    asked: set[str] = set()  # noqa: RUF012  (one for all, on purpose)

    def get(self, key: str, *more: Any, **named: Any) -> Any:
        self.asked.add(key)
        return super().get(key, *more, **named)

    def getlist(self, key: str, *more: Any, **named: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *more, **named)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


@contextmanager
def watched(hall: Hall) -> Iterator[list[str]]:
    """Every statement that goes to the database until the block ends, without its parameters."""
    seen: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(hall.database.engine, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(hall.database.engine, "before_cursor_execute", keep)


class Everybody:
    """The owner, who also has a hold and a mailed link open, so that every page answers."""

    def __init__(self, app: Flask, practice: Practice) -> None:
        self.app, self.practice = app, practice
        self.client = visitor(app, "owner")
        self.foreign = of_ben(practice)
        self.held: str | None = None

    def begin(self) -> str:
        """A fresh hold of this browser with a code sent, and the link of the request opened; the hold's uid."""
        held = acts.hold(self.practice.hall, "2027-03-16 10:00", staff="anna", replaces=self.held)
        self.held = held.uid
        acts.type_details(self.practice.hall, held.uid)
        until = int(self.practice.clock.now.timestamp()) + 1800
        with self.client.session_transaction() as session:
            session["holds"] = [held.uid]
            session["managing"] = [self.foreign.booking.uid, until]
        return held.uid

    def ask(self, name: str, rule: Any, act: str, odd: dict[str, str]) -> int:
        """The request of the matrix with some parameters replaced."""
        held = self.begin() if rule.rule.startswith(("/b/", "/book/")) else ""
        uid = held if rule.rule.startswith("/book/") else self.foreign.booking.uid
        given = {
            "uid": uid,
            "slug": "massage",
            "token": "x.y",
            "absence_id": 1,
            "password_id": 1,
            "digest": "0",
            **dict.fromkeys(
                ("hours_id", "shown", "account_id", "role_id", "number", "calendar_id", "link_id"), 1
            ),
            "customer": self.foreign.customer,
            "booking": uid,
            "kind": "room",
            "topic": "confirmed",
            "language": "de",
            "secret": "A" * 32,
        }
        given |= {"name": "booking.css", "act": act}
        if choice := re.search(r"<any\([^)]*\):(\w+)>", rule.rule):
            given[choice[1]] = act
        found = {name: given.get(name, 1) for name in rule.arguments}  # of a new page: any number
        built = rule.build(found)
        method = name.partition(" ")[0]
        if method == "GET":
            asked = dict(
                part.split("=") for part in QUERIES.get(name, "?").removeprefix("?").split("&") if part
            )
            query = "&".join(f"{key}={quote(value, safe='')}" for key, value in {**asked, **odd}.items())
            return int(self.client.get(f"{built[1]}?{query}").status_code)
        form = {"csrf_token": self.client.csrf_token, **FORMS.get(name, {}), **odd}
        return int(self.client.post(built[1], data=form).status_code)


def test_no_parameter_of_a_page_reaches_sql_or_ends_in_an_error(
    app: Flask, practice: Practice, odd: dict[str, str]
) -> None:
    """A72, A77, O1: every parameter that a page looks at, one by one; the pages themselves say which these are."""
    app.request_class = type("Recording", (app.request_class,), {"parameter_storage_class": Recorder})
    everybody, errors = Everybody(app, practice), []
    with watched(practice.hall) as statements:
        for name, rule, act in pages(app):
            Recorder.asked.clear()
            everybody.ask(name, rule, act, {})
            frame = {"csrf_token"} if name == "GET /office/search" else {"csrf_token", "q"}
            for parameter in sorted((Recorder.asked | MORE.get(name, set())) - frame):
                asked = {what: everybody.ask(name, rule, act, {parameter: odd[what]}) for what in odd}
                errors += [(name, parameter, what) for what, status in asked.items() if status >= 500]
    assert errors == []
    assert [statement for statement in statements if "kanarie" in statement] == []


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_day_beyond_the_calendar_is_no_day(app: Flask, practice: Practice, day: str) -> None:
    """O1, A81: pages show what they show without one; a call is told what is wrong."""
    client = visitor(app, "owner")
    for path in (
        "/office/?day=",
        "/office/week?day=",
        "/office/new?service=massage&from=",
        "/book/notiz?day=",
    ):
        assert client.get(path + day).status_code == 200
    asked = {"service": "massage", "start": f"{day}T00:00:00+00:00"}
    assert client.get("/api/v1/explain", query_string=asked).status_code == 422


def pages(app: Flask) -> list[tuple[str, Rule, str]]:
    """The addresses of pages, what ends the appointment last."""
    found = [row for row in in_order(app) if not row[1].rule.startswith("/api/") and "/log" not in row[0]]
    return sorted(found, key=lambda row: row[2] in ("cancel", "decline"))


@pytest.fixture
def odd(request: pytest.FixtureRequest) -> dict[str, str]:
    """The values to try on this database."""
    return ON_POSTGRESQL if request.getfixturevalue("database_url") else ON_SQLITE


API_QUERIES = {
    "GET /api/v1/slots": ("service", "from", "to", "staff", "location", "tz"),
    "GET /api/v1/days": ("service", "month", "staff", "location"),
    "GET /api/v1/explain": ("service", "start", "staff"),
    "GET /api/v1/services": ("x",),
    "GET /api/v1/bookings": ("from", "to", "staff", "status", "cursor", "limit"),
}
API_BODIES: dict[str, dict[str, Any]] = {
    **JSON,
    "POST /api/v1/holds": {
        "service": "massage",
        "start": "2027-03-09T10:00:00+01:00",
        "staff": "",
        "location": "",
    },
    "POST /api/v1/bookings": {
        "service": "massage",
        "start": "2027-03-09T10:00:00+01:00",
        "staff": "ben",
        "location": "",
        "customer": {"name": "Eva", "email": "", "phone": ""},
        "override": {"level": "double", "reason": "x"},
    },
    "PATCH /api/v1/bookings/<uid>": {
        "start": "2027-03-09T14:00:00+01:00",
        "staff": "",
        "service": "",
        "sequence": 0,
    },
    "POST /api/v1/bookings/<uid>/cancel": {"message": ""},
}


def leaves(body: dict[str, Any], value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with one value after the other replaced, and with one name that is odd itself."""
    for name, old in body.items():
        if isinstance(old, dict):
            yield from ((f"{name}.{inner}", {**body, name: changed}) for inner, changed in leaves(old, value))
        else:
            yield name, {**body, name: value}
    yield "a name", {**body, str(value): 1}


def test_no_value_of_a_call_reaches_sql_or_ends_in_an_error(
    app: Flask, practice: Practice, odd: dict[str, str]
) -> None:
    """A72, A74, A77, A80, A82, O1: query, body, path and headers of the API."""
    client, key = app.test_client(), {"Authorization": f"Bearer {add_key(practice, LOGINS['owner'])}"}
    uid, errors = of_ben(practice).booking.uid, []
    with watched(practice.hall) as statements:
        for what, value in odd.items():
            for name, parameters in API_QUERIES.items():
                path = name.partition(" ")[2]
                asked = dict(part.split("=") for part in QUERIES.get(name, "?")[1:].split("&") if part)
                for parameter in parameters:
                    given = {key: unquote(text) for key, text in asked.items()} | {parameter: value}
                    status = client.get(path, query_string=given, headers=key).status_code
                    errors += [(name, parameter, what)] if status >= 500 else []
            for name, body in API_BODIES.items():
                method, path = name.replace("<uid>", uid).split(" ")
                for leaf, changed in leaves(body, value):
                    status = client.open(path, method=method, json=changed, headers=key).status_code
                    errors += [(name, leaf, what)] if status >= 500 else []
            for headers in ({"Idempotency-Key": value[:150]}, {"Authorization": f"Bearer {value}"}):
                sent = {
                    name: text.encode("ascii", "replace").decode()
                    for name, text in {**key, **headers}.items()
                }
                for path in ("/api/v1/bookings", f"/api/v1/bookings/{quote(value[:200], safe='')}"):
                    status = client.post(path, json={}, headers=sent).status_code
                    errors += [(path, next(iter(headers)), what)] if status >= 500 else []
    assert errors == []
    assert [statement for statement in statements if "kanarie" in statement] == []


def test_no_value_in_a_calendar_request_reaches_sql_or_ends_in_an_error(
    app: Flask, practice: Practice, odd: dict[str, str]
) -> None:
    """A72, A77: path, filter, property, UID, token, header."""
    phone, errors = Phone(app, "anna@praxis.example", "anna-caldav-demo-0001"), []
    with watched(practice.hall) as statements:
        for what, value in odd.items():
            for method, path, body, headers in calendar_requests(value):
                status = phone.ask(method, path, body, **headers).status_code
                errors += [(method, path[:60], what)] if status >= 500 else []
    assert errors == []
    assert [statement for statement in statements if "kanarie" in statement] == []


def calendar_requests(value: str) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Requests with the value in one place after the other."""
    named, text = (
        quote(value[:200], safe=""),
        escape(re.sub(r"[\x00-\x08\x0b-\x1f]", "", value), {'"': "&quot;"}),
    )
    header = value.encode("ascii", "replace").decode().replace("\x00", "").replace("\x1b", "")[:500]
    for method in ("PROPFIND", "GET", "PUT", "DELETE", "PROPPATCH", "MKCALENDAR"):
        body = calendar_event("a") if method == "PUT" else ""
        yield method, f"bookings/{named}.ics", body, {}
        yield method, f"{named}/", "", {}
    yield "PUT", "bookings/a.ics", calendar_event(value, f"SUMMARY:{value}", f"X-ODD;X={value}:1"), {}
    for inside in (
        f'<C:prop-filter name="SUMMARY"><C:text-match>{text}</C:text-match></C:prop-filter>',
        f'<C:prop-filter name="{text}"><C:is-not-defined /></C:prop-filter>',
        f'<C:comp-filter name="{text}" />',
        f'<C:time-range start="{text}" end="{text}" />',
    ):
        event_filter = f'<C:comp-filter name="VEVENT">{inside}</C:comp-filter>'
        whole = f'<C:filter><C:comp-filter name="VCALENDAR">{event_filter}</C:comp-filter></C:filter>'
        yield "REPORT", "bookings/", f"<C:calendar-query {NAMESPACES}>{whole}</C:calendar-query>", {}
    for report, inside in (
        ("C:calendar-multiget", f"<href>/dav/anna%40praxis.example/bookings/{text}</href>"),
        ("sync-collection", f"<sync-token>{text}</sync-token>"),
        ("C:free-busy-query", f'<C:time-range start="{text}" end="20270301T000000Z" />'),
    ):
        yield "REPORT", "bookings/", f"<{report} {NAMESPACES}>{inside}<prop><getetag /></prop></{report}>", {}
    update = f"<set><prop><displayname>{text}</displayname><I:calendar-color>{text}</I:calendar-color></prop></set>"
    yield "MKCALENDAR", "own/", f"<C:mkcalendar {NAMESPACES}>{update}</C:mkcalendar>", {}
    yield "PROPPATCH", "own/", f"<propertyupdate {NAMESPACES}>{update}</propertyupdate>", {}
    yield "MOVE", "bookings/a.ics", "", {"Destination": f"/dav/anna%40praxis.example/own/{named}.ics"}
    for name in ("Destination", "If_Match", "If_None_Match", "Depth", "Overwrite"):
        yield (
            "MOVE",
            "bookings/a.ics",
            "",
            {"Destination": "/dav/anna%40praxis.example/own/b.ics", name: header},
        )
    yield "DELETE", "own/", "", {}
