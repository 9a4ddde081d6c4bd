"""How often one network may ask. Everything counts the address of the peer, never a header (A29).

Counts live in this process's memory. `[server] limits = false` switches all of them off; the five tries of a code
and the limits of the rules are not of these and stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from vorzimmer import tries
from vorzimmer.database import COME_AGAIN
from vorzimmer.server.here import hall


def network() -> str:
    """The network of the peer."""
    return tries.network(request.remote_addr or "")


limiter = Limiter(network, storage_uri="memory://", strategy="moving-window", headers_enabled=True)


def _off() -> bool:
    return not hall().config.settings.server.limits


def _limit(amount: str, scope: str) -> Callable[..., Any]:
    limit: Callable[..., Any] = limiter.shared_limit(amount, scope=scope, exempt_when=_off)
    return limit


holds = _limit("12 per 10 minutes; 30 per hour", "holds")  # no more than 12 live ones (A102)
code_mails = _limit("20 per hour", "code_mails")
code_tries = _limit("20 per hour", "code_tries")  # A30
resets = _limit("20 per hour", "resets")  # links to set a password
reports = _limit("10 per hour", "reports")
public_calls = _limit("240 per minute", "public_calls")


def install(app: Flask) -> None:
    """Count for this application, from nothing."""

    @app.after_request
    def come_again(answer: Response) -> Response:
        """When a limit's window ends says nothing of an answer that the limit has not refused."""
        if limiter.current_limits and answer.status_code != TooManyRequests.code:
            del answer.headers["Retry-After"]
            if answer.status_code == ServiceUnavailable.code:
                answer.headers["Retry-After"] = str(COME_AGAIN)
        return answer

    limiter.init_app(app)  # its headers come first: what is registered later runs earlier
