"""PostgreSQL: COPY of every table in one REPEATABLE READ transaction, and back; without its command line tools."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import Connection, Engine, text
from sqlalchemy.schema import CreateSchema

from vorzimmer.database import upgrade
from vorzimmer_backup.damage import Damaged
from vorzimmer_backup.manifest import Contents, Manifest, Table, differences

FOLDER = "tables"
ALIKE = (
    "SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET bytea_output = 'hex'"
)
"""So that the same rows are the same text on every server."""
TABLES = (
    "SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
    " AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' GROUP BY c.relname ORDER BY c.relname"
)
KEYS = (
    "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
    " CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number"
    " WHERE i.indisprimary AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, k.place"
)
CHECKED = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'x') ORDER BY conname"
)
"""References, and what must not overlap: looked at for all rows at once, not row by row."""
SEQUENCES = (
    "SELECT sequencename, last_value FROM pg_sequences"
    " WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename"
)


def save(engine: Engine, folder: Path) -> Contents:
    """Copy every table into a folder of its own, all as of one moment."""
    (folder / FOLDER).mkdir()
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return contents(connection, folder / FOLDER)


def contents(connection: psycopg.Connection, folder: Path | None = None) -> Contents:
    """What the schema holds, table by table in the order of its keys; kept as files where a folder is given."""
    with connection.cursor() as cursor:
        cursor.execute(ALIKE)
        columns: dict[str, list[str]] = dict(cursor.execute(TABLES).fetchall())
        keys: dict[str, list[str]] = {}
        for table, column in cursor.execute(KEYS).fetchall():
            keys.setdefault(table, []).append(column)
        versions = {
            name.removesuffix("_version"): str(value)
            for name in columns
            if name.endswith("_version")
            for (value,) in cursor.execute(sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(name)))
        }
        return Contents(
            tables={
                name: _table(cursor, name, listed, keys.get(name, listed[:1]), folder)
                for name, listed in columns.items()
            },
            versions=versions,
            sequences=dict(cursor.execute(SEQUENCES).fetchall()),
        )


def _table(
    cursor: psycopg.Cursor, name: str, columns: list[str], keys: list[str], folder: Path | None
) -> Table:
    statement = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        _list(columns), sql.Identifier(name), _list(keys)
    )
    digest, rows = hashlib.sha256(), 0
    path = folder / name if folder else Path(os.devnull)
    with cursor.copy(statement) as copy, path.open("wb") as stream:
        for part in copy:
            digest.update(part)
            rows += bytes(part).count(b"\n")  # one inside a value is written \\n
            stream.write(part)
    return Table(rows=rows, sha256=digest.hexdigest(), columns=tuple(columns))


def _list(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def load(connection: Connection, manifest: Manifest, folder: Path, owners: Mapping[str, Path]) -> None:
    """Make the tables as they were, fill them, read them back and compare. Raises `Damaged`.

    In the transaction of the caller, who commits or rolls all of it back; the schema must be empty.
    """
    _make_tables(connection, manifest, owners)
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  (what the engine is made with)
    with driver.cursor() as cursor:
        cursor.execute(ALIKE)
        made = [name for (name, _columns) in cursor.execute(TABLES).fetchall()]
        cursor.execute(sql.SQL("TRUNCATE {}").format(_list(made)))  # migrations write rows, too
        with _checked_at_the_end(cursor):
            for name, table in manifest.contents.tables.items():
                _fill(cursor, name, table.columns, folder / name)
        for name, value in manifest.contents.sequences.items():
            cursor.execute("SELECT setval(%s, %s)", (name, value))
    wrong = differences(manifest.contents.tables, contents(driver).tables)
    if wrong:
        raise Damaged("; ".join(wrong))


def _make_tables(connection: Connection, manifest: Manifest, owners: Mapping[str, Path]) -> None:
    versions = manifest.contents.versions
    for owner in sorted(versions, key=lambda owner: owner != "vorzimmer"):  # the others refer to the core's
        if owner not in owners:
            raise Damaged(
                f"it holds tables of the plugin {owner}, which is not installed or not enabled here"
            )
        try:
            upgrade(connection, owner, owners[owner], versions[owner])
        except CommandError as error:
            raise Damaged(f"it was made by a newer version of {owner}: {error}") from error


@contextmanager
def _checked_at_the_end(cursor: psycopg.Cursor) -> Iterator[None]:
    """Without references and guards until the block ends: the order of the tables does not matter either."""
    found = cursor.execute(CHECKED).fetchall()
    for table, name, _said in found:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    yield
    for table, name, said in found:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {said}".encode())


def _fill(cursor: psycopg.Cursor, name: str, columns: Iterable[str], path: Path) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _list(columns))
    with cursor.copy(statement) as copy, path.open("rb") as stream:
        while part := stream.read(1 << 20):
            copy.write(part)


@contextmanager
def scratch(engine: Engine) -> Iterator[Connection]:
    """A transaction in a schema of its own, which is rolled back: nobody sees it, nothing of it stays."""
    name = f"vorzimmer_{uuid.uuid4().hex}"
    with engine.connect() as connection:
        try:
            connection.execute(CreateSchema(name))
            connection.execute(text(f"SET LOCAL search_path = {name}"))
            yield connection
        finally:
            connection.rollback()


def is_empty(connection: Connection) -> bool:
    """Whether the schema has no table yet."""
    return not connection.execute(text(TABLES)).first()
