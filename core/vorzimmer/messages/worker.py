"""The worker: delivers what the outbox holds and does regular work. Any number of them may run on one database."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Select, and_, bindparam, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from vorzimmer import booking, database, failpoint, hookspecs
from vorzimmer.erasure import retention
from vorzimmer.hookspecs import Change, Job, RecordChange, Sent, Undeliverable, Unreachable
from vorzimmer.messages import failures, outbox, wrong_clock
from vorzimmer.models import Booking, KeptAnswer, Message, Model, Setting, Status, UtcInstant, WebSession
from vorzimmer.plugins import NOT_OURS, told
from vorzimmer.practice import Hall
from vorzimmer.settings.config import PLUGINS

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BATCH, BATCH_SECONDS = 10, 20.0
"""How many messages are taken at once, and for how long at most; each is marked before the next one is sent."""
TRIES = 30
"""Then a message is parked: with the pauses below about a day after its first attempt."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
POLL = 1.0
"""Seconds after which another process's commits are noticed; the own ones wake the worker."""
STUCK = 300.0
"""Seconds without a sign of life after which the watchdog starts another thread."""
WATCH = 5.0


FACTS: dict[str, tuple[Callable[..., None], Callable[..., Any]]] = {
    outbox.BOOKING_CHANGED: (hookspecs.booking_changed, Change),
    outbox.CUSTOMER_CHANGED: (hookspecs.customer_changed, RecordChange),
}
"""The hook and the record of each fact."""


@dataclass(frozen=True)
class Leased:
    """A message that is ours until the lease ends; `token` fences off whoever comes late (F18)."""

    message: Message
    token: str


_FOLLOWS = {"sent": booking.delivered, "parked": booking.undelivered}

Outcome = dict[str, Any]
"""What a message is marked with, by column; `run_after` counts from the mark."""


