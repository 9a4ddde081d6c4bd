"""Who was erased, as a text file beside the backups: opaque numbers and instants, so that a restore forgets them, too.

A backup knows nothing of later erasures, and its machine may be lost with the table that does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.models import Erasure

NAME = "erasures.txt"
HEAD = "# Records that were erased, by random numbers. Keep this file with the backups: restore reads it.\n"

Erased = Mapping[str, datetime]
"""When, by the uid of the record."""


def read(file: Path) -> dict[str, datetime]:
    """The list in a file, empty where there is none. Raises `ValueError` for a line that cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    try:
        return {uid: datetime.fromisoformat(at) for at, uid in pairs}
    except ValueError as error:
        raise ValueError(f"{file}: not a list of erasures: {error}") from None


def table(session: Session) -> dict[str, datetime]:
    """The list in the database."""
    return {row.uid: row.at for row in session.scalars(select(Erasure))}


def keep(folder: Path, erased: Erased) -> None:
    """Have these in the list of a folder; what it has stays in it. It is whole at any moment."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read(folder / NAME)
        if erased.keys() <= known.keys():
            return
        whole = sorted((known | dict(erased)).items(), key=lambda row: (row[1], row[0]))
        draft = folder / f"{NAME}.part"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(HEAD + "".join(f"{at.astimezone(UTC).isoformat()} {uid}\n" for uid, at in whole))
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(folder / NAME)
        os.fsync(lock)
    finally:
        os.close(lock)
