"""A process that brings the tables up to date, and is killed on its way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import event

from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config

CHANGES = ("CREATE", "ALTER", "INSERT", "UPDATE", "DROP", "DELETE")


def update(data: Path, last: int, step: str) -> None:
    """Migrate; die as by `kill -9` before the change number `last`, or at a step of `vorzimmer.failpoint`."""
    os.environ["VORZIMMER_FAIL_AT"] = step
    hall = Hall.open(Config.load(data=data))
    changes = 0

    @event.listens_for(hall.database.engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal changes
        changes += statement.lstrip().startswith(CHANGES)
        if changes == last:
            os._exit(137)

    hall.migrate()
    hall.database.dispose()
