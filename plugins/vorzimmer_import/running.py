"""A file comes in, some lines a transaction with what became of them: a kill loses and doubles nothing (D1, D2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right, staff_actor
from vorzimmer.database import LostRace, overlaps
from vorzimmer.models import Account
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer_import.diary import Diary
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.models import (
    ANEW,
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
    Run,
)
from vorzimmer_import.outcome import Outcome, refused
from vorzimmer_import.people import People

DOOR = "import"
COMMAND = Actor("command line", DOOR, rights=frozenset(Right))
AT_ONCE = 200
_BATCH = {CSV: 20, ICS: 12}
_LONGEST = 0.1
"""So few lines a transaction, and so many seconds until no other is begun: SQLite has one writer, and people book."""
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


def require(actor: Actor) -> None:
    """Files bring in customers and appointments, and change how the practice stands: whoever may all of that."""
    needed = (Right.SETTINGS, Right.CUSTOMERS, Right.CALENDARS)
    access.require(all(access.may(actor, right) for right in needed))


def begin(session: Session, actor: Actor, run: Run, to: str, options: Mapping[str, Any]) -> None:
    """Try the lines out (`checking`), or let them in (`running`)."""
    require(actor)
    if run.state not in (DRAFT, CHECKED):
        raise Refused(Reason.WRONG_STATE)
    act = "import_begun" if to == RUNNING else "import_tried"
    audit.write(session, database.now(session), actor, act, f"import {run.id}", after=dict(options))
    run.options = {**options, ANEW: True} if run.state == CHECKED else dict(options)
    run.state = to


def progress(session: Session, run: Run) -> Progress:
    """How far it is."""
    counted = select(Item.outcome, func.count()).where(Item.run_id == run.id).group_by(Item.outcome)
    by_outcome = dict(session.execute(counted).all())
    total = sum(by_outcome.values())
    if ANEW in run.options:
        return Progress(total, 0, 0, 0)
    return Progress(total, *(by_outcome.get(outcome, 0) for outcome in OUTCOMES))


def waiting(session: Session) -> int | None:
    """The oldest run that a worker has to do."""
    mine = select(Run.id).where(Run.state.in_((CHECKING, RUNNING)), Run.account_id.is_not(None))
    return session.scalar(mine.order_by(Run.id).limit(1))


def prepare(session: Session, everybody: Everybody) -> bool:
    """Whether a worker has something to do; what takes long is looked up now, while nobody waits."""
    number = waiting(session)
    if number is None:
        everybody.clear()
        return False
    look_up(session, number, everybody)
    return True


def look_up(session: Session, run_id: int, everybody: Everybody) -> None:
    """Look up in a reading session what the next batch needs."""
    run = session.get(Run, run_id)
    if run is None or run.kind != CSV or ANEW in run.options:
        return
    everybody.catch_up(session)
    first = session.scalar(select(func.min(Item.number)).where(Item.run_id == run_id, Item.outcome == ""))
    if run.state == CHECKING and first is not None:
        everybody.look_above(session, run_id, first)


def batch(session: Session, hall: Hall, run_id: int, everybody: Everybody) -> bool:
    """Let the next lines in, or try them out and take them back; whether there may be more."""
    run = session.scalar(select(Run).where(Run.id == run_id).with_for_update())
    if run is None or run.state not in (CHECKING, RUNNING):
        return False
    if ANEW in run.options:
        _begin_anew(session, run)
        return True
    query = select(Item).where(Item.run_id == run.id, Item.outcome == "").order_by(Item.number)
    items = session.scalars(query.limit(_BATCH[run.kind])).all()
    actor = _actor(session, run)
    if not items:
        _end(session, actor, run)
        return False
    results = _results(session, hall, actor, run, items, everybody)
    session.execute(update(Item), results)
    return True


def _begin_anew(session: Session, run: Run) -> None:
    """Forget what became of the next lines on trial; with the last of them the run has begun."""
    tried = Item.run_id == run.id, Item.outcome != "", Item.flawed.is_(False)
    some = select(Item.number).where(*tried).limit(AT_ONCE)
    blank = update(Item).where(Item.run_id == run.id, Item.number.in_(some))
    blank = blank.values(outcome="", reasons=[], marks=[], remarked=False)
    if not session.scalars(blank.returning(Item.number)).all():
        run.options = {name: value for name, value in run.options.items() if name != ANEW}


def _results(
    session: Session, hall: Hall, actor: Actor, run: Run, items: Iterable[Item], everybody: Everybody
) -> list[dict[str, Any]]:
    """What becomes of each, as far as time allows; on trial all of it is taken back together."""
    end = time.monotonic() + _LONGEST
    for item in items:
        session.expunge(item)  # a claim forgets what was read
    state, number = run.state, run.id
    whole = session.begin_nested()
    importer = _IMPORTERS[run.kind](session, hall, actor, run, items, everybody)
    found = list[tuple[Item, Outcome]]()
    for item in items:
        found.append((item, _taken(session, importer, item)))
        if time.monotonic() > end:
            break
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
    if run.state == DONE:
        after = {"imported": counted.imported, "skipped": counted.skipped, "failed": counted.failed}
        audit.write(session, database.now(session), actor, "import_done", f"import {run.id}", after=after)


def _actor(session: Session, run: Run) -> Actor:
    """Who let it in: the owner of the account with the rights of today, or the command line."""
    account = session.get(Account, run.account_id) if run.account_id else None
    return staff_actor(account, DOOR) if account else COMMAND


def told(session: Session, run: Run, *outcomes: str) -> Iterator[Item]:
    """The items with these outcomes, by line, as they are asked for."""
    query = select(Item).where(Item.run_id == run.id, Item.outcome.in_(outcomes)).order_by(Item.number)
    yield from session.scalars(query.execution_options(yield_per=AT_ONCE))