class Worker:
    """One worker of one process. `start` runs it beside the server, `run_due` does one round here and now."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self._work = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._watchdog: threading.Thread | None = None
        self._beat = time.monotonic()
        self._not_before: dict[str, datetime] = {}

    def start(self) -> None:
        """Run in a thread of its own until `stop`; a commit of this process wakes it at once."""
        self._stopped.clear()
        self.hall.database.committed.append(self.wake)
        self._launch()
        self._watchdog = threading.Thread(target=self._watch, name="worker watchdog", daemon=True)
        self._watchdog.start()

    def stop(self, patience: float = 10.0) -> None:
        """End after the message in hand; what is left stays due."""
        self._stopped.set()
        self._work.set()
        if self.wake in self.hall.database.committed:
            self.hall.database.committed.remove(self.wake)
        for thread in (self._thread, self._watchdog):
            if thread is not None:
                thread.join(patience)

    def wake(self) -> None:
        """Look for work now."""
        self._work.set()

    def is_alive(self) -> bool:
        """Whether the thread runs and shows signs of life."""
        running = self._thread is not None and self._thread.is_alive()
        return running and time.monotonic() - self._beat < STUCK

    def last_sign(self) -> float:
        """When the thread gave its last sign of life, in seconds since 1970."""
        return time.time() - (time.monotonic() - self._beat)

    def _launch(self) -> None:
        self._beat = time.monotonic()
        self._thread = threading.Thread(target=self._loop, name="worker", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(WATCH):
            if not self.is_alive():
                log.error("worker is stuck or dead, starting another thread")
                self._launch()

    def _loop(self) -> None:
        me = threading.current_thread()
        while not self._stopped.is_set() and self._thread is me:
            self._work.clear()
            try:
                self.run_due()
            except NOT_OURS:  # nothing that fails may end the worker
                log.exception("worker failed")
                self._stopped.wait(POLL)
            self._work.wait(POLL)

    def run_due(self) -> int:
        """Deliver all that is due, close what ran out, do the jobs. How many messages were handled."""
        self.hall.refresh()
        self._expire()
        handled = 0
        while not self._stopped.is_set() and (batch := self._lease()):
            handled += self._deliver(batch)
        self._jobs()
        self._beat = time.monotonic()
        return handled

    def _lease(self) -> list[Leased]:
        """Take the next messages that are due, or were left by a worker whose lease is over."""
        with self.hall.database.reading() as session:
            if session.scalar(_NEXT, {"moment": database.now(session), "most": 1}) is None:
                return []  # asked without a write transaction, for most rounds end here
        token = str(uuid.uuid4())
        with self.hall.database.transaction() as session:
            moment = database.now(session)
            given = {"moment": moment, "token": token, "until": moment + LEASE, "most": BATCH}
            taken = session.scalars(_LEASE, given).all()
            messages = session.scalars(_TAKEN, {"ids": taken}).all()
        return [Leased(message, token) for message in messages]

    def _deliver(self, batch: list[Leased]) -> int:
        """Deliver a batch, marking each; what is left when time is up, or the thread ends, is given back at once."""
        end = time.monotonic() + BATCH_SECONDS
        left = deque(batch)
        try:
            while left and not self._stopped.is_set() and time.monotonic() < end:
                leased = left.popleft()
                self._beat = time.monotonic()
                try:
                    self._mark([(leased, self._outcome(leased))])
                except Unreachable as error:
                    channel = leased.message.channel
                    log.warning("channel cannot be reached", channel=channel, error=str(error))
                    same = [one for one in left if one.message.channel == channel]
                    left = deque(one for one in left if one.message.channel != channel)
                    self._mark([(one, _not_yet(one.message, error)) for one in (leased, *same)])
        finally:
            self._mark([(one, {"state": "due", "attempts": one.message.attempts - 1}) for one in left])
        return len(batch) - len(left)

    def _mark(self, outcomes: Iterable[tuple[Leased, Outcome]]) -> None:
        """Write down what became of messages; where the database is held, again until the leases are over."""
        wanted = [(leased, outcome) for leased, outcome in outcomes if outcome]
        end = time.monotonic() + LEASE.total_seconds()
        while wanted:
            try:
                self.hall.database.write(partial(self._write_down, wanted=wanted))
                return
            except database.NO_ANSWER:
                if time.monotonic() > end or self.hall.database.writers.failed:
                    raise
                self._stopped.wait(POLL)

    def _write_down(self, session: Session, wanted: Iterable[tuple[Leased, Outcome]]) -> None:
        """What became of messages, and whom to call because of it, or not any longer."""
        moment = database.now(session)
        for leased, outcome in wanted:
            follows = _FOLLOWS.get(outcome["state"])
            if _marked(session, leased, moment, outcome) and follows:
                follows(session, self.hall, leased.message)

    def _outcome(self, leased: Leased) -> Outcome:
        """Deliver one message; what to mark it with, nothing where that is done."""
        message = leased.message
        try:
            if message.topic in outbox.FACTS:
                self._tell(leased)
                return {}
            return self._send(message)
        except Unreachable:
            raise
        except Undeliverable as error:
            log.warning("message cannot be delivered", key=message.key, error=str(error))
            return {"state": "parked", "error": str(error)[:500]}
        except NOT_OURS as error:  # the boundary to plugins and networks: tried again with growing pauses
            log.warning("message failed", key=message.key, attempt=message.attempts, exc_info=True)
            wait = pause(message.attempts)
            state = "due" if message.attempts < TRIES else "parked"
            return {"state": state, "run_after": wait, "error": repr(error)[:500]}

    def _tell(self, leased: Leased) -> None:
        """Tell a plugin a fact; what it stores and the mark are one transaction."""
        message, plugins = leased.message, self.hall.plugins
        spec, fact = FACTS[message.topic]
        if message.channel not in plugins.listeners(spec):
            raise LookupError(f"plugin {message.channel} is not there")
        with self.hall.database.transaction() as session:
            if _marked(session, leased, database.now(session), {"state": "sent", "error": ""}):
                change = fact(key=message.key, **message.details)
                plugins.tell(message.channel, spec, session=session, hall=self.hall, change=change)

    def _send(self, message: Message) -> Outcome:
        """Send a message to a person, outside any write transaction."""
        channel = next((c for c in outbox.channels(self.hall) if c.name == message.channel), None)
        if channel is None:
            raise LookupError(f"channel {message.channel} is not there")
        with self.hall.database.reading() as session:
            if _is_outdated(session, message, database.now(session)):
                return {"state": "withdrawn", "error": wrong_clock.TOO_LATE}
            sent: Sent = channel.send(session, message)
        failpoint.reach("sent")
        return {"state": "sent", "subject": sent.subject[:300], "text": sent.text, "error": ""}

    def _expire(self) -> None:
        """Close holds, requests and offers that ran out, each in a transaction of its own."""
        with self.hall.database.reading() as session:
            moment = database.now(session)
            over = [(uid, booking.expire) for uid in booking.overdue(session, moment)]
            over += [(uid, booking.give_up) for uid in booking.unanswered(session, moment)]
        for uid, close in over:
            try:
                self.hall.database.write(partial(close, hall=self.hall, uid=uid))
            except Exception:  # one booking that cannot be closed must not stop the others
                log.exception("booking was not closed", uid=uid)

    def _jobs(self) -> None:
        for plugin, name, job in jobs(self.hall):
            self._job(plugin, name, job)

    def _job(self, plugin: str, name: str, job: Job) -> None:
        try:
            if self._is_due(name, job):
                while _run(self.hall, plugin, name, job) and not self._stopped.is_set():
                    self._beat = time.monotonic()
        except NOT_OURS as error:  # the plugin boundary: rolled back, tried again
            log.exception("job failed", plugin=plugin, job=job.name)
            with suppress(*database.NO_ANSWER):  # the others have their turn
                keep = partial(failures.keep, plugin=plugin, job=job.name, error=told(error))
                self.hall.database.write(keep)

    def _is_due(self, name: str, job: Job) -> bool:
        with self.hall.database.reading() as session:
            moment = database.now(session)
            early = moment < self._not_before.get(name, moment) <= moment + MINUTE
            if early or not job.due(session, moment):
                return False
        self._not_before[name] = moment + min(job.every, MINUTE)
        return True


def jobs(hall: Hall) -> list[tuple[str, str, Job]]:
    """All regular work: whose it is (empty: ours), its name among all, the job."""
    found = [("", job.name, job) for job in (PRUNE, FORGET)]
    for plugin, offered in hall.plugins.offers(hookspecs.jobs, hall=hall):
        for job in offered if plugin.active else ():
            # a stranger's job may be called as one of ours
            name = job.name if plugin.name in PLUGINS else f"{plugin.name} {job.name}"
            found.append((plugin.name, name, job))
    return found


def row_of(name: str) -> str:
    """The name of the row that says when a job was done last; it is the lock of the job, too."""
    return f"job {name}"[:60]


def beside(name: str, work: Callable[[], object]) -> None:
    """Begin what takes long in a thread of its own: no job's transaction waits for it. What it lets fall is logged."""

    def run() -> None:
        try:
            work()
        except Exception:  # whatever it is: a thread that dies says nothing to anybody
            log.exception("work beside the worker failed", work=name)

    threading.Thread(target=run, name=name, daemon=True).start()


