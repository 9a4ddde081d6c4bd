"""Servers elsewhere that are slow, lie, grow without end, or send us somewhere else (A122, F53)."""

import contextlib
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests import acts
from tests.plugins.elsewhere import (
    DENTIST,
    Elsewhere,
    database_url,
    elsewhere,
    enter,
    ics,
    read,
    serving,
    settings,
)
from vorzimmer.hookspecs import ExternalCalendar
from vorzimmer.outgoing.addresses import Allowed
from vorzimmer.testing import Practice
from vorzimmer_external_busy.fetching import FetchError, Question, basic, fetch

__all__ = ["database_url", "elsewhere", "settings"]
DAY = "2027-03-02"


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            handler.wfile.write(b"X")
            time.sleep(0.05)


def grow(handler: BaseHTTPRequestHandler) -> None:
    """An answer without end."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nBEGIN:VCALENDAR\r\n")
        while True:
            handler.wfile.write(b"X-FILL:" + b"x" * 65_536 + b"\r\n")


def known(practice: Practice, elsewhere: Elsewhere) -> ExternalCalendar:
    """A calendar that was read well once."""
    return read(practice, enter(practice, elsewhere.url))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"status": 500}, "does not answer"),
        ({"status": 401}, "another user name"),
        ({"status": 410}, "no calendar at this address"),
        ({"body": b"<html>Sign in</html>"}, "is no calendar"),
        ({"body": ics(DENTIST)[:-20]}, "is no calendar"),
        ({"body": b"\x1f\x8b", "headers": {"Content-Encoding": "gzip"}}, "is no calendar"),
        ({"behave": grow}, "too large"),
        ({"status": 302, "headers": {"Location": "http://localhost/"}}, "cannot be used"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/latest"}}, "cannot be used"),
        ({"status": 302, "headers": {"Location": "file:///etc/passwd"}}, "cannot be used"),
        ({"status": 302, "headers": {"Location": "/calendar.ics"}}, "cannot be used"),
    ],
)
def test_what_was_known_stays_when_a_calendar_lies(
    practice: Practice, elsewhere: Elsewhere, given: dict[str, Any], said: str
) -> None:
    """A122, F53: an error is shown, the old busy time stays, three redirects at most and none inside."""
    made = known(practice, elsewhere)
    vars(elsewhere).update(given)
    after = read(practice, made)
    assert said in after.error
    assert (after.busy, after.success_at) == (1, made.success_at)


def test_a_server_that_drips_is_cut_off(elsewhere: Elsewhere) -> None:
    """F53: the time is that of the whole answer, not of each byte."""
    elsewhere.behave = drip
    began = time.monotonic()
    with pytest.raises(FetchError, match="does not answer"):
        fetch(elsewhere.url, Question(), Allowed(True, frozenset({"127.0.0.1"})), seconds=0.5)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("to", "goes_along"), [("same host", True), ("another host", False)])
def test_a_password_goes_along_with_a_redirect_on_its_own_host_only(
    elsewhere: Elsewhere, to: str, goes_along: bool
) -> None:
    """A122, tests 5: another port is another host; nor does it get a password by way of a third."""
    with serving() as other:
        last = elsewhere if goes_along else other
        target = f"http://127.0.0.1:{last.port}/moved.ics"

        def lead_on(handler: BaseHTTPRequestHandler) -> None:
            elsewhere.behave = None
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        elsewhere.behave = lead_on
        question = Question(headers=basic("anna", "secret"))
        fetch(elsewhere.url, question, Allowed(True, frozenset({"127.0.0.1"})), seconds=5)
        first = elsewhere.asked[0][2]
        _method, path, headers, _body = last.asked[-1]
    assert (path, "Authorization" in first) == ("/moved.ics", True)
    assert ("Authorization" in headers) == goes_along


def test_a_search_asks_no_calendar(practice: Practice, elsewhere: Elsewhere) -> None:
    """F53: the booking path never waits; what is stored is all that it hears."""
    known(practice, elsewhere)
    elsewhere.behave = drip
    asked = len(elsewhere.asked)
    acts.book(practice.hall, f"{DAY} 11:00", staff="anna")
    assert len(elsewhere.asked) == asked
