"""How long ago this session's owner has proved who it is (A27)."""

from __future__ import annotations

from datetime import timedelta

from flask import request, session
from werkzeug.exceptions import Forbidden

from vorzimmer import database
from vorzimmer_web.shell.requests import reading

FRESH_AT = "fresh_at"
"""When this session's owner last proved who it is."""
SEEN = timedelta(minutes=15)
"""How fresh the proof must be to open a page."""
SENT = timedelta(minutes=30)
"""How fresh it must be to send its form: what was typed meanwhile is not lost."""


def is_fresh(within: timedelta = SENT) -> bool:
    """Whether the proof is that fresh."""
    proved: int = session.get(FRESH_AT, 0)
    return database.now(reading()).timestamp() - proved < within.total_seconds()


def require_fresh() -> None:
    """Refuse an API call of a session whose proof is old; a key is a proof of its own."""
    if "Authorization" not in request.headers and not is_fresh():
        raise Forbidden