def pause(attempts: int) -> timedelta:
    """How long to wait after a failed attempt: 5 s, 15 s, 45 s … at most an hour."""
    return min(timedelta(seconds=5 * 3 ** min(attempts - 1, 10)), LONGEST_PAUSE)


def _not_yet(message: Message, error: Unreachable) -> Outcome:
    """Try again when the way may be open: soon after it was shut, within two minutes for a day, then hourly.

    It counts as no attempt: nothing is wrong with the message.
    """
    return {"state": "due", "attempts": message.attempts - 1, "waits": True, "error": str(error)[:500]}


def _until_open(waited: timedelta) -> timedelta:
    longest = 2 * MINUTE if waited < DAY else LONGEST_PAUSE
    return min(max(waited / 4, SHORTEST_PAUSE), longest)


def _next() -> Select[int]:
    """The id of the next message: oldest first, and never before an earlier one about the same to the same."""
    moment: ColumnElement[datetime] = bindparam("moment", type_=UtcInstant)
    earlier = aliased(Message)
    waits_for = select(earlier.id).where(
        earlier.booking_id == Message.booking_id,
        earlier.channel == Message.channel,
        earlier.recipient == Message.recipient,
        earlier.id < Message.id,
        earlier.planned_at <= moment,
        earlier.state.in_(["due", "leased"]),
    )
    due = or_(
        and_(Message.state == "due", Message.run_after <= moment),
        and_(Message.state == "leased", Message.lease_until < moment),
    )
    return (
        select(Message.id)
        .where(due, ~waits_for.exists())
        .order_by(Message.run_after, Message.id)
        .limit(bindparam("most"))
    )


