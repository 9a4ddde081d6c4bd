"""How a backup fails: what is wrong with it, or with the disk, in words and with its place."""

from __future__ import annotations

import errno
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The disk, the share of it or what one file may hold."""


class Damaged(Exception):  # noqa: N818  (what it says is what it is)
    """A backup, or the database that is backed up, is not what it was; the text names the place (F48)."""


def why(error: Exception, writing: Path) -> str:
    """What has failed, for people; `writing`: where, if the error does not name it."""
    if isinstance(error, OSError) and error.errno in FULL:
        where = Path(error.filename2 or error.filename or writing)
        return f"no space is left on the disk: {where} cannot be written"
    return str(error) if isinstance(error, Damaged) else f"{type(error).__name__}: {error}"
