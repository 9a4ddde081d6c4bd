"""Failed sign-ins: refused at once after a few, no worker ever sleeps (T11, A37)."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict

MOST_OF_LOGIN = 20
MOST_OF_ADDRESS = 200
REFILL = 15.0
"""Seconds after which one failure is forgotten."""

_MOST_BUCKETS = 20_000


class Limiter:
    """Buckets of failures, by client address and by address with login: a stale password on one phone of the
    practice shuts out that phone, not the others behind the same router. Bounded in memory.
    """

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._failed: OrderedDict[str, tuple[float, float]] = OrderedDict()  # bucket -> (failures, when)
        self._lock = threading.Lock()

    def wait(self, address: str, login: str) -> int:
        """Seconds until this client may try again; 0 at once."""
        with self._lock:
            over = [self._now(bucket) - most + 1 for bucket, most in _buckets(address, login)]
        return math.ceil(max(0.0, *over) * REFILL) if self._on else 0

    def failed(self, address: str, login: str) -> None:
        """Count one failed sign-in."""
        with self._lock:
            for bucket, _ in _buckets(address, login):
                self._failed[bucket] = (self._now(bucket) + 1, time.monotonic())
                self._failed.move_to_end(bucket)
            while len(self._failed) > _MOST_BUCKETS:
                self._failed.popitem(last=False)

    def _now(self, bucket: str) -> float:
        failures, at = self._failed.get(bucket, (0.0, 0.0))
        return max(0.0, failures - (time.monotonic() - at) / REFILL)


def _buckets(address: str, login: str) -> list[tuple[str, int]]:
    return [(address, MOST_OF_ADDRESS), (f"{address} {login[:254].casefold()}", MOST_OF_LOGIN)]