# Statements are built once: putting one together takes as long as running it.
_MESSAGE = Model.metadata.tables[Message.__tablename__]
_NEXT = _next()
_LEASE = (
    update(_MESSAGE)
    .where(_MESSAGE.c.id.in_(_NEXT.with_for_update(skip_locked=True)))
    .values(
        state="leased",
        lease=bindparam("token"),
        lease_until=bindparam("until", type_=UtcInstant),
        attempts=_MESSAGE.c.attempts + 1,
    )
    .returning(_MESSAGE.c.id)
)
_TAKEN = (
    select(Message)
    .where(Message.id.in_(bindparam("ids", expanding=True)))
    .order_by(Message.run_after, Message.id)
)
_MARK = (  # what else is given is set as well
    update(_MESSAGE)
    .where(_MESSAGE.c.id == bindparam("of"), _MESSAGE.c.lease == bindparam("token"))
    .values(lease="", lease_until=None)
    .returning(_MESSAGE.c.id)
)


def _marked(session: Session, leased: Leased, moment: datetime, outcome: Outcome) -> bool:
    """Write down the outcome, unless the lease went to another worker meanwhile."""
    given = {"of": leased.message.id, "token": leased.token, **outcome}
    if outcome["state"] == "sent":
        given["sent_at"] = moment
    if given.pop("waits", False):
        given["run_after"] = moment + _until_open(moment - leased.message.planned_at)
    if "run_after" in outcome:
        given["run_after"] = moment + outcome["run_after"]
    found = session.scalar(_MARK, given)
    if found is None:
        log.warning("came late, another worker has the message", key=leased.message.key)
    return found is not None


def _is_outdated(session: Session, message: Message, moment: datetime) -> bool:
    """A reminder of what has begun, or the code of a hold that is over: after a long silence nobody needs them."""
    if message.topic == "reminder":
        return datetime.fromisoformat(message.details["starts"]) <= moment
    held = session.get(Booking, message.booking_id) if message.topic == "code" else None
    return held is not None and held.status != Status.HELD


def _run(hall: Hall, plugin: str, name: str, job: Job) -> bool:
    """Do a job if its time has come and no other worker is at it; the row of the job is the lock.

    Whether it has more to do: then its time stays come, also after a crash.
    """
    name = row_of(name)
    _register(hall, name)
    with hall.database.transaction() as session:
        row = session.scalar(select(Setting).where(Setting.name == name).with_for_update(skip_locked=True))
        moment = database.now(session)
        if row is None or (row.value and _is_recent(datetime.fromisoformat(row.value), job.every, moment)):
            return False
        more = bool(job.run(session, moment))
        if job is FORGET:
            hall.database.leave_no_trace()
        row.value = row.value if more else moment.isoformat()
        failures.clear(session, plugin, job.name)
    return more


def _is_recent(done: datetime, every: timedelta, moment: datetime) -> bool:
    """Whether it need not be done again; what was done in the future was done by another clock."""
    return done <= moment < done + every


def _register(hall: Hall, name: str) -> None:
    with hall.database.reading() as session:
        if session.get(Setting, name) is not None:
            return
    try:
        with hall.database.transaction() as session:
            session.add(Setting(name=name, value=""))
    except IntegrityError:
        log.debug("another worker was quicker", job=name)


def _prune(session: Session, moment: datetime) -> None:
    """Delete what nobody needs: kept answers, sessions that are over, what was typed into holds never confirmed."""
    wrong_clock.put_right(session, moment)
    session.execute(delete(KeptAnswer).where(KeptAnswer.kept_at < moment - DAY))
    session.execute(delete(WebSession).where(WebSession.expires_at < moment))
    session.execute(
        delete(Booking).where(
            Booking.status == Status.EXPIRED, Booking.customer_id.is_(None), Booking.changed_at < moment - DAY
        )
    )


def _forget(session: Session, moment: datetime) -> bool:
    """Delete what is too old, unless the clock may be wrong: there is no way back."""
    return wrong_clock.is_steady(session, moment) and retention.forget(session, moment)


PRUNE = Job("prune", timedelta(hours=1), _prune)
FORGET = Job("forget", timedelta(hours=1), _forget)
