"""A database put back as it was, so that no request depends on the one before it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine, inspect

from vorzimmer.testing import Practice
from vorzimmer.testing.halls import SQLITE


@contextmanager
def put_back(practice: Practice) -> Iterator[Callable[[], None]]:
    """What puts everything back as it was when it was called first."""
    engine = practice.hall.database.engine
    if engine.dialect.name == "postgresql":
        yield _in_postgresql(engine)
        return
    with closing(sqlite3.connect(":memory:")) as kept, closing(sqlite3.connect(_file(practice))) as live:
        taken: list[bool] = []

        def act() -> None:
            source, target = (kept, live) if taken else (live, kept)
            source.backup(target)
            taken.append(True)

        yield act


def _file(practice: Practice) -> str:
    return str(practice.hall.config.data / SQLITE)


def _in_postgresql(engine: Engine) -> Callable[[], None]:
    """By a copy of each table in a schema of its own; nothing refers to anything while they are filled again."""
    tables = inspect(engine).get_table_names()
    taken: list[bool] = []

    def act() -> None:
        if taken:
            steps = [
                "SET LOCAL session_replication_role = replica",
                *(
                    f'DELETE FROM "{name}"; INSERT INTO "{name}" SELECT * FROM kept."{name}"'
                    for name in tables
                ),
            ]
        else:
            steps = [
                "CREATE SCHEMA kept",
                *(f'CREATE TABLE kept."{name}" AS TABLE "{name}"' for name in tables),
            ]
        with engine.begin() as connection:
            connection.exec_driver_sql("; ".join(steps))
        taken.append(True)

    return act
