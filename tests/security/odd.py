"""Values that nobody should send, and what is asked of the database meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from vorzimmer.practice import Hall

SQL = "kanarie'\";--/*%_\\ OR 1=1 {{7*7}}{0.__class__}%(a)s%s${x}"
ON_SQLITE = {
    "number": "9" * 5000,  # Python reads none of more than 4,300 digits
    "marks": "\u202e\u2028\u200b" + "\u0301" * 300 + "\u0085\x1b[31m" + "x" * 3000,
    "last day": "9999-12-31",
    "first instant": "0001-01-01T00:00:00+12:00|" + SQL,
}
ON_POSTGRESQL = {"large": "9" * 11, "place": "2027-03-02T10:00:00+01:00|" + SQL + "\0"}
"""Each value where it can do harm: PostgreSQL takes no NUL and no number beyond 32 bits, SQLite none beyond 64."""


@contextmanager
def watched(hall: Hall) -> Iterator[list[str]]:
    """Every statement that goes to the database until the block ends, without its parameters."""
    seen: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(hall.database.engine, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(hall.database.engine, "before_cursor_execute", keep)
