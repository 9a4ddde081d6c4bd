"""A calendar elsewhere on loopback that does whatever a test wants: slow, endless, garbage, somewhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from vorzimmer.access import Actor
from vorzimmer.hookspecs import ExternalCalendar, NewExternalCalendar
from vorzimmer.testing import DESK, Practice
from vorzimmer_external_busy import refreshing
from vorzimmer_external_busy.settings import Config

HTTP = Config(allow_http=True)
DENTIST = """BEGIN:VEVENT
UID:dentist
SUMMARY:Dentist
DTSTART;TZID=Europe/Berlin:20270302T100000
DTEND;TZID=Europe/Berlin:20270302T110000
END:VEVENT
"""


def ics(*events: str) -> bytes:
    """A calendar of events."""
    lines = "".join(("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//elsewhere//\n", *events, "END:VCALENDAR\n"))
    return lines.replace("\n", "\r\n").encode()


def event(uid: str, start: str, end: str, *more: str) -> str:
    """An event; start and end with their parameters (`:20270302T100000Z`)."""
    return "\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{start}", f"DTEND{end}", *more, "END:VEVENT", ""]
    )


@dataclass
class Elsewhere:
    """Answers with `body`, or as `behave` says; `asked` is what came in."""

    port: int = 0
    body: bytes = ics(DENTIST)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    behave: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/calendar.ics"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Do as the test wants."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.asked.append((handler.command, handler.path, dict(handler.headers), body))
        if self.behave:
            self.behave(handler)
            return
        known = self.headers.get("ETag")
        same = known is not None and handler.headers.get("If-None-Match") == known
        handler.send_response(304 if same else self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        sent = b"" if same else self.body
        handler.send_header("Content-Length", str(len(sent)))
        handler.end_headers()
        handler.wfile.write(sent)


@contextmanager
def serving() -> Iterator[Elsewhere]:
    """A server until the block ends; whoever still waits in it is let go."""
    elsewhere = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            elsewhere.answer(self)

        def do_REPORT(self) -> None:
            elsewhere.answer(self)

        def do_PROPFIND(self) -> None:
            elsewhere.answer(self)

        def log_message(self, *_what: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_what: None  # type: ignore[method-assign]  # a caller that hangs up is wanted here
    elsewhere.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield elsewhere
    finally:
        elsewhere.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """A calendar elsewhere."""
    with serving() as found:
        yield found


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a server whose operator named loopback."""
    own = {"allow_http": True, "allowed_hosts": ["127.0.0.1"]}
    return {**settings, "plugins": {**settings["plugins"], "vorzimmer_external_busy": own}}


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what is stored is tested in `test_external_busy`."""
    return ""


def enter(
    practice: Practice, url: str, person: str = "anna", actor: Actor = DESK, **more: Any
) -> ExternalCalendar:
    """Enter a calendar elsewhere; nobody reads it yet."""
    wanted = NewExternalCalendar(**{"kind": "ics", "title": "Private", "address": url, **more})
    store = practice.hall.plugins.instance("vorzimmer_external_busy").external_calendars()
    found: ExternalCalendar = practice.hall.database.write(
        lambda session: store.enter(session, practice.hall, actor, person, wanted)
    )
    return found


def read(practice: Practice, calendar: ExternalCalendar) -> ExternalCalendar:
    """Have a calendar read here and now, as the worker's threads do; how it is afterwards."""
    refreshing.refresh(practice.hall, HTTP, refreshing.task_of(practice.hall, calendar.id))
    return again(practice, calendar)


def again(practice: Practice, calendar: ExternalCalendar) -> ExternalCalendar:
    """A calendar as it is now."""
    store = practice.hall.plugins.instance("vorzimmer_external_busy").external_calendars()
    with practice.hall.database.reading() as session:
        found: ExternalCalendar = next(one for one in store.listed(session, DESK) if one.id == calendar.id)
    return found
