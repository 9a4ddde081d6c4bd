"""Password hashing that cannot fill the machine (T9, A40)."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2.exceptions import InvalidHashError, VerifyMismatchError
from werkzeug.exceptions import ServiceUnavailable

from vorzimmer.accounts import PASSWORDS

RETRY_AFTER = 2  # seconds


class Hashing:
    """What Flask-Security asks for its passwords: argon2, no more at once than there are cores.

    It runs on threads of its own: the C library keeps the 19 MiB of a hash for each thread that ever made one.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "hashing")

    def identify(self, _password_hash: str) -> str:
        """The name of the only scheme."""
        return "argon2"

    def hash(self, password: str) -> str:
        """A new hash."""
        return self._pool.submit(PASSWORDS.hash, password).result()

    def verify(self, password: str, password_hash: str) -> bool:
        """Whether the password is the right one."""
        return self._pool.submit(_fits, password, password_hash).result()

    def needs_update(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters."""
        return PASSWORDS.check_needs_rehash(password_hash)


def _fits(password: str, password_hash: str) -> bool:
    try:
        return PASSWORDS.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


class Gate:
    """Lets so many in at a time; whoever comes on top is asked to come again (503).

    Half of the server's threads may be busy with logins: the other half answers everybody else.
    """

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    def enter(self) -> None:
        """Take a place, or refuse at once."""
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable(retry_after=RETRY_AFTER)

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()
