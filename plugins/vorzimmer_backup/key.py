"""The key that seals backups: in the environment, or in `backup.key` of the data folder, made on first use.

It is not in the backup: a copy of it is kept elsewhere, or a lost machine takes all its backups with it.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from vorzimmer.settings.config import ConfigError

FILE = "backup.key"
VARIABLE = "VORZIMMER_BACKUP_KEY"
LEAST = 16


def known(data: Path) -> str | None:
    """The key as far as this machine has it."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return checked(given, VARIABLE)
    path = data / FILE
    return read(path) if path.exists() else None


def made(data: Path) -> str:
    """The key of this practice, made where there is none yet: 160 bits, written so that one can copy them by hand."""
    found = known(data)
    if found is None:
        letters = base64.b32encode(secrets.token_bytes(20)).decode().lower()
        keep(data, "-".join(letters[at : at + 4] for at in range(0, len(letters), 4)))
        found = read(data / FILE)
    return found


def keep(data: Path, key: str) -> None:
    """Write the key into a data folder, for its owner only; one that is there stays."""
    descriptor, draft = tempfile.mkstemp(dir=data)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(key + "\n")
    as_owner_of(data, Path(draft))
    with contextlib.suppress(FileExistsError):  # another process was quicker
        os.link(draft, data / FILE)
    Path(draft).unlink()


def remember(key: str) -> None:
    """Keep the key in the home of whoever made a backup: there, a restore need not be told whose it is."""
    path = _remembered()
    with contextlib.suppress(OSError, RuntimeError):  # a service has no home
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if key not in remembered():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as stream:
                stream.write(key + "\n")


def remembered() -> list[str]:
    """The keys of the backups that were made from this home."""
    try:
        return _remembered().read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, RuntimeError):
        return []


def _remembered() -> Path:
    return (
        Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "vorzimmer" / "backup-keys"
    )


def as_owner_of(data: Path, path: Path) -> None:
    """Give what root has made to whom the data folder belongs: the server has to read it."""
    if os.geteuid() == 0:
        owner = data.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def read(path: Path) -> str:
    """The key in a file. Raises `ConfigError`."""
    try:
        return checked(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read") from error


def checked(given: str, where: str) -> str:
    """A key as typed: how it is spaced, and at its ends, does not matter. Raises `ConfigError`."""
    key = given.strip()
    if len(key) < LEAST:
        raise ConfigError(f"{where}: a key of a backup has at least {LEAST} characters")
    return key
