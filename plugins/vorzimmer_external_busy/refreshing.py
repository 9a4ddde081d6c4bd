"""The worker's part: what is due is asked in threads of their own, and its busy time replaced as a whole (F53)."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import audit, database
from vorzimmer.access import SYSTEM
from vorzimmer.messages.worker import beside
from vorzimmer.models import Account, Booking
from vorzimmer.outgoing.addresses import Allowed
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer.settings import stored
from vorzimmer_external_busy import account, events
from vorzimmer_external_busy.events import Read, Reading
from vorzimmer_external_busy.fetching import SILENT, UNUSABLE, FetchError, Question, basic, fetch
from vorzimmer_external_busy.models import SECRETS, Source, Taken
from vorzimmer_external_busy.settings import Config, allowed_hosts

log = structlog.get_logger(__name__)

BACK, AHEAD = timedelta(days=31), timedelta(days=750)
WHOLE = timedelta(hours=24)
"""After which a calendar is read anew though it has not changed, for the window moves on."""
LEASE = timedelta(minutes=2)
"""How long one worker has to itself what it took; then another may."""
BESIDE = "external busy"
MOST_AT_ONCE = 4
_CHUNK = 500
NO_SECRET = N_("The address cannot be read any more: please enter it anew.")


@dataclass(frozen=True)
class Task:
    """What a thread needs to know; nothing of it is a row of the database."""

    source_id: int
    version: int
    kind: str
    secret: dict[str, Any]
    reading: Reading
    known: dict[str, str]


def due(session: Session, moment: datetime) -> bool:
    """Whether anything is to be read."""
    return session.scalar(select(Source.id).where(Source.due_at <= moment).limit(1)) is not None


def begin(session: Session, moment: datetime, *, hall: Hall, config: Config) -> None:
    """The job: take some that are due, and ask each in a thread of its own; nobody's transaction waits for them."""
    ours = [thread for thread in threading.enumerate() if thread.name == BESIDE]
    room = MOST_AT_ONCE - len(ours)
    query = select(Source).where(Source.due_at <= moment).order_by(Source.due_at).limit(max(room, 0))
    for source in session.scalars(query.options(joinedload(Source.resource))):
        source.due_at = moment + LEASE
        task = _task(session, hall, source, moment)
        beside(BESIDE, partial(refresh, hall, config, task))


def task_of(hall: Hall, source_id: int) -> Task:
    """What is asked now of a source."""
    with hall.database.reading() as session:
        source = session.get_one(Source, source_id, options=[joinedload(Source.resource)])
        return _task(session, hall, source, database.now(session))


def _task(session: Session, hall: Hall, source: Source, moment: datetime) -> Task:
    place = source.resource.location
    emails = session.scalars(select(Account.email).where(Account.resource_id == source.resource_id))
    secret = stored.unsealed(hall.config, source.secret)
    own = {source.mine, secret.get("user", ""), *emails} - {""}
    reading = Reading(
        Period(moment - BACK, moment + AHEAD),
        ZoneInfo(place.zone) if place else hall.config.zone,
        frozenset(map(str.lower, own)),
        source.tentative_busy,
        source.all_day_busy,
    )
    known = {"If-None-Match": source.etag, "If-Modified-Since": source.modified}
    fresh = source.whole_at and moment - source.whole_at < WHOLE
    conditions = {name: value for name, value in known.items() if value} if fresh else {}
    return Task(source.id, source.version, source.kind, secret, reading, conditions)


def refresh(hall: Hall, config: Config, task: Task) -> None:
    """Ask one source and store what it says; what was known stays where it says nothing of use."""
    try:
        told = _ask(hall, config, task)
        found = events.read(told.calendars, task.reading) if told.calendars is not None else None
        hall.database.write(lambda session: _succeeded(session, config, task, told, found))
    except FetchError as error:
        said = str(error)
        log.warning("external calendar not read", source=task.source_id, why=said)
        hall.database.write(lambda session: _failed(session, config, task, said))
    except Exception:  # whatever a calendar elsewhere sets off: the office has to say that it cannot be read
        log.exception("external calendar not read", source=task.source_id)
        hall.database.write(lambda session: _failed(session, config, task, UNUSABLE))


