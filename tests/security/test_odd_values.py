"""Odd values in calls and calendar requests: no error of ours (O1), and nothing of it in SQL (A72, A77)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import pytest
from flask import Flask

from tests.caldav.desk import NAMESPACES, Phone
from tests.caldav.desk import event as calendar_event
from tests.security.odd import watched
from tests.security.test_matrix import JSON, QUERIES, visitor
from tests.security.world import LOGINS, add_key, of_ben
from vorzimmer.testing import Practice


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_copy"))


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
