"""How often one network may ask. Everything counts the address of the peer, never a header (A29).

Counts live in this process's memory. `[server] limits = false` switches all of them off; the five tries of a code
and the limits of the rules are not of these and stay.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from flask import Flask, request
from flask_limiter import Limiter
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from vorzimmer.accounts import digest
from vorzimmer_web.site import hall

WINDOW = 15 * 60  # seconds
PER_ACCOUNT = parse("10 per 15 minutes")  # A28
PER_NETWORK = parse("60 per 15 minutes")


def network() -> str:
    """The peer's network: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        peer = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(peer) if peer.version == 4 else str(ip_network((peer, 64), strict=False))


limiter = Limiter(network, storage_uri="memory://", strategy="moving-window", headers_enabled=True)


def _off() -> bool:
    return not hall().config.settings.server.limits


def _limit(amount: str, scope: str) -> Callable[..., Any]:
    limit: Callable[..., Any] = limiter.shared_limit(amount, scope=scope, exempt_when=_off)
    return limit


holds = _limit("12 per 10 minutes; 30 per hour", "holds")  # no more than 12 live ones (A102)
code_mails = _limit("20 per hour", "code_mails")
code_tries = _limit("20 per hour", "code_tries")  # A30
public_calls = _limit("240 per minute", "public_calls")


class Logins:
    """Password checks, counted before they are made, so that parallel tries count too.

    A device that has signed in before has a count of its own: who tries from elsewhere cannot lock it out (A28).
    """

    def __init__(self) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def count(self, address: str, device: str) -> None:
        """Count one try; raises 429 where there were too many. `device` is empty for an unknown one."""
        if _off():
            return
        allowed = self._windows.hit(PER_ACCOUNT, digest(address), device)
        if allowed and not device:
            allowed = self._windows.hit(PER_NETWORK, network())
        if not allowed:
            raise TooManyRequests(retry_after=WINDOW)

    def forget(self, address: str, device: str) -> None:
        """After the right password the count begins anew."""
        self._windows.clear(PER_ACCOUNT, digest(address), device)


def install(app: Flask) -> None:
    """Count for this application, from nothing."""
    limiter.init_app(app)
    app.extensions["vorzimmer_logins"] = Logins()
