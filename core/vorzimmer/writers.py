"""Who may write just now: in turn, not for ever, and not at all after the disk has failed."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

PATIENCE = 5.0
"""Seconds after which a write gives up: a person has not left yet, and a program is told when to come again."""
STUCK = 0.5
"""Seconds without any writer getting its turn after which the writers may not take all the threads any more."""
PAUSE = 0.002
"""Seconds between two looks at what another process holds."""
ALL = 1 << 20


class Unavailable(SQLAlchemyError):  # noqa: N818  (what it says is what the database is)
    """Nothing was written, for the database cannot be written to now; the text is for the log."""


class Line:
    """Where the processes that write to one SQLite file stand in line: whoever is first waits for its lock.

    SQLite's own busy handler sleeps up to 100 ms between its looks, and the process that has just written takes the
    lock again in that time, over and over; with this, that process finds the other one before it. The line only
    orders: what keeps two from writing at once is the database's lock, so a file that cannot be opened costs no write.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-line")
        self._file: int | None = None

    @contextmanager
    def first(self, patience: float) -> Iterator[None]:
        """Be the first of all processes until the block ends. Raises `Unavailable` after `patience` seconds."""
        end = time.monotonic() + patience
        try:
            while not self._takes():
                if time.monotonic() > end:
                    raise Unavailable("another process holds the line of those who write to the database")
                time.sleep(PAUSE)
            yield
        finally:
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _takes(self) -> bool:
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no file, no line
            return True
        return True


class Writers:
    """Lets writers in, so many `at_once`, in the order they came: SQLite's own busy handler starves some.

    Whoever is let in has `left` seconds for the lock of the database itself, which another process may hold.
    `failed` says why nobody is let in any more.
    """

    def __init__(self, at_once: int) -> None:
        self.failed = ""
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._at_once, self._most = at_once, ALL
        self._inside = 0
        self._moved = self._well = self._in_vain = 0.0
        self._until = threading.local()

    def spare(self, threads: int) -> None:
        """Keep half of the threads for those who only read, however long the writers have to wait."""
        self._most = max(1, threads // 2)
        self._at_once = min(self._at_once, self._most)

    def left(self) -> float:
        """Seconds that this thread's turn may still take to begin."""
        return max(0.0, getattr(self._until, "end", time.monotonic() + PATIENCE) - time.monotonic())

    @contextmanager
    def turn(self, patience: float = PATIENCE) -> Iterator[None]:
        """Wait for a turn and have it until the block ends. Raises `Unavailable`."""
        if self.failed:
            raise Unavailable(self.failed)
        self._until.end = time.monotonic() + patience
        try:
            self._enter(self._until.end)
            try:
                yield
            finally:
                self._leave()
        except Unavailable:
            if patience >= PATIENCE:
                self._in_vain = time.monotonic()
            raise
        self._well = time.monotonic()

    @property
    def held(self) -> bool:
        """Whether somebody has waited in vain just now, and nobody's turn has gone well since."""
        return self._well < self._in_vain and time.monotonic() - self._in_vain < 2 * PATIENCE

    def _enter(self, end: float) -> None:
        turn = threading.Event()
        with self._lock:
            if self._inside < self._at_once:
                self._begin()
                return
            self._waiting.append(turn)
        pause = 0.0
        while not turn.wait(pause):
            moment = time.monotonic()
            with self._lock:
                if turn.is_set():
                    return
                if moment >= end or self._is_one_too_many(turn, moment):
                    self._waiting.remove(turn)
                    raise Unavailable("too many wait for the database to be written to")
            pause = min(STUCK, end - moment)

    def _is_one_too_many(self, turn: threading.Event, moment: float) -> bool:
        stuck = moment - self._moved > STUCK
        return stuck and self._inside + self._waiting.index(turn) >= self._most

    def _begin(self) -> None:
        self._inside += 1
        self._moved = time.monotonic()

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._waiting:
                self._begin()
                self._waiting.popleft().set()
