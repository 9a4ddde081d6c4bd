"""SQLite: a copy of the file's pages, taken in one read transaction while others write; counted and hashed."""

from __future__ import annotations

import errno
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from vorzimmer.database import Database
from vorzimmer_backup.damage import Damaged
from vorzimmer_backup.manifest import Contents, Table

NAME = "database.sqlite3"


def save(database: Database, folder: Path) -> Contents:
    """Copy the database into a folder.

    Raises `Damaged` where its pages or references are broken (F48), `OSError` where there is no space.
    """
    copy = folder / NAME
    path = database.engine.url.database or ""
    with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
        try:
            source.backup(target)  # all pages in one step: nothing is begun anew because somebody wrote
            target.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, str(error), str(copy)) from error
            asked = " (is there space left on the disk?)" if _is_of_disk(error) else ""
            raise Damaged(f"the database cannot be copied: {error}{asked}") from error
    return contents(copy)


def _is_of_disk(error: sqlite3.OperationalError) -> bool:
    """Whether a disk failed, which SQLite says of one that is full, too."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_IOERR


def contents(path: Path) -> Contents:
    """What a copy holds, opened read-only. Raises `Damaged`."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            _check(connection)
            connection.text_factory = bytes
            named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            names = [name.decode() for (name,) in named]
            return Contents(
                tables={name: _table(connection, name) for name in names},
                versions={
                    name.removesuffix("_version"): _version(connection, name)
                    for name in names
                    if name.endswith("_version")
                },
            )
    except sqlite3.DatabaseError as error:
        raise Damaged(f"the database is damaged: {error}") from error


def _check(connection: sqlite3.Connection) -> None:
    broken = [line for (line,) in connection.execute("PRAGMA integrity_check(3)") if line != "ok"]
    broken += [f"table {row[0]}, row {row[1]}: what it refers to is gone" for row in _lost(connection)[:3]]
    if broken:
        raise Damaged(f"the database is damaged: {'; '.join(broken)}")


def _lost(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return connection.execute("PRAGMA foreign_key_check").fetchall()


def _table(connection: sqlite3.Connection, name: str) -> Table:
    digest, rows = hashlib.sha256(), 0
    for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid'):  # noqa: S608  (a table of this file)
        digest.update(repr(row).encode())
        rows += 1
    return Table(rows=rows, sha256=digest.hexdigest())


def _version(connection: sqlite3.Connection, table: str) -> str:
    found = connection.execute(f'SELECT version_num FROM "{table}"').fetchone()  # noqa: S608  (as above)
    return found[0].decode() if found else ""
