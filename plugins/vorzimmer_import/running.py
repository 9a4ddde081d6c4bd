"""A file comes in, some lines a transaction with what became of them: a kill loses and doubles nothing (D1, D2)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database, failpoint
from vorzimmer.access import Actor, Right, staff_actor
from vorzimmer.database import Database, LostRace, overlaps
from vorzimmer.hall import Hall
from vorzimmer.models import Account
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_import import choosing, events, headings, tables
from vorzimmer_import.diary import Diary
from vorzimmer_import.models import (
    CHECKED,
    CHECKING,
    CSV,
    DONE,
    DRAFT,
    FAILED,
    GONE,
    ICS,
    OUTCOMES,
    READING,
    RUNNING,
    Item,
    Known,
    Run,
)
from vorzimmer_import.outcome import Outcome, refused, why
from vorzimmer_import.people import People
from vorzimmer_import.tables import NOTHING_TOLD, Told

DOOR = "import"
COMMAND = Actor("command line", DOOR, rights=frozenset(Right))
LARGEST_FILE = 100 * 1024 * 1024
MOST_ITEMS = 100_000
KEPT = timedelta(days=30)
_LONGEST_READING = timedelta(hours=1)
_AT_ONCE = 200
_BATCH = {CSV: 40, ICS: 12}
"""So few that whoever books meanwhile waits half a second at most: SQLite has one writer."""
_TRIES = 5


class Importer(Protocol):
    """Takes the items of one batch."""

    def take(self, item: Item) -> Outcome:
        """Bring one in; raises `Refused`."""


_IMPORTERS: dict[str, Callable[..., Importer]] = {CSV: People, ICS: Diary}


@dataclass(frozen=True)
class Progress:
    """How many lines there are, and what became of them so far."""

    total: int
    imported: int
    skipped: int
    failed: int

    @property
    def done(self) -> int:
        """Lines that have had their turn."""
        return self.imported + self.skipped + self.failed


def kind_of(name: str) -> str:
    """What a file is, by its name; ValueError (a msgid)."""
    ending = name.rpartition(".")[2].lower()
    if ending not in (CSV, ICS, "txt", "tsv", "ical", "ifb", "icalendar"):
        raise ValueError(N_("Please choose a file that ends with .csv or .ics."))
    return CSV if ending in (CSV, "txt", "tsv") else ICS


def require(actor: Actor) -> None:
    """Files bring in customers and appointments, and change how the practice stands: whoever may all of that."""
    needed = (Right.SETTINGS, Right.CUSTOMERS, Right.CALENDARS)
    access.require(all(access.may(actor, right) for right in needed))


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
        while lines := list(islice(copy, _AT_ONCE)):
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


def begin(session: Session, actor: Actor, run: Run, to: str, options: Mapping[str, Any]) -> None:
    """Try the lines out (`checking`), or let them in (`running`)."""
    require(actor)
    if run.state not in (DRAFT, CHECKED):
        raise Refused(Reason.WRONG_STATE)
    run.state, run.options = to, dict(options)
    readable = Item.run_id == run.id, Item.flawed.is_(False)
    session.execute(update(Item).where(*readable).values(outcome="", reasons=[], marks=[], remarked=False))
    act = "import_begun" if to == RUNNING else "import_tried"
    audit.write(session, database.now(session), actor, act, f"import {run.id}", after=run.options)


def progress(session: Session, run: Run) -> Progress:
    """How far it is."""
    counted = select(Item.outcome, func.count()).where(Item.run_id == run.id).group_by(Item.outcome)
    by_outcome = dict(session.execute(counted).all())
    return Progress(sum(by_outcome.values()), *(by_outcome.get(outcome, 0) for outcome in OUTCOMES))


def waiting(session: Session) -> int | None:
    """The oldest run that a worker has to do."""
    mine = select(Run.id).where(Run.state.in_((CHECKING, RUNNING)), Run.account_id.is_not(None))
    return session.scalar(mine.order_by(Run.id).limit(1))


def batch(session: Session, hall: Hall, run_id: int) -> bool:
    """Let the next lines in, or try them out and take them back; whether there may be more."""
    run = session.scalar(select(Run).where(Run.id == run_id).with_for_update())
    if run is None or run.state not in (CHECKING, RUNNING):
        return False
    query = select(Item).where(Item.run_id == run.id, Item.outcome == "").order_by(Item.number)
    items = session.scalars(query.limit(_BATCH[run.kind])).all()
    actor = _actor(session, run)
    if not items:
        _end(session, actor, run)
        return False
    results = _results(session, hall, actor, run, items)
    session.execute(update(Item), results)
    return True


def _results(
    session: Session, hall: Hall, actor: Actor, run: Run, items: Iterable[Item]
) -> list[dict[str, Any]]:
    """What becomes of each; on trial all of it is taken back together."""
    for item in items:
        session.expunge(item)  # a claim forgets what was read
    state, number = run.state, run.id
    whole = session.begin_nested()
    importer = _IMPORTERS[run.kind](session, hall, actor, run, items)
    found = [(item, _taken(session, importer, item)) for item in items]
    if state == CHECKING:
        whole.rollback()
    else:
        whole.commit()
    return [
        {
            "run_id": number,
            "number": item.number,
            "outcome": outcome.outcome,
            "reasons": outcome.reasons,
            "remarked": bool(outcome.reasons),
            "marks": item.marks,
            "text": item.text if outcome.outcome == FAILED or state == CHECKING else "",
            "cells": item.cells if state == CHECKING else [],
        }
        for item, outcome in found
    ]


def _taken(session: Session, importer: Importer, item: Item) -> Outcome:
    """One item by itself: what goes wrong with it is its own matter."""
    for _try in range(_TRIES):
        try:
            with session.begin_nested():
                return importer.take(item)
        except LostRace:
            continue
        except Refused as refusal:
            return refused(refusal)
        except IntegrityError as error:
            if not overlaps(error):
                raise
    return refused(Refused(Reason.SLOT_TAKEN))


def _end(session: Session, actor: Actor, run: Run) -> None:
    counted = progress(session, run)
    run.state = CHECKED if run.state == CHECKING else DONE
    _is_over(session, run)
    if run.state == DONE:
        after = {"imported": counted.imported, "skipped": counted.skipped, "failed": counted.failed}
        audit.write(session, database.now(session), actor, "import_done", f"import {run.id}", after=after)


def _actor(session: Session, run: Run) -> Actor:
    """Who let it in: the owner of the account with the rights of today, or the command line."""
    account = session.get(Account, run.account_id) if run.account_id else None
    return staff_actor(account, DOOR) if account else COMMAND


def _is_over(session: Session, run: Run) -> None:
    """Whoever came in with it came in before: its number is free for another."""
    session.execute(update(Known).where(Known.run_id == run.id).values(run_id=0))


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
    _is_over(session, run)
    run.state = GONE


def _thinned(session: Session, number: int) -> bool:
    """Delete the next lines of a run, or itself when there are none; whether there may be more."""
    some = select(Item.number).where(Item.run_id == number).limit(_AT_ONCE)
    mine = delete_rows(Item).where(Item.run_id == number, Item.number.in_(some))
    gone = session.scalars(mine.returning(Item.number)).all()
    if not gone:
        session.execute(delete_rows(Run).where(Run.id == number))
    return bool(gone)


def told(session: Session, run: Run, *outcomes: str) -> Iterator[Item]:
    """The items with these outcomes, by line, as they are asked for."""
    query = select(Item).where(Item.run_id == run.id, Item.outcome.in_(outcomes)).order_by(Item.number)
    yield from session.scalars(query.execution_options(yield_per=_AT_ONCE))


def prune(session: Session, moment: datetime) -> bool:
    """Forget old runs, some lines at a time: those that did not fit are personal data too. Whether there are more."""
    cut_off = and_(Run.state == READING, Run.created_at < moment - _LONGEST_READING)
    old = or_(Run.created_at < moment - KEPT, Run.state == GONE, cut_off)
    number = session.scalar(select(Run.id).where(old).limit(1))
    if number is None:
        return False
    _thinned(session, number)
    return True
