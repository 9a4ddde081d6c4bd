"""Make a backup: database, configuration, secret key and files of the data folder, in one sealed file."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.models import Erasure
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer_backup import archive, erased, key, postgresql, sqlite
from vorzimmer_backup.manifest import DATA, Manifest, described

WORK = ".backup-"
"""Folders in the data folder that hold the copy while it is sealed; a kill may leave one."""
SUFFIX = ".vorzimmer"
"""How our files end; what ends so is not put into a backup."""
LEFT_OUT = {key.FILE, "secret.key", "config.toml"}


def make(hall: Hall, target: Path) -> Manifest:
    """Write the backup `target`; everything that was committed before the call is in it (F44).

    Raises `vorzimmer_backup.damage.Damaged` where the database is broken, `OSError` where it cannot be written.
    """
    config = hall.config
    secret = key.made(config.data)
    with _alone(config.data), TemporaryDirectory(prefix=WORK, dir=config.data) as folder:
        root = Path(folder)
        on_sqlite = hall.database.sqlite
        with hall.database.reading() as session:
            moment = database.now(session)
        copied = (
            sqlite.save(hall.database, root) if on_sqlite else postgresql.save(hall.database.engine, root)
        )
        _copy_files(config, root / DATA)
        manifest = Manifest(
            made_at=moment,
            practice=config.settings.practice.name,
            database="sqlite" if on_sqlite else "postgresql",
            contents=copied,
            files=described(root),
        )
        archive.write(target, secret, manifest, root)
    with hall.database.reading() as session:
        _erased_beside(session, target.parent)
    return manifest


def _erased_beside(session: Session, folder: Path) -> None:
    """Whom a restore of an earlier backup in this folder has to forget; tables from before an update know nobody."""
    if inspect(session.connection()).has_table(Erasure.__tablename__):
        erased.keep(folder, erased.table(session))


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One backup of a practice at a time; what a killed one left is cleared away."""
    lock = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in data.glob(f"{WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(lock)


def _copy_files(config: Config, into: Path) -> None:
    """The files of the data folder; the secret key also where it comes from the environment."""
    into.mkdir()
    (into / "secret.key").write_bytes(config.secret_key)
    if config.file and config.file.exists():
        shutil.copyfile(config.file, into / "config.toml")
    for path in _files(config.data):
        target = into / path.relative_to(config.data)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, target)
        except FileNotFoundError:  # sent, or cleared away, meanwhile
            continue


def _files(data: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(data):
        folders[:] = [name for name in folders if not name.startswith(WORK)]
        for name in names:
            path = Path(folder) / name
            top = path.relative_to(data).parts[0]
            database_file = path.parent == data and ".sqlite3" in name
            if path.is_symlink() or not path.is_file() or top in LEFT_OUT or database_file:
                continue
            if not name.endswith((SUFFIX, SUFFIX + archive.DRAFT)):
                yield path


def name_of(moment: datetime, why: str = "") -> str:
    """What a backup of a moment is called: it sorts by time, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d-%H%M%S}{why}{SUFFIX}"
