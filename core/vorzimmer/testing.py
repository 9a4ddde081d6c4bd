"""Fixtures and contracts for plugin authors (a pytest plugin).

`hall` is a practice's server in a fresh database: SQLite, unless `database_url` is overridden. The pytest option
`vorzimmer_plugins` names plugins to enable beside ours. `clock` stands still; `practice` is the demo's practice.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from vorzimmer import database
from vorzimmer.access import ROLES, Actor
from vorzimmer.app import create_app
from vorzimmer.booking import Entry, enter
from vorzimmer.config import PLUGINS, Config, Settings
from vorzimmer.hall import Hall
from vorzimmer.models import Booking, Location, Message, Model, Resource, Service

SQLITE = "vorzimmer.sqlite3"
PASSWORD = "demo-passwort-2026"  # noqa: S105  (of every account of the demo, interface.md)
T = TypeVar("T", bound=Model)

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2027, 3, 1, 8, tzinfo=BERLIN)
"""Where `clock` stands at first: a Monday in March, before the practice opens."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The names of the plugins under test."""
    parser.addini("vorzimmer_plugins", "plugins to enable beside Vorzimmer's own", type="args", default=[])


# ---- database --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL of this session's own on loopback, without fsync; skips where the machine has none."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not binaries:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="vorzimmer-"))  # pytest's own folders are closed to other users
    user = "postgres" if os.geteuid() == 0 else None  # initdb refuses to run as root
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: object) -> None:
        command = [str(part) for part in (binaries[-1] / program, "-D", folder / "data", *arguments)]
        subprocess.run(  # noqa: S603  (our own words only)
            command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=300"
    run("initdb", "-U", "vorzimmer", "--no-sync", "-A", "trust")
    run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://vorzimmer@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """The URL of a fresh, empty database on PostgreSQL."""
    with _database(postgresql_url) as url:
        yield url


@pytest.fixture
def postgresql_copy(
    request: pytest.FixtureRequest, postgresql_url: str, _templates: Templates
) -> Iterator[str]:
    """The URL of a database on PostgreSQL that has its tables, and the practice's data where a test wants them."""
    with _database(
        postgresql_url, f"TEMPLATE {_templates.postgresql(postgresql_url, _filled(request))}"
    ) as url:
        yield url


@contextmanager
def _database(url: str, how: str = "") -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    _on_postgresql(url, f"CREATE DATABASE {name} {how}")
    yield f"{url}/{name}"
    _on_postgresql(url, f"DROP DATABASE {name} WITH (FORCE)")


def _on_postgresql(url: str, statement: str) -> None:
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def database_url() -> str:
    """Where the data are; empty means SQLite in the test's own folder. Override it for another database."""
    return ""


@pytest.fixture
def settings(database_url: str) -> dict[str, Any]:
    """The tables of `config.toml`; override it, or change what it returns, for other settings."""
    return {
        "practice": {"name": "Praxis am Markt"},
        "database": {"url": database_url},
        "booking": {"undo_seconds": 0},
        "server": {"limits": False},
        "plugins": {"vorzimmer_holidays": {"country": "DE", "subdivision": "BE"}},
    }


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path, _templates: Templates) -> Config:
    """The settings, with the plugins of `vorzimmer_plugins` enabled beside ours."""
    plugins = {"enabled": _templates.enabled, **settings["plugins"]}
    return Config(Settings.model_validate({**settings, "plugins": plugins}), tmp_path / "data")


@pytest.fixture
def hall(
    request: pytest.FixtureRequest, config: Config, no_network: None, _templates: Templates
) -> Iterator[Hall]:
    """A practice's server without any data: its tables made, its plugins loaded."""
    if config.database_url.startswith("sqlite"):
        shutil.copy(_templates.sqlite(_filled(request)), config.data / SQLITE)
    hall = Hall.open(config)
    hall.migrate()
    yield hall
    hall.database.dispose()


def _filled(request: pytest.FixtureRequest) -> bool:
    return "practice" in request.fixturenames


class Templates:
    """Databases made once in a session and then copied: that is much quicker than to make them for each test."""

    def __init__(self, folder: Path, enabled: list[str]) -> None:
        self.folder = folder
        self.enabled = enabled
        self._made: set[str] = set()

    def sqlite(self, filled: bool) -> Path:
        """The file of a database with its tables, and the practice in it where `filled`."""
        name = f"sqlite-{filled}"
        self._make(name, "", filled)
        return self.folder / name / SQLITE

    def postgresql(self, server: str, filled: bool) -> str:
        """The name of such a database."""
        name = f"template_{filled}".lower()
        if name not in self._made:
            _on_postgresql(server, f"CREATE DATABASE {name}")
        self._make(name, f"{server}/{name}", filled)
        return name

    def _make(self, name: str, url: str, filled: bool) -> None:
        if name in self._made:
            return
        self._made.add(name)
        tables = {"database": {"url": url}, "plugins": {"enabled": self.enabled}}
        hall = Hall.open(Config(Settings.model_validate(tables), self.folder / name))
        hall.migrate()
        if filled:
            demo = hall.plugins.instance(
                "vorzimmer_demo"
            )  # a plugin like any other: the core knows none by import
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(database, "now", lambda session: START.astimezone(UTC))
                hall.database.write(lambda session: demo.fill_practice(session, hall))
        hall.database.dispose()


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Templates:
    enabled = [*PLUGINS, *pytestconfig.getini("vorzimmer_plugins")]
    return Templates(tmp_path_factory.mktemp("templates"), enabled)


# ---- time ------------------------------------------------------------------------------------------------------------


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime

    def move(self, **by: float) -> None:
        """Move on by `timedelta(**by)`."""
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The database's clock, which is the only one there is; it stands at `START`. Set `clock.now` to any aware time."""
    clock = Clock(START)
    monkeypatch.setattr(database, "now", lambda session: clock.now.astimezone(UTC).replace(microsecond=0))
    return clock


def berlin(moment: str) -> datetime:
    """An instant by the clocks of Berlin: `berlin("2027-03-01 09:00")`; of an hour that comes twice the first."""
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN).astimezone(UTC)


# ---- what leaves -----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine; a test that tries fails."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            pytest.fail(f"the test wanted to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


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


# ---- pages -----------------------------------------------------------------------------------------------------------


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


@pytest.fixture
def app(hall: Hall) -> Flask:
    """The server's pages."""
    app = create_app(hall)
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(app: Flask) -> Browser:
    """A visitor. `practice` fills the database; `client.sign_in("anna@praxis.example")` signs in."""
    return app.test_client()  # type: ignore[return-value]  # set above


# ---- the cast --------------------------------------------------------------------------------------------------------


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
