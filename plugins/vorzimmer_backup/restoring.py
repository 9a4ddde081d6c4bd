"""Check a backup, and put it back: into an empty folder, and an empty database where it was PostgreSQL."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import Connection

from vorzimmer import erasure
from vorzimmer.database import CORE_MIGRATIONS, Database
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config, ConfigError
from vorzimmer_backup import archive, erased, key, postgresql, sqlite
from vorzimmer_backup.damage import Damaged
from vorzimmer_backup.manifest import DATA, Manifest, differences, of_file
from vorzimmer_backup.settling import settle

Say = Callable[[str], object]
STAGE = ".restoring"
"""Where files wait until all of them are right; a killed restore leaves it, and the next one takes it away."""
HARMLESS = {STAGE, "lost+found"}


def verify(file: Path, secret: str, server: str, say: Say, work: Path | None = None) -> Manifest:
    """Read all of a backup, start the copy read-only, compare counts and hashes; `say` hears each thing checked.

    `server`: URL of a PostgreSQL server to try a copy of PostgreSQL on, in a transaction that is rolled back. `work`:
    the folder to unpack in. Raises `Damaged`.
    """
    with TemporaryDirectory(prefix=".backup-", dir=work) as folder:
        manifest = unpack(file, secret, Path(folder), say)
        _is_readable(Path(folder) / DATA, say)
        if manifest.database == "sqlite":
            _compare_sqlite(file, manifest, Path(folder), say)
        else:
            with _server(server, file) as database, postgresql.scratch(database.engine) as connection:
                _load(connection, file, manifest, Path(folder), say)
    return manifest


def unpack(file: Path, secret: str, into: Path, say: Say) -> Manifest:
    """Write the files into an empty folder of the caller's, who throws it away where a backup is not whole."""
    with archive.opened(file, secret) as reader:
        manifest = reader.manifest
        _refuse_too_large(file, manifest, into)
        say(
            f"backup of {manifest.practice}, {manifest.made_at:%Y-%m-%d %H:%M} UTC, made by {manifest.server}"
        )
        for name, told, content in reader.files():
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as stream:
                shutil.copyfileobj(content, stream, 1 << 20)
            path.chmod(0o600)
            if of_file(path) != told:
                raise Damaged(f"{name} is not what the manifest says")
    say(f"{len(manifest.files)} files: sizes and hashes are equal")
    return manifest


def _refuse_too_large(file: Path, manifest: Manifest, into: Path) -> None:
    """A small file may unpack to more than the disk holds; no more is read than it says it holds."""
    needed, free = sum(one.size for one in manifest.files.values()), shutil.disk_usage(into).free
    if needed > free:
        raise Damaged(f"{file}: {needed >> 20} MB are in it, {free >> 20} MB are free in {into.parent}")


def restore(file: Path, secret: str, into: Path, url: str, say: Say, again: erased.Erased) -> Manifest:
    """Put a backup into an empty folder, and settle it (`settling`). Raises `Damaged`, `ConfigError`.

    `again`: who was erased since, and is erased again before the folder can be served (F46).
    `url`: the empty PostgreSQL database to fill, if it was one; the restored configuration names it from then on.
    """
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    if {path.name for path in into.iterdir()} - HARMLESS:
        raise ConfigError(f"{into} is not empty; a backup is restored into a new folder")
    stage = into / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        manifest = unpack(file, secret, stage, say)
        _is_readable(stage / DATA, say)
        on_sqlite = manifest.database == "sqlite"
        _point(stage / DATA / "config.toml", "" if on_sqlite else url)
        if on_sqlite:
            _compare_sqlite(file, manifest, stage, say)
            (stage / sqlite.NAME).rename(stage / DATA / "vorzimmer.sqlite3")
            _settle_sqlite(stage / DATA / "vorzimmer.sqlite3", say)
        else:
            _restore_postgresql(url, file, manifest, stage, say)
        _erase_again(stage / DATA, again, say)
        key.keep(stage / DATA, secret)
        _move(stage / DATA, into)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return manifest


def _erase_again(data: Path, again: erased.Erased, say: Say) -> None:
    """Their tables are brought to the newest version first: what is to go may be in any of them."""
    if not again:
        return
    hall = Hall.open(Config.load(data=data))
    try:
        hall.migrate(tell=False)  # without a backup of what is about to be erased
        number = hall.database.write(lambda session: erasure.replay(session, hall, again))
    finally:
        hall.database.dispose()
    say(f"erasures: {len(again)} are on the list, {number} of them were in this backup and are erased again")


def _move(data: Path, into: Path) -> None:
    """The configuration last: what is there without it is a restore that was cut off."""
    for path in sorted(data.iterdir(), key=lambda path: path.name == "config.toml"):
        path.rename(into / path.name)


def _is_readable(data: Path, say: Say) -> None:
    config = Config.load(data=data)
    say(f"configuration: can be read, {len(config.enabled)} plugins")


def _compare_sqlite(file: Path, manifest: Manifest, root: Path, say: Say) -> None:
    found = sqlite.contents(root / sqlite.NAME)
    say("database: opened read-only, pages and references are whole")
    _compare(file, manifest, differences(manifest.contents.tables, found.tables), say)


def _compare(file: Path, manifest: Manifest, wrong: object, say: Say) -> None:
    if wrong:
        raise Damaged(f"{file}: {wrong}")
    for name, table in manifest.contents.tables.items():
        say(f"table {name}: {table.rows} rows, hash is equal")


def _settle_sqlite(path: Path, say: Say) -> None:
    database = Database(f"sqlite:///{path}")
    with database.engine.execution_options(writes=True).begin() as connection:
        settle(connection, say)
    database.dispose()  # the last connection writes the log into the file


def _restore_postgresql(url: str, file: Path, manifest: Manifest, stage: Path, say: Say) -> None:
    with _server(url, file) as database, database.engine.begin() as connection:
        if not postgresql.is_empty(connection):
            raise ConfigError("the database is not empty; a backup is restored into a new one")
        _load(connection, file, manifest, stage, say)
        settle(connection, say)


def _load(connection: Connection, file: Path, manifest: Manifest, root: Path, say: Say) -> None:
    owners = dict([("vorzimmer", CORE_MIGRATIONS), *Plugins(Config.load(data=root / DATA)).migrations()])
    try:
        postgresql.load(connection, manifest, root / postgresql.FOLDER, owners)
    except Damaged as error:
        raise Damaged(f"{file}: {error}") from None
    _compare(file, manifest, None, say)


@contextmanager
def _server(url: str, file: Path) -> Iterator[Database]:
    if not url.startswith("postgres"):
        raise ConfigError(f"{file} is of a PostgreSQL database: give one with --database-url")
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


def _point(path: Path, url: str) -> None:
    """Let the restored configuration name the restored database: the other one may well be alive."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    table = re.search(r"^\[database\][^\n]*\n(?:(?!\[).*\n?)*", text, re.MULTILINE)
    line = f"url = {json.dumps(url)}\n" if url else ""
    if table:
        kept = re.sub(r"^[ \t]*url[ \t]*=.*\n?", "", table[0], flags=re.MULTILINE)
        text = text[: table.start()] + kept.rstrip("\n") + "\n" + line + "\n" + text[table.end() :]
    elif line:
        text += f"\n[database]\n{line}"
    if text:
        path.write_text(text, encoding="utf-8")
    if Config.load(data=path.parent).settings.database.url != url:
        raise ConfigError(
            "config.toml writes the database's url in an unusual way; it needs a line of its own"
        )
