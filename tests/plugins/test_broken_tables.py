"""A plugin's migrations fail: its tables are as they were, it is broken by name, everybody else's are made (B35)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from vorzimmer import doctor
from vorzimmer.plugins import GROUP
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import PLUGINS, Config, Settings

NAME = "strange_tables"
PLUGIN = "class Plugin:\n    def __init__(self, config): ...\n"
FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("strange_tables_note", sa.Column("id", sa.Integer, primary_key=True))
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.create_table("strange_tables_more", sa.Column("id", sa.Integer, primary_key=True))
    {fault}
"""
FAULTS = {
    "raises": [SECOND.format(fault="raise RuntimeError('no such luck')")],
    "ends the program": [SECOND.format(fault="raise SystemExit('no such luck')")],
    "is refused by the database": [SECOND.format(fault="op.execute('INSERT INTO no_such_table VALUES (1)')")],
    "cannot be read": ["def upgrade(:"],
    "goes two ways": [SECOND.format(fault=""), SECOND.format(fault="").replace('"0002"', '"0003"')],
    "follows nothing": [SECOND.format(fault="").replace('"0001"', '"0000"')],
}


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Write a package with these migrations."""
    package = tmp_path / "installed" / NAME

    def write(*versions: str) -> None:
        folder = package / "migrations" / "versions"
        folder.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(PLUGIN)
        for number, version in enumerate(versions, 1):
            (folder / f"{number:04}_x.py").write_text(version)

    monkeypatch.syspath_prepend(tmp_path / "installed")
    yield write
    sys.modules.pop(NAME, None)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_database"))


@pytest.fixture
def opened(tmp_path: Path, empty: str) -> Iterator[Callable[[], Hall]]:
    """Open the server anew, as each start does."""
    halls: list[Hall] = []

    def open_() -> Hall:
        tables = {
            "database": {"url": empty},
            "plugins": {"also": [NAME], "vorzimmer_backup": {"nightly": False}},
        }
        (tmp_path / "data").mkdir(exist_ok=True)
        entries = [*entry_points(group=GROUP), EntryPoint(NAME, f"{NAME}:Plugin", GROUP)]
        halls.append(Hall.open(Config(Settings.model_validate(tables), tmp_path / "data"), entries=entries))
        return halls[-1]

    yield open_
    for hall in halls:
        hall.database.dispose()


@pytest.mark.parametrize("versions", FAULTS.values(), ids=FAULTS.keys())
def test_the_server_starts_and_names_whose_tables_stay(
    opened: Callable[[], Hall], stranger: Callable[..., None], versions: list[str]
) -> None:
    stranger(FIRST, *versions)
    hall = opened()
    assert hall.migrate() == [NAME]
    there = set(inspect(hall.database.engine).get_table_names())
    assert {name for name in there if name.startswith(NAME)} == set()
    assert {"booking", "vorzimmer_absences_absence"} <= there
    assert hall.plugins.find(NAME).error.startswith("its tables stay as they are: ")
    assert [one.facts["name"] for one in doctor.examine(hall) if NAME in str(one)] == [NAME]
    assert create_app(hall).test_client().get("/ready").status_code == 200
    assert {one.name for one in hall.plugins.loaded if one.error is None} == {*PLUGINS}


def test_what_it_has_stored_before_stays_and_it_is_whole_with_the_next_version(
    opened: Callable[[], Hall], stranger: Callable[..., None]
) -> None:
    stranger(FIRST)
    hall = opened()
    assert hall.migrate() == []
    with hall.database.transaction() as session:
        session.execute(text(f"INSERT INTO {NAME}_note VALUES (7)"))
    stranger(FIRST, *FAULTS["raises"])
    broken = opened()
    assert broken.migrate() == [NAME]
    with broken.database.reading() as session:
        assert session.scalar(text(f"SELECT id FROM {NAME}_note")) == 7
        assert session.scalar(text(f"SELECT version_num FROM {NAME}_version")) == "0001"
    stranger(FIRST, SECOND.format(fault=""))
    assert opened().migrate() == []
    assert f"{NAME}_more" in inspect(hall.database.engine).get_table_names()


def test_newer_tables_of_a_stranger_stop_only_it(
    tmp_path: Path, opened: Callable[[], Hall], stranger: Callable[..., None]
) -> None:
    stranger(FIRST, SECOND.format(fault=""))
    opened().migrate()
    (tmp_path / "installed" / NAME / "migrations" / "versions" / "0002_x.py").unlink()
    older = opened()
    assert older.migrate() == [NAME]
    assert "this older program does not know" in older.plugins.find(NAME).error
