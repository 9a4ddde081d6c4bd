"""How often somebody may try to sign in: one count for the pages, the API and the calendars (A28)."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address, ip_network

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

WINDOW = 15 * 60  # seconds
PER_ACCOUNT = parse("10 per 15 minutes")
PER_NETWORK = parse("60 per 15 minutes")


def network(peer: str) -> str:
    """The network of a peer: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        address = ip_address(peer)
    except ValueError:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


class Tries:
    """Tries of this process, in memory; the lock of an account, which outlives a restart, stands in the database.

    A device that has signed in before has a count of its own: who guesses from elsewhere cannot lock it out.
    `on` is false with `[server] limits = false`; then everything is allowed.
    """

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def count(self, login: str, network: str, device: str = "") -> bool:
        """Count one try at the login, and with no known device one of the network; False where it was one too many."""
        if not self._on:
            return True
        allowed = self._windows.hit(PER_ACCOUNT, _key(login), device)
        if allowed and not device:
            allowed = self._windows.hit(PER_NETWORK, network)
        return allowed

    def count_network(self, network: str) -> bool:
        """Count one try that names no login: a wrong key."""
        return not self._on or self._windows.hit(PER_NETWORK, network)

    def open(self, login: str) -> bool:
        """Whether a device that is not known may still try this login; nothing is counted."""
        return not self._on or self._windows.test(PER_ACCOUNT, _key(login), "")

    def forget(self, login: str, device: str = "") -> None:
        """Begin the count anew: after the right password, or when somebody unlocks the account (C38)."""
        self._windows.clear(PER_ACCOUNT, _key(login), device)


def _key(login: str) -> str:
    return hashlib.sha256(login.strip().lower().encode("utf-8", "replace")).hexdigest()
