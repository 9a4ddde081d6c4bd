"""Who may write just now: in turn, not for ever, and not at all after the disk has failed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

PATIENCE = 5.0
"""Seconds after which a write gives up: a person has not left yet, and a program is told when to come again."""
STUCK = 0.5
"""Seconds without any writer getting its turn after which the writers may not take all the threads any more."""
ALL = 1 << 20


class Unavailable(SQLAlchemyError):  # noqa: N818  (what it says is what the database is)
    """Nothing was written, for the database cannot be written to now; the text is for the log."""


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
        self._moved = 0.0
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
        self._enter(self._until.end)
        try:
            yield
        finally:
            self._leave()

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
