"""Fixtures and contracts for plugin authors (a pytest plugin).

`hall` is a practice's server in a fresh database: SQLite, unless `database_url` is overridden. The pytest option
`vorzimmer_plugins` names plugins to enable beside ours. `clock` stands still; `practice` is the demo's practice.
"""

from __future__ import annotations

import os
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
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.config import PLUGINS, Config, Settings
from vorzimmer.hall import Hall
from vorzimmer.models import Location, Model, Offer, Requirement, Resource, Service

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


@pytest.fixture(scope="session")
def _migrated(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the tables of our own plugins, to be copied: that is quicker than to make them."""
    _on_postgresql(postgresql_url, "CREATE DATABASE migrated")
    settings = Settings.model_validate({"database": {"url": f"{postgresql_url}/migrated"}})
    hall = Hall.open(Config(settings, tmp_path_factory.mktemp("migrated")))
    hall.migrate()
    hall.database.dispose()
    return "migrated"


@pytest.fixture
def postgresql_copy(postgresql_url: str, _migrated: str) -> Iterator[str]:
    """The URL of a database on PostgreSQL that has its tables, but no data."""
    with _database(postgresql_url, f"TEMPLATE {_migrated}") as url:
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
def config(settings: dict[str, Any], tmp_path: Path, pytestconfig: pytest.Config) -> Config:
    """The settings, with the plugins of `vorzimmer_plugins` enabled beside ours."""
    more = pytestconfig.getini("vorzimmer_plugins")
    plugins = {"enabled": [*PLUGINS, *more], **settings["plugins"]}
    return Config(Settings.model_validate({**settings, "plugins": plugins}), tmp_path / "data")


@pytest.fixture
def hall(config: Config) -> Iterator[Hall]:
    """A practice's server without any data: its tables made, its plugins loaded."""
    hall = Hall.open(config)
    hall.migrate()
    yield hall
    hall.database.dispose()


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


# ---- the cast --------------------------------------------------------------------------------------------------------


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

    def _find(self, model: type[T], slug: str) -> T:
        with self.hall.database.reading() as session:
            return session.scalars(select(model).where(model.slug == slug)).one()  # type: ignore[attr-defined]


@pytest.fixture
def practice(hall: Hall, clock: Clock) -> Practice:
    """Anna, Ben and Clara with their rooms, services and hours."""
    hall.database.write(lambda session: fill(session, hall))
    return Practice(hall, clock)


MORNING, AFTERNOON = (540, 720), (810, 1020)
HOURS: list[tuple[str, str, dict[int, tuple[tuple[int, int], ...]]]] = [
    ("anna", "markt", dict.fromkeys(range(5), (MORNING, AFTERNOON))),
    ("ben", "markt", dict.fromkeys(range(4), ((600, 1080),))),
    ("ben", "hafen", {4: ((540, 780),)}),
    ("clara", "hafen", dict.fromkeys((1, 3), ((480, 960),))),
]
SERVICES: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    (
        {
            "slug": "massage",
            "name": "Klassische Massage",
            "minutes": 30,
            "step": 15,
            "after": 5,
            "price": 4500,
        },
        {"staff": ["anna", "ben"]},
    ),
    (
        {"slug": "erstgespraech", "name": "Erstgespräch", "minutes": 60, "step": 30, "policy": "request"},
        {"staff": ["anna", "ben", "clara"]},
    ),
    (
        {"slug": "ultraschall", "name": "Ultraschalltherapie", "minutes": 20, "step": 10},
        {"staff": ["anna", "ben"], "room": [], "device": []},
    ),
    (
        {"slug": "rueckenschule", "name": "Rückenschule", "minutes": 60, "step": 60, "capacity": 8},
        {"staff": ["clara"]},
    ),
    (
        {"slug": "notiz", "name": "Telefonnotiz", "minutes": 10, "step": 10, "listed": False},
        {"staff": ["anna"]},
    ),
]


def fill(session: Session, hall: Hall) -> None:
    """Write the demo's practice without bookings and accounts."""
    places = {
        slug: Location(slug=slug, name=name, zone="Europe/Berlin")
        for slug, name in {"markt": "Praxis am Markt", "hafen": "Praxis am Hafen"}.items()
    }
    session.add_all(places.values())
    session.flush()
    market = places["markt"].id
    people = {"anna": "Anna Berger", "ben": "Ben Cordes", "clara": "Clara Dietz"}
    resources = {slug: Resource(slug=slug, name=name, kind="staff") for slug, name in people.items()}
    for slug, name, kind in [
        ("raum-1", "Raum 1", "room"),
        ("raum-2", "Raum 2", "room"),
        ("ultraschall", "Ultraschall", "device"),
    ]:
        resources[slug] = Resource(slug=slug, name=name, kind=kind, location_id=market)
    session.add_all(resources.values())
    for values, needs in SERVICES:
        service = Service(**values)
        session.add(service)
        for position, (kind, slugs) in enumerate(needs.items()):
            requirement = Requirement(service=service, position=position, kind=kind)
            session.add(requirement)
            session.flush()
            session.add_all(
                Offer(requirement_id=requirement.id, resource_id=resources[slug].id) for slug in slugs
            )
    hours = hall.plugins.instance("vorzimmer_weekly_hours")
    for person, place, week in HOURS:
        hours.set_week(session, week, resource_id=resources[person].id, location_id=places[place].id)
