"""Guessing at app passwords is stopped at once; nobody else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.caldav.desk import Phone
from vorzimmer_caldav.limiter import MOST_OF_ADDRESS, MOST_OF_LOGIN


@pytest.fixture
def database_url() -> str:
    """Failures are counted in memory: once, on SQLite, is enough."""
    return ""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """With limits, as in life."""
    return {**settings, "server": {"limits": True}}


def test_guesses_are_stopped_and_colleagues_are_not(anna: Phone, ben: Phone) -> None:
    """T11, A37: 429 at once, no worker asleep; the phone beside it still works."""
    guesser = replace(anna, password="guess")
    assert [guesser.ask("PROPFIND", "").status_code for _ in range(MOST_OF_LOGIN)] == [401] * MOST_OF_LOGIN
    refused = guesser.ask("PROPFIND", "")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert ben.ask("PROPFIND", "").status_code == 207


def test_guesses_with_ever_new_names_are_stopped(anna: Phone) -> None:
    """A129."""
    for number in range(MOST_OF_ADDRESS):
        replace(anna, address=f"{number}@praxis.example", password="guess").ask("OPTIONS", "/dav/")
    assert replace(anna, address="one@praxis.example").ask("PROPFIND", "/dav/").status_code == 429
