"""Every page in a real browser: it asks nobody but us, runs nothing that was typed, keeps nothing it need not (A70)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request
from werkzeug.routing import Rule

from tests import acts
from tests.caldav.live import serving
from tests.security.test_matrix import QUERIES, rows, visitor
from tests.web.desk import requested
from vorzimmer import booking
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking
from vorzimmer.testing import Browser, Practice

TYPED = '"><img src=//evil.example/a onerror=alert(1)><script>alert(1)</script>'
NO_PAGES = {
    "GET /b/<token>",
    "GET /book/<slug>/<uid>/calendar.ics",
    "GET /b/calendar.ics",
    "GET /office/connect/apple",
    "GET /static/<digest>/<name>",
}


@dataclass
class Heard:
    """What the browser did beyond showing pages of ours."""

    home: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        """Write all of it down from now on."""
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob") and not request.url.startswith(self.home):
            self.foreign.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "the server responded with a status" not in message.text:
            self.complaints.append(message.text)  # such as a breach of the content security policy

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()


@pytest.fixture
def home(practice: Practice, app: Flask) -> Iterator[str]:
    """Where the pages are served."""
    with serving(app) as live:
        yield f"http://localhost:{live.port}/"


def things(practice: Practice) -> tuple[Booking, Booking, Booking]:
    """A hold, an appointment and a request of somebody with a bad name."""
    who = booking.Details(TYPED[:80], "max@kunde.example", TYPED[:40], TYPED)
    held = acts.hold(practice.hall, "2027-03-09 10:00", staff="anna")
    acts.type_details(practice.hall, held.uid, who)
    made = acts.book(practice.hall, "2027-03-10 10:00", who=who, staff="anna")
    asked = requested(practice, "2027-03-11 10:00", name=TYPED[:80])
    Worker(practice.hall).run_due()
    return held, made, asked


def addresses(app: Flask, held: Booking, asked: Booking) -> list[str]:
    """Every page that there is; a plugin's, too."""
    found = []
    for name, rule, act in rows(app):
        if name.startswith("GET") and name not in NO_PAGES and not rule.rule.startswith("/api/"):
            found.append(address(rule, act, held, asked) + QUERIES.get(name, ""))
    return [*found, "/nowhere", "/book/massage?staff=anna&day=2027-03-16", "/office/new?service=massage"]


def address(rule: Rule, act: str, held: Booking, asked: Booking) -> str:
    """The address with what exists in place of its parameters."""
    uid = held.uid if rule.rule.startswith("/book/") else asked.uid
    given: dict[str, object] = {"uid": uid, "slug": "massage", "act": act, "booking": uid, "kind": "room"}
    given |= {"customer": asked.customer.uid, "topic": "confirmed", "language": "de", "secret": "A" * 32}
    numbers = (
        "hours_id",
        "block_id",
        "hook_id",
        "key_id",
        "shown",
        "account_id",
        "role_id",
        "number",
        "name",
        "digest",
        "calendar_id",
        "absence_id",
        "password_id",
        "link_id",
    )
    given |= dict.fromkeys(numbers, 1)
    if choice := re.search(r"<any\([^)]*\):(\w+)>", rule.rule):
        given[choice[1]] = act
    built = rule.build({name: value for name, value in given.items() if name in rule.arguments})
    assert built is not None
    return built[1]


def is_page(client: Browser, path: str) -> bool:
    """Whether something is shown there, instead of saved, or sent somewhere else."""
    answer = client.get(path)
    return answer.mimetype == "text/html" and not answer.location


@pytest.mark.parametrize("who", ["none", "owner"])
def test_no_page_asks_anybody_else_or_runs_what_was_typed(
    app: Flask, practice: Practice, home: str, context: BrowserContext, who: str
) -> None:
    """A59, A70: all pages that a person may open."""
    held, made, asked = things(practice)
    client = visitor(app, who)
    with client.session_transaction() as session:
        session["holds"] = [held.uid]
        session["typed"] = {"name": TYPED, "message": TYPED}
        session["managing"] = [made.uid, int(practice.clock.now.timestamp()) + 1800]
    cookie = client.get_cookie("vorzimmer")
    assert cookie is not None
    context.add_cookies([{"name": "vorzimmer", "value": cookie.value, "url": home, "httpOnly": True}])
    heard, page = Heard(home), context.new_page()
    heard.listen(context)
    for path in filter(partial(is_page, client), addresses(app, held, asked)):
        page.goto(home + path.removeprefix("/"), wait_until="load")
    assert heard.foreign == []
    assert heard.complaints == []
    kept = {one["name"]: one for one in context.cookies()}
    assert kept.keys() <= {"vorzimmer", "vorzimmer-device"}
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
