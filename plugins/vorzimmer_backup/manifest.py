"""What a backup says of itself: all it holds, counted and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt

FORMAT: Literal[1] = 1
NAME = "manifest.json"
DATA = "data"
"""What lies below was a file of the data folder."""


def _inside(name: str) -> str:
    """A relative name without ways out (A157)."""
    path = PurePosixPath(name)
    if (
        not name
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or "\0" in name
        or str(path) != name
    ):
        raise ValueError(f"{name!r} is not the name of a file in a backup")
    return name


Name = Annotated[str, AfterValidator(_inside)]


class Record(BaseModel):
    """Frozen; what is unknown is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Table(Record):
    """One table: its columns where they are needed to put it back, how many rows, their SHA-256."""

    rows: int
    sha256: str
    columns: tuple[str, ...] = ()


class File(Record):
    """One file of the archive: bytes and their SHA-256."""

    size: NonNegativeInt
    sha256: str


class Contents(Record):
    """A database as it was copied. `versions` by owner of migrations; `sequences` of PostgreSQL's ids."""

    tables: dict[str, Table]
    versions: dict[str, str]
    sequences: dict[str, int] = {}


class Manifest(Record):
    """The first file of the archive."""

    format: Literal[1] = FORMAT
    made_at: datetime
    practice: str
    server: str = version("vorzimmer")
    database: Literal["sqlite", "postgresql"]
    contents: Contents
    files: dict[Name, File]


def described(root: Path) -> dict[str, File]:
    """All files below a folder, by their names relative to it, in order."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): of_file(path) for path in paths}


def of_file(path: Path) -> File:
    """Size and hash of one file."""
    with path.open("rb") as stream:
        return File(size=path.stat().st_size, sha256=hashlib.file_digest(stream, "sha256").hexdigest())


def differences(told: Mapping[str, Table], found: Mapping[str, Table]) -> Sequence[str]:
    """What is not as it was, table by table."""
    said = []
    for name in sorted(told.keys() | found.keys()):
        before, after = told.get(name), found.get(name)
        if before is None or after is None:
            said.append(f"table {name} is {'missing' if after is None else 'not known to the manifest'}")
        elif (before.rows, before.sha256) != (after.rows, after.sha256):
            said.append(f"table {name} differs: {before.rows} rows were saved, {after.rows} are there")
    return said
