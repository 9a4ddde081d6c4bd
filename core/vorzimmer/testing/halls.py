"""A practice's server in a fresh database."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from vorzimmer import database
from vorzimmer.practice import Hall
from vorzimmer.settings.config import PLUGINS, Config, Settings
from vorzimmer.testing.instants import START
from vorzimmer.testing.servers import on_postgresql

SQLITE = "vorzimmer.sqlite3"


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """The URL of a fresh, empty database on PostgreSQL."""
    with _database(postgresql_url) as url:
        yield url


@pytest.fixture
def postgresql_copy(
    request: pytest.FixtureRequest, postgresql_url: str, templates: Templates
) -> Iterator[str]:
    """The URL of a database on PostgreSQL that has its tables, and the practice's data where a test wants them."""
    template = templates.postgresql(postgresql_url, _filled(request))
    with _database(postgresql_url, f"TEMPLATE {template} STRATEGY FILE_COPY") as url:  # five times as quick
        templates.copies.add(url)
        yield url


@contextmanager
def _database(url: str, how: str = "") -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    on_postgresql(url, f"CREATE DATABASE {name} {how}")
    yield f"{url}/{name}"
    on_postgresql(url, f"DROP DATABASE {name} WITH (FORCE)")


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
        "mail": {"directory": "mail"},
        "server": {"limits": False},
        "plugins": {
            "vorzimmer_holidays": {"country": "DE", "subdivision": "BE"},
            "vorzimmer_backup": {"nightly": False},
        },
    }


@pytest.fixture
def config(
    settings: dict[str, Any], tmp_path: Path, templates: Templates, pytestconfig: pytest.Config
) -> Config:
    """The settings, with the plugins of `vorzimmer_plugins` and `vorzimmer_plugin_dir` beside ours."""
    quiet = {"vorzimmer_backup": {"nightly": False}}  # a night passes in no time where the clock is set
    plugins = {"enabled": templates.enabled, **quiet, **settings["plugins"]}
    (tmp_path / "data").mkdir(exist_ok=True)
    folder = pytestconfig.getini("vorzimmer_plugin_dir")
    return Config(
        Settings.model_validate({**settings, "plugins": plugins}),
        tmp_path / "data",
        plugin_dir=pytestconfig.rootpath / folder if folder else None,
    )


@pytest.fixture
def hall(
    request: pytest.FixtureRequest, config: Config, no_network: None, templates: Templates
) -> Iterator[Hall]:
    """A practice's server without any data: its tables made, its plugins loaded."""
    if config.database_url.startswith("sqlite"):
        shutil.copy(templates.sqlite(_filled(request)), config.data / SQLITE)
    _ = config.secret_key  # the copy had one, too
    hall = Hall.open(config)
    if [*config.enabled] != templates.enabled or not templates.has_tables(config.database_url):
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
        self.copies: set[str] = set()
        self._made: set[str] = set()

    def has_tables(self, url: str) -> bool:
        """Whether the database was copied from one that has every owner's tables in their newest version."""
        return url.startswith("sqlite") or url in self.copies

    def sqlite(self, filled: bool) -> Path:
        """The file of a database with its tables, and the practice in it where `filled`."""
        name = f"sqlite-{filled}"
        self._make(name, "", filled)
        return self.folder / name / SQLITE

    def postgresql(self, server: str, filled: bool) -> str:
        """The name of such a database."""
        name = f"template_{filled}".lower()
        if name not in self._made:
            on_postgresql(server, f"CREATE DATABASE {name}")
        self._make(name, f"{server}/{name}", filled)
        return name

    def _make(self, name: str, url: str, filled: bool) -> None:
        if name in self._made:
            return
        self._made.add(name)
        (self.folder / name).mkdir()
        tables = {"database": {"url": url}, "plugins": {"enabled": self.enabled}}
        hall = Hall.open(Config(Settings.model_validate(tables), self.folder / name))
        hall.migrate()
        if filled:
            demo = hall.plugins.instance("vorzimmer_demo")  # the core knows no plugin by import
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(database, "now", lambda session: START.astimezone(UTC))
                hall.database.write(lambda session: demo.fill_practice(session, hall))
        hall.database.dispose()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Templates:
    """What the databases of this session are copied from."""
    enabled = [*PLUGINS, *pytestconfig.getini("vorzimmer_plugins")]
    return Templates(tmp_path_factory.mktemp("templates"), enabled)
