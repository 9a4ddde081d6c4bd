"""Guessing at app passwords is stopped at once; nobody else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.caldav.desk import Phone
from vorzimmer.testing import Browser


@pytest.fixture
def database_url() -> str:
    """Failures are counted in memory: once, on SQLite, is enough."""
    return ""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """With limits, as in life."""
    return {**settings, "server": {"limits": True}}


def test_guesses_are_stopped_and_colleagues_are_not(anna: Phone, ben: Phone) -> None:
    """T11, A28, A37: 429 at once, no worker asleep; the phone beside it still works."""
    guesser = replace(anna, password="guess")
    assert [guesser.ask("PROPFIND", "").status_code for _ in range(10)] == [401] * 10
    refused = guesser.ask("PROPFIND", "")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert ben.ask("PROPFIND", "").status_code == 207


def test_phone_that_was_connected_goes_on_while_others_guess(anna: Phone) -> None:
    """A28: nobody locks the owner out."""
    assert anna.ask("PROPFIND", "").status_code == 207
    for _try in range(15):
        replace(anna, password="guess").ask("PROPFIND", "")
    assert anna.ask("PROPFIND", "").status_code == 207


def test_right_password_that_was_never_used_is_let_in_while_others_guess(anna: Phone) -> None:
    """X7: from the same network or any other; an app password is too long to be guessed."""
    for number in range(15):
        replace(anna, password=f"guess {number}").ask("PROPFIND", "")
    assert replace(anna, password="guess").ask("PROPFIND", "").status_code == 429
    assert anna.ask("PROPFIND", "").status_code == 207


def test_guesses_at_app_passwords_lock_no_login_of_the_office(anna: Phone, client: Browser) -> None:
    """The login's own password was not what was tried."""
    for number in range(15):
        replace(anna, password=f"guess {number}").ask("PROPFIND", "")
    client.sign_in(anna.address)
    assert client.get("/office/").status_code == 200


def test_guesses_with_ever_new_names_are_stopped(anna: Phone) -> None:
    """A28, A129."""
    for number in range(60):
        replace(anna, address=f"{number}@praxis.example", password="guess").ask("OPTIONS", "/dav/")
    answer = replace(anna, address="one@praxis.example", password="guess").ask("PROPFIND", "/dav/")
    assert answer.status_code == 429
