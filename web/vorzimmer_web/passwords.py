"""Password hashing that cannot fill the machine (T9, A40)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2.exceptions import InvalidHashError, VerifyMismatchError
from werkzeug.exceptions import ServiceUnavailable

from vorzimmer.accounts import PASSWORDS

RETRY_AFTER = 2  # seconds


class Gate:
    """Lets `at_once` in, `waiting` more wait; whoever comes on top is asked to come again (503)."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._inside = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """One place inside, for as long as the block runs."""
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable(retry_after=RETRY_AFTER)
        try:
            with self._inside:
                yield
        finally:
            self._places.release()


class Hashing:
    """What Flask-Security asks for its passwords: argon2 behind a gate, no more at once than there are cores."""

    def __init__(self, threads: int) -> None:
        cores = len(os.sched_getaffinity(0))
        self._gate = Gate(min(cores, max(1, threads // 2)), threads // 2)

    def identify(self, _password_hash: str) -> str:
        """The name of the only scheme."""
        return "argon2"

    def hash(self, password: str) -> str:
        """A new hash."""
        with self._gate.entered():
            return PASSWORDS.hash(password)

    def verify(self, password: str, password_hash: str) -> bool:
        """Whether the password is the right one."""
        with self._gate.entered():
            try:
                return PASSWORDS.verify(password_hash, password)
            except (VerifyMismatchError, InvalidHashError):
                return False

    def needs_update(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters."""
        return PASSWORDS.check_needs_rehash(password_hash)
