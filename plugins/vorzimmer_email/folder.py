"""Mail as files: `000001.eml`, `000002.eml` … in the order sent, numbered across all processes."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path


def write(folder: Path, mail: EmailMessage) -> Path:
    """Write one mail, complete before it has its name; where it is now."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{uuid.uuid4().hex}"
    with draft.open("wb") as stream:
        stream.write(mail.as_bytes())
        stream.flush()
        os.fsync(stream.fileno())
    with _alone(folder):
        path = folder / f"{_last(folder) + 1:06d}.eml"
        draft.rename(path)
    return path


def _last(folder: Path) -> int:
    return max((int(path.stem) for path in folder.glob("*.eml") if path.stem.isdecimal()), default=0)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process and thread at a time."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
