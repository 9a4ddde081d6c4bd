"""The worker's part: one thread for each hook that has something due, each delivery marked before the next is sent.

A delivery may arrive twice (whoever sends it can be killed before it is marked), and then under the same id.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPException

import structlog
from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Signer

from vorzimmer import database, failpoint
from vorzimmer.messages.worker import beside
from vorzimmer.outgoing import addresses
from vorzimmer.outgoing.addresses import REFUSED, AddressRefusedError
from vorzimmer.outgoing.asking import Request, response_of
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer.settings import stored
from vorzimmer_webhooks import events
from vorzimmer_webhooks.models import DUE, FAILED, SENT, Delivery, Hook
from vorzimmer_webhooks.settings import allowed

log = structlog.get_logger(__name__)

SECONDS = 10.0
"""For one delivery, from the connection to the head of the answer; the rest of it is not read."""
LEASE = timedelta(seconds=30)
"""How long a thread has a hook to itself from the beginning of a delivery; then another may."""
TURN = 60.0
"""Seconds after which a thread leaves the rest to the next round, so that every hook gets its turn."""
MOST_AT_ONCE = 4
BESIDE = "webhooks"
PAUSES = [
    *(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)),
    *(timedelta(hours=1), timedelta(hours=3), timedelta(hours=8), timedelta(hours=16)),
    *(timedelta(hours=24), timedelta(hours=24)),
]
"""Between the tries of one delivery: three days in all."""
PATIENCE = timedelta(days=3)
"""After so long without a single arrival a hook is switched off."""
GONE = 410
SILENT = N_("The server does not answer.")
ANSWERED = N_("The server does not take it.")
REDIRECTED = N_("The server sends us elsewhere; that is not followed.")
NO_SECRET = N_("The secret cannot be read any more: please make the webhook anew.")


@dataclass(frozen=True)
class Task:
    """What the thread needs for one delivery; nothing of it is a row of the database."""

    delivery_id: int
    uid: str
    url: str
    secret: str
    body: str
    moment: datetime


@dataclass(frozen=True)
class Outcome:
    """What came of it: the answer's status, or why there is none (a msgid)."""

    status: int | None = None
    error: str = ""


def due(session: Session, moment: datetime) -> bool:
    """Whether anything is to be sent."""
    return session.scalar(select(Hook.id).where(*_ready(moment)).limit(1)) is not None


def _ready(moment: datetime) -> list[ColumnElement[bool]]:
    """Hooks that are nobody's, with something due."""
    free = or_(Hook.leased_until.is_(None), Hook.leased_until <= moment)
    return [Hook.off_at.is_(None), free, exists().where(Delivery.hook_id == Hook.id, *_waits(moment))]


def _waits(moment: datetime) -> list[ColumnElement[bool]]:
    return [Delivery.state == DUE, Delivery.run_after <= moment]


def begin(session: Session, moment: datetime, *, hall: Hall) -> None:
    """The job: a thread for each hook with something due; nobody's transaction waits for them."""
    room = MOST_AT_ONCE - sum(thread.name == BESIDE for thread in threading.enumerate())
    query = select(Hook).where(*_ready(moment)).order_by(Hook.leased_until, Hook.id)
    for hook in session.scalars(query.limit(max(room, 0))):
        hook.lease, hook.leased_until = str(uuid.uuid4()), moment + LEASE
        session.flush()  # the row is locked: the thread sees it only once this has been committed
        beside(BESIDE, partial(send_due, hall, hook.id, hook.lease))


def send_due(hall: Hall, hook_id: int, lease: str) -> None:
    """Send what is due for a hook, one after the other, as long as the lease is ours."""
    end = time.monotonic() + TURN
    while time.monotonic() < end:
        task = hall.database.write(lambda session: _next(session, hall, hook_id, lease))
        if task is None:
            return
        outcome = send(hall, task)
        failpoint.reach("webhook sent")
        hall.database.write(partial(_mark, task=task, outcome=outcome, hook_id=hook_id, lease=lease))
    hall.database.write(lambda session: _give_back(session, hook_id, lease))


def _held(session: Session, hook_id: int, lease: str) -> Hook | None:
    """The hook, locked; None where it is gone or another thread's."""
    hook = session.get(Hook, hook_id, with_for_update=not database.alone(session))
    return hook if hook and hook.lease == lease else None


def _give_back(session: Session, hook_id: int, lease: str) -> None:
    hook = _held(session, hook_id, lease)
    if hook is not None:
        hook.lease, hook.leased_until = "", None


def _next(session: Session, hall: Hall, hook_id: int, lease: str) -> Task | None:
    """The next delivery, its try counted; None where there is none, and then the hook is free for the next thread.

    What the owner may not see, or not any more, is dropped.
    """
    hook = _held(session, hook_id, lease)
    moment = database.now(session)
    while hook is not None and hook.off_at is None:
        query = select(Delivery).where(Delivery.hook_id == hook.id, *_waits(moment))
        told = session.scalars(query.order_by(Delivery.run_after, Delivery.id).limit(1)).one_or_none()
        if told is None:
            break
        body = events.body(session, hall, told)
        if body is None:
            session.delete(told)
            session.flush()
            continue
        told.body, told.attempts = told.body or body, told.attempts + 1
        told.run_after = hook.leased_until = moment + LEASE
        secret = stored.unsealed(hall.config, {"secret": hook.secret}).get("secret", "")
        return Task(told.id, told.uid, hook.url, secret, told.body, moment)
    _give_back(session, hook_id, lease)
    return None


def send(hall: Hall, task: Task) -> Outcome:
    """One request; whatever the far end does, it is over in ten seconds."""
    if not task.secret:
        return Outcome(error=NO_SECRET)
    signature = Signer(task.secret).sign(task.uid, task.moment, task.body)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": task.uid,
        "webhook-timestamp": str(int(task.moment.timestamp())),
        "webhook-signature": signature,
    }
    try:
        address = addresses.read(task.url, allowed(hall))
        request = Request("POST", headers, task.body.encode())
        with response_of(address, request, time.monotonic() + SECONDS) as response:
            return Outcome(response.status)
    except AddressRefusedError:
        return Outcome(error=REFUSED)
    except (OSError, HTTPException, ValueError):
        return Outcome(error=SILENT)


def _mark(session: Session, task: Task, outcome: Outcome, hook_id: int, lease: str) -> None:
    """Write down what came of it, unless somebody else has the hook by now."""
    hook, told = _held(session, hook_id, lease), session.get(Delivery, task.delivery_id)
    if hook is None or told is None:
        log.warning("came late, another worker has the webhook", delivery=task.uid)
        return
    moment = database.now(session)
    told.status, told.error = outcome.status, outcome.error
    if outcome.status is not None and 200 <= outcome.status < 300:
        told.state, told.sent_at, hook.failing_since = SENT, moment, None
        return
    if outcome.status is not None:
        told.error = REDIRECTED if 300 <= outcome.status < 400 else ANSWERED
    log.warning("webhook failed", delivery=told.uid, attempt=told.attempts, status=told.status)
    if told.attempts > len(PAUSES):
        told.state = FAILED
    else:
        told.run_after = moment + PAUSES[told.attempts - 1]
    hook.failing_since = hook.failing_since or moment
    if outcome.status == GONE or moment - hook.failing_since >= PATIENCE:
        hook.off_at = moment
        log.error("webhook is switched off", hook=hook.id)


def forget(session: Session, moment: datetime, *, keep: timedelta) -> None:
    """The job: delete what was sent, or could not be, long enough ago."""
    session.execute(delete(Delivery).where(Delivery.created_at < moment - keep))
