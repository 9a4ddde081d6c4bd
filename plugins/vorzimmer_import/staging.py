"""A file is stored line by line before anything comes in, and forgotten so; nobody waits for either (D1, D2)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from vorzimmer import audit, database, failpoint
from vorzimmer.access import Actor
from vorzimmer.database import Database
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_import import choosing, events, headings, tables
from vorzimmer_import.models import CSV, DRAFT, FAILED, GONE, ICS, READING, Item, Known, Run
from vorzimmer_import.outcome import why
from vorzimmer_import.running import AT_ONCE, require
from vorzimmer_import.tables import NOTHING_TOLD, Told

LARGEST_FILE = 100 * 1024 * 1024
MOST_ITEMS = 100_000
KEPT = timedelta(days=30)
_LONGEST_READING = timedelta(hours=1)


def kind_of(name: str) -> str:
    """What a file is, by its name; ValueError (a msgid)."""
    ending = name.rpartition(".")[2].lower()
    if ending not in (CSV, ICS, "txt", "tsv", "ical", "ifb", "icalendar"):
        raise ValueError(N_("Please choose a file that ends with .csv or .ics."))
    return CSV if ending in (CSV, "txt", "tsv") else ICS


def stage(base: Database, actor: Actor, path: Path, name: str, how: Told = NOTHING_TOLD) -> int:
    """Take a file apart into the lines of a run that waits to be told what is what; ValueError (a msgid).

    Nobody waits for it: it is read to its end before anything is stored, then some lines a transaction. Until all of
    them are there the run is nobody's; a kill leaves it for `prune`.
    """
    require(actor)
    kind = kind_of(name)
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(N_("The file is too large."))
    with tempfile.TemporaryFile("w+") as copy:
        heading, total = _read(base, kind, path, how, copy)
        run = Run(name=name[-200:], kind=kind, digest=digest(path), state=READING)
        run.head, run.heading = heading.cells, heading.text
        run.account_id, run.options = actor.account_id, {}
        number = base.write(lambda session: _opened(session, run))
        copy.seek(0)
        while lines := list(islice(copy, AT_ONCE)):
            base.write(partial(_store, run_id=number, lines=lines))
    told = {"file": name, "lines": total}
    base.write(lambda session: _is_whole(session, actor, number, told))
    return number


def _read(base: Database, kind: str, path: Path, how: Told, copy: IO[str]) -> tuple[tables.Row, int]:
    """The heading of a file, and how many rows were copied, one a line; ValueError (a msgid)."""
    if kind == CSV:
        heading, found = tables.read(path, how, _knows(base))
    else:
        heading, found = tables.Row(0, ""), events.read(path)
    total = 0
    for total, row in enumerate(found, 1):
        failpoint.reach("read")
        if total > MOST_ITEMS:
            raise ValueError(N_("The file has more than 100,000 lines."))
        json.dump(asdict(row), copy)
        copy.write("\n")
    if not total:
        raise ValueError(N_("There is nothing in this file."))
    return heading, total


def _opened(session: Session, run: Run) -> int:
    run.created_at = database.now(session)
    if database.alone(session):  # SQLite gives the number of a deleted run again, by which people are known
        used = [session.scalar(select(func.max(number))) or 0 for number in (Run.id, Known.run_id)]
        run.id = max(used) + 1
    session.add(run)
    session.flush()
    return run.id


def _store(session: Session, run_id: int, lines: Iterable[str]) -> None:
    session.execute(insert(Item), [_item(run_id, tables.Row(**json.loads(line))) for line in lines])


def _is_whole(session: Session, actor: Actor, number: int, told: dict[str, Any]) -> None:
    session.get_one(Run, number).state = DRAFT
    audit.write(session, database.now(session), actor, "import_read", f"import {number}", after=told)


def _knows(base: Database) -> Callable[[list[str]], int]:
    """How many of some headings are understood."""
    with base.reading() as session:
        known = choosing.attributes(session)
    return lambda head: len(headings.guessed(head, known))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _item(run_id: int, row: tables.Row) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "number": row.number,
        "text": row.text,
        "cells": row.cells,
        "marks": [],
        "flawed": bool(row.flaw),
        "outcome": FAILED if row.flaw else "",
        "reasons": [why(row.flaw, **row.facts)] if row.flaw else [],
        "remarked": bool(row.flaw),
    }


def delete(base: Database, actor: Actor, number: int) -> None:
    """Forget a run and its lines; what came in stays. Nobody waits for it: see `stage`."""
    require(actor)
    base.write(lambda session: _given_up(session, actor, number))
    while base.write(lambda session: _thinned(session, number)):
        pass


def _given_up(session: Session, actor: Actor, number: int) -> None:
    run = session.get(Run, number)
    if run is None or run.state == GONE:
        raise Refused(Reason.NOT_FOUND)
    audit.write(session, database.now(session), actor, "import_forgotten", f"import {number}")
    run.state = GONE


def _thinned(session: Session, number: int) -> bool:
    """Delete the next lines of a run, or itself when there are none; whether there may be more."""
    some = select(Item.number).where(Item.run_id == number).limit(AT_ONCE)
    mine = delete_rows(Item).where(Item.run_id == number, Item.number.in_(some))
    gone = session.scalars(mine.returning(Item.number)).all()
    if not gone:
        session.execute(delete_rows(Run).where(Run.id == number))
    return bool(gone)


def prune(session: Session, moment: datetime) -> bool:
    """Forget old runs, some lines at a time: those that did not fit are personal data too. Whether there are more."""
    cut_off = and_(Run.state == READING, Run.created_at < moment - _LONGEST_READING)
    old = or_(Run.created_at < moment - KEPT, Run.state == GONE, cut_off)
    number = session.scalar(select(Run.id).where(old).limit(1))
    if number is None:
        return False
    _thinned(session, number)
    return True
