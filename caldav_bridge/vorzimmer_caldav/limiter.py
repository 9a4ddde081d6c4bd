"""Failed sign-ins by address: refused at once after a few, no worker ever sleeps (T11, A37)."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict


class Limiter:
    """A bucket for each address: `most` failures, one more every `refill` seconds. Bounded in memory."""

    def __init__(self, most: int = 20, refill: float = 15.0, addresses: int = 10_000) -> None:
        self._most = most
        self._refill = refill
        self._addresses = addresses
        self._failed: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> (failures, when)
        self._lock = threading.Lock()

    def wait(self, address: str) -> int:
        """Seconds until this address may try again; 0 at once."""
        with self._lock:
            failures = self._now(address)
        return math.ceil((failures - self._most + 1) * self._refill) if failures >= self._most else 0

    def failed(self, address: str) -> None:
        """Count one failed sign-in."""
        with self._lock:
            self._failed[address] = (self._now(address) + 1, time.monotonic())
            self._failed.move_to_end(address)
            if len(self._failed) > self._addresses:
                self._failed.popitem(last=False)

    def _now(self, address: str) -> float:
        failures, at = self._failed.get(address, (0.0, 0.0))
        return max(0.0, failures - (time.monotonic() - at) / self._refill)
