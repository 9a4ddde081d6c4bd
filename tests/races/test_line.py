"""Two processes that write to one SQLite file take turns (F29); each stands here as a `Database` of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from tests.servers import eventually
from vorzimmer.database import Database
from vorzimmer.writers import Line, Unavailable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vorzimmer.sqlite3"


@pytest.fixture
def ours(file: Path) -> Iterator[Database]:
    with opened(file) as database:
        with database.transaction() as session:
            session.execute(text("CREATE TABLE turn (whose TEXT)"))
        yield database


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    try:
        yield database
    finally:
        database.dispose()


def write(database: Database, whose: str) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO turn VALUES (:whose)"), {"whose": whose})


def somebody_waits(file: Path) -> bool:
    line = Line(file)
    try:
        with line.first(0):
            return False
    except Unavailable:
        return True
    finally:
        line.close()


def test_a_process_that_waits_writes_before_the_one_that_has_just_written_writes_again(
    ours: Database, file: Path
) -> None:
    with opened(file) as theirs:
        waiting = Thread(target=write, args=(theirs, "theirs"))
        with ours.transaction() as session:
            session.execute(text("INSERT INTO turn VALUES ('ours')"))
            waiting.start()
            eventually(lambda: somebody_waits(file), "the other one in line")
        write(ours, "ours again")
        waiting.join()
    assert turns(ours) == ["ours", "theirs", "ours again"]


def test_nobody_waits_in_line_while_nobody_else_writes(ours: Database, file: Path) -> None:
    write(ours, "ours")
    assert not somebody_waits(file)
    assert turns(ours) == ["ours"]


def test_a_line_whose_file_cannot_be_opened_costs_no_write(file: Path) -> None:
    file.with_name(f"{file.name}-line").mkdir()
    with opened(file) as database:
        with database.transaction() as session:
            session.execute(text("CREATE TABLE turn (whose TEXT)"))
        write(database, "ours")
        assert turns(database) == ["ours"]


def turns(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT whose FROM turn ORDER BY rowid")))
