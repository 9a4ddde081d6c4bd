"""Mail as files: `000001.eml`, `000002.eml` … in the order sent, numbered across all processes."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import TextIO


def write(folder: Path, mail: EmailMessage) -> Path:
    """Write one mail, complete before it has its name; where it is now."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{uuid.uuid4().hex}"
    with draft.open("wb") as stream:
        stream.write(mail.as_bytes())
        stream.flush()
        os.fsync(stream.fileno())
    with _alone(folder) as note:
        number = _last(folder, note.read()) + 1
        path = _numbered(folder, number)
        draft.rename(path)
        note.truncate(0)
        note.write(str(number))
    return path


def _numbered(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.eml"


def _last(folder: Path, noted: str) -> int:
    """The number noted if that mail is the last indeed; else they are looked through, which takes long for many."""
    number = int(noted) if noted.isdecimal() else 0
    if _numbered(folder, number).exists() and not _numbered(folder, number + 1).exists():
        return number
    return max((int(path.stem) for path in folder.glob("*.eml") if path.stem.isdecimal()), default=0)


@contextmanager
def _alone(folder: Path) -> Iterator[TextIO]:
    """One process and thread at a time; the lock holds a note of the last number."""
    with (folder / ".lock").open("a+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        yield lock