class Told(NamedTuple):
    """What a source says: its calendars, or None where nothing has changed; by what to know the next time."""

    calendars: list[bytes] | None
    etag: str = ""
    modified: str = ""


def _ask(hall: Hall, config: Config, task: Task) -> Told:
    secret = task.secret
    if secret.keys() != SECRETS:  # sealed with another key
        raise FetchError(NO_SECRET)
    headers = basic(secret["user"], secret["password"]) if secret["user"] else {}
    allowed = Allowed(config.allow_http, allowed_hosts(hall))
    if task.kind == "caldav":
        user = account.Account(headers, allowed, time.monotonic() + account.TOGETHER_SECONDS)
        return Told(user.objects(secret["address"], task.reading.window))
    answer = fetch(secret["address"], Question(headers=headers | task.known), allowed)
    if answer.status == 304 and not task.known:
        raise FetchError(SILENT)  # nothing has changed since nothing
    return Told(None if answer.status == 304 else [answer.body], answer.etag, answer.modified)


# ---- what is stored --------------------------------------------------------------------------------------------------


def _held(session: Session, task: Task) -> Source | None:
    """The source, locked; None where somebody has changed or deleted it meanwhile."""
    source = session.get(Source, task.source_id, with_for_update=not database.alone(session))
    return source if source and source.version == task.version else None


def _succeeded(session: Session, config: Config, task: Task, told: Told, found: Read | None) -> None:
    source = _held(session, task)
    if source is None:
        return
    moment = database.now(session)
    source.success_at, source.failures, source.error = moment, 0, ""
    source.due_at = moment + timedelta(minutes=config.every_minutes)
    if found is None:
        return
    busy, source.remarks = found.busy(_ours(session, found.by_uid))
    source.whole_at, source.etag, source.modified = moment, told.etag, told.modified
    _replace(session, source, busy, moment)


def _ours(session: Session, uids: Collection[str]) -> set[str]:
    """Those that are our own appointments: their time is taken already, or free again (rule 78)."""
    every, ours = list(uids), set[str]()
    for first in range(0, len(every), _CHUNK):
        query = select(Booking.uid).where(Booking.uid.in_(every[first : first + _CHUNK]))
        ours.update(session.scalars(query))
    return ours


def _replace(session: Session, source: Source, busy: list[Period], moment: datetime) -> None:
    """Put the new busy time in place of the old; the log hears of it where something is different."""
    query = select(Taken.starts, Taken.ends).where(Taken.source_id == source.id)
    before = {Period(*row) for row in session.execute(query)}
    if before == set(busy):
        return
    session.execute(delete(Taken).where(Taken.source_id == source.id))
    if busy:
        rows = [{"source_id": source.id, "starts": one.start, "ends": one.end} for one in busy]
        session.execute(insert(Taken), rows)
    subject = f"external calendar {source.id}"
    told = {"busy": len(before)}, {"busy": len(busy)}
    audit.write(session, moment, SYSTEM, "external_calendar_read", subject, before=told[0], after=told[1])


def _failed(session: Session, config: Config, task: Task, said: str) -> None:
    source = _held(session, task)
    if source is None:
        return
    source.failures, source.error = source.failures + 1, said
    pause = min(2 ** (source.failures - 1), 4)
    source.due_at = database.now(session) + timedelta(minutes=config.every_minutes) * pause


def count(session: Session) -> dict[int, int]:
    """How many busy times each source has that are not over."""
    query = select(Taken.source_id, func.count()).where(Taken.ends > database.now(session))
    return dict(session.execute(query.group_by(Taken.source_id)).all())
