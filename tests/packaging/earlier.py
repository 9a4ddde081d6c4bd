"""The data of an earlier version as it lay on the disk: its tables and its rows, put into either database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine, MetaData, select

FOLDER = Path(__file__).parent / "first"
ROWS: Mapping[str, list[list[Any]]] = json.loads((FOLDER / "rows.json").read_text(encoding="utf-8"))
"""For each table its columns, then its rows; the table without a name says where they are from."""
TABLES = [name for name in ROWS if name]
TYPES = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
READ = {"timestamp with time zone": "to_timestamp({}::int8)", "boolean": "({}::int)::boolean"}
"""What is a number on SQLite and is not one on PostgreSQL."""

Seen = dict[str, list[dict[str, Any]]]


def into_sqlite(path: Path) -> None:
    """Make a database file of the first data."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript((FOLDER / "sqlite.sql").read_text(encoding="utf-8"))
        for table in TABLES:
            columns, *rows = ROWS[table]
            marks = ", ".join("?" for _ in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


def into_postgresql(url: str) -> None:
    """Fill an empty database with the first data."""
    with psycopg.connect(url) as connection:
        connection.execute((FOLDER / "postgresql.sql").read_text(encoding="utf-8").encode())
        for table in TABLES:
            _fill(connection, table)


def _fill(connection: psycopg.Connection, table: str) -> None:
    columns, *rows = ROWS[table]
    types: dict[str, str] = dict(connection.execute(TYPES, (table,)).fetchall())
    values = [sql.SQL(READ.get(types[name], "{}")).format(sql.Placeholder()) for name in columns]  # type: ignore[arg-type]  # our own words
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(values)
    )
    texts = [[None if value is None else str(value) for value in row] for row in rows]
    connection.cursor().executemany(statement, texts)
    if "id" in columns:
        query = sql.SQL("SELECT setval(pg_get_serial_sequence({0}, 'id'), max(id)) FROM {1}")
        connection.execute(query.format(sql.Literal(table), sql.Identifier(table)))


def seen(engine: Engine) -> Seen:
    """What stands in every column of the first data now, table by table, in the order of what stands there."""
    now = MetaData()
    now.reflect(engine, only=[name for name in TABLES if not name.endswith("_version")])
    found: Seen = {}
    with engine.connect() as connection:
        for table in now.sorted_tables:
            columns = [table.c[name] for name in ROWS[table.name][0] if name in table.c]
            rows = [dict(row) for row in connection.execute(select(*columns)).mappings()]
            found[table.name] = sorted(rows, key=repr)
    return found
