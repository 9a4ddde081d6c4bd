"""The demo's practice, what it wants to say, and a visitor of its pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import select

from vorzimmer.access import ROLES, Actor
from vorzimmer.booking import Entry, enter
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking, Location, Message, Model, Resource, Service
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.testing.instants import Clock, berlin

PASSWORD = "demo-passwort-2026"  # noqa: S105  (of every account of the demo, interface.md)
T = TypeVar("T", bound=Model)
DESK = Actor("empfang@praxis.example", "office", rights=ROLES["desk"])


@dataclass(frozen=True)
class Practice:
    """The demo's practice without bookings, in a hall of its own; the clock stands at `START`."""

    hall: Hall
    clock: Clock

    def resource(self, slug: str) -> Resource:
        """A person, room or device."""
        return self._find(Resource, slug)

    def service(self, slug: str) -> Service:
        """A service."""
        return self._find(Service, slug)

    def location(self, slug: str) -> Location:
        """A place."""
        return self._find(Location, slug)

    def book(self, service: str, start: str, staff: str = "anna", **more: Any) -> Booking:
        """A confirmed appointment of Max Muster, entered at the desk; `start` by the clocks of Berlin."""
        who = {"name": "Max Muster", "email": "max.muster@kunde.example", **more}
        entry = Entry(service, berlin(start), staff=staff, **who)
        return self.hall.database.write(lambda session: enter(session, self.hall, DESK, entry))

    def _find(self, model: type[T], slug: str) -> T:
        with self.hall.database.reading() as session:
            return session.scalars(select(model).where(model.slug == slug)).one()  # type: ignore[attr-defined]


@pytest.fixture
def practice(hall: Hall, clock: Clock) -> Practice:
    """Anna, Ben and Clara with their rooms, services and hours; `hall` copies them in."""
    return Practice(hall, clock)


@dataclass(frozen=True)
class Outbox:
    """Messages that wait or have left. No worker runs in tests: nothing is sent unless the test does it."""

    hall: Hall

    def messages(self, topic: str | None = None) -> list[Message]:
        """Messages to people and plugins, oldest first; those of one topic if given."""
        wanted = select(Message).order_by(Message.id)
        with self.hall.database.reading() as session:
            return list(session.scalars(wanted.where(Message.topic == topic) if topic else wanted))


@pytest.fixture
def outbox(hall: Hall) -> Outbox:
    """What the server wants to say."""
    return Outbox(hall)


class Browser(FlaskClient):
    """A visitor without JavaScript: keeps cookies, and sends the token of the page it saw last with each form."""

    csrf_token = ""

    def open(self, *args: Any, **given: Any) -> Any:
        """Any request."""
        answer = super().open(*args, **given)
        found = (
            re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
            if answer.mimetype == "text/html"
            else None
        )
        self.csrf_token = found[1] if found else self.csrf_token
        return answer

    def send(self, path: str, **fields: Any) -> Any:
        """Send a form; the answer after redirects."""
        return self.post(path, data={"csrf_token": self.csrf_token, **fields}, follow_redirects=True)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in as one of the demo's accounts."""
        self.get("/office/login")
        answer = self.post(
            "/office/login", data={"csrf_token": self.csrf_token, "email": email, "password": password}
        )
        if answer.status_code != 302:
            pytest.fail(f"{email} could not sign in")


@pytest.fixture(scope="session")
def compiled_pages(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """The pages' templates, compiled once in a session: most of what the first page of a server costs."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("pages")))


@pytest.fixture
def app(hall: Hall, compiled_pages: BytecodeCache) -> Flask:
    """The server's pages."""
    app = create_app(hall)
    app.jinja_env.bytecode_cache = compiled_pages
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(app: Flask) -> Browser:
    """A visitor. `practice` fills the database; `client.sign_in("anna@praxis.example")` signs in."""
    return app.test_client()  # type: ignore[return-value]  # set above


@pytest.fixture
def worker(hall: Hall) -> Worker:
    """The worker, which runs only when it is told to: `worker.run_due()` delivers what is due and does the jobs."""
    return Worker(hall)
