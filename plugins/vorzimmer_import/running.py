"""A file comes in, some lines a transaction with what became of them: a kill loses and doubles nothing (D1, D2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right, staff_actor
from vorzimmer.database import LostRace, overlaps
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
    ICS,
    OUTCOMES,
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
_AT_ONCE = 500
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


def stage(session: Session, actor: Actor, path: Path, name: str, how: Told = NOTHING_TOLD) -> Run:
    """Take a file apart into the lines of a run that waits to be told what is what; ValueError (a msgid)."""
    require(actor)
    kind = kind_of(name)
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(N_("The file is too large."))
    heading, found = (
        tables.read(path, how, _knows(session)) if kind == CSV else (tables.Row(0, ""), events.read(path))
    )
    moment = database.now(session)
    run = Run(name=name[-200:], kind=kind, digest=digest(path), state=DRAFT, created_at=moment)
    run.head, run.heading = heading.cells, heading.text
    run.account_id, run.options = actor.account_id, {}
    session.add(run)
    session.flush()
    total = 0
    rows = iter(found)
    while some := list(islice(rows, _AT_ONCE)):
        total += len(some)
        if total > MOST_ITEMS:
            raise ValueError(N_("The file has more than 100,000 lines."))
        session.execute(insert(Item), [_item(run, row) for row in some])
    if not total:
        raise ValueError(N_("There is nothing in this file."))
    audit.write(
        session, moment, actor, "import_read", f"import {run.id}", after={"file": name, "lines": total}
    )
    return run


def _knows(session: Session) -> Callable[[list[str]], int]:
    """How many of some headings are understood."""
    known = choosing.attributes(session)
    return lambda head: len(headings.guessed(head, known))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _item(run: Run, row: tables.Row) -> dict[str, Any]:
    return {
        "run_id": run.id,
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


def delete(session: Session, actor: Actor, run: Run) -> None:
    """Forget a run and its lines; what came in stays."""
    require(actor)
    audit.write(session, database.now(session), actor, "import_forgotten", f"import {run.id}")
    _is_over(session, run)
    session.delete(run)


def told(session: Session, run: Run, *outcomes: str) -> Iterator[Item]:
    """The items with these outcomes, by line, as they are asked for."""
    query = select(Item).where(Item.run_id == run.id, Item.outcome.in_(outcomes)).order_by(Item.number)
    yield from session.scalars(query.execution_options(yield_per=_AT_ONCE))


def prune(session: Session, moment: datetime) -> None:
    """Forget old runs: the lines that did not fit are personal data too."""
    session.execute(delete_rows(Run).where(Run.created_at < moment - KEPT))
