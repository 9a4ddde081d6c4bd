"""What is being imported, line by line, and what came in before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from vorzimmer.models import Account
from vorzimmer.models.columns import NAMES, UtcInstant

DRAFT, CHECKING, CHECKED, RUNNING, DONE = "draft", "checking", "checked", "running", "done"
"""States of a run: mapped by hand, tried out, tried out to the end, coming in, in."""
READING, GONE = "reading", "gone"
"""Its lines are not all there yet, or not any more: nobody sees it."""
ANEW = "anew"
"""Stands among the options until what became of the lines on trial is forgotten."""
CSV, ICS = "csv", "ics"
IMPORTED, SKIPPED, FAILED = "imported", "skipped", "failed"
OUTCOMES = (IMPORTED, SKIPPED, FAILED)


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


class Run(Tables):
    """One file on its way in. `digest` is the file's SHA-256, by which an interrupted command finds its run again.

    `head` are the headings of a table, `heading` the line that they stood in. `options`: `columns` (place of a column
    to field) and `month_first` (places of American dates), or `resource` and `phrases` (words of a title to a service's
    slug). A run without account is a command's, and no worker touches it.
    """

    __tablename__ = "vorzimmer_import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(3))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(10), default=DRAFT, index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    head: Mapped[list[str]] = mapped_column(JSON, default=list)
    heading: Mapped[str] = mapped_column(Text, default="")
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)


class Item(Tables):
    """One line of a table, or one event with its exceptions; `number` is the line in the file where it begins.

    `text` is the line as it came (or iCalendar), `cells` what it says. `flawed`: it could not even be read. `marks` are
    what later lines are compared with while it is tried out. `reasons` are records of `field`, `text` (a msgid) and
    `facts`, `remarked` where there are any; an item without outcome has its turn yet.
    """

    __tablename__ = "vorzimmer_import_item"
    __table_args__ = (Index(None, "run_id", "outcome", "number"),)

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[str]] = mapped_column(JSON, default=list)
    marks: Mapped[list[str]] = mapped_column(JSON, default=list)
    flawed: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    remarked: Mapped[bool] = mapped_column(default=False)


class Known(Tables):
    """What came in before, so that it does not again: SHA-256 of the number in the old system, or of what was said.

    It outlives what came in: who was merged with somebody else, or forgotten, does not come back by the same file.
    `customer` is the uid of the record that came in by it, `run_id` the run that it came in with (0: an old one).
    """

    __tablename__ = "vorzimmer_import_known"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer: Mapped[str] = mapped_column(String(36), default="", index=True)
    run_id: Mapped[int] = mapped_column(default=0)
