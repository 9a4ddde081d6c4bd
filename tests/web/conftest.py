"""Fixtures of the pages' tests."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def database_url() -> str:
    """SQLite: what pages ask of the database, the tests of the core and of the API ask of both."""
    return ""


@pytest.fixture
def https(settings: dict[str, Any]) -> str:
    """The practice is reached at this address, by https."""
    settings["practice"]["base_url"] = "https://praxis.example"
    return "https://praxis.example"


@pytest.fixture
def limits(settings: dict[str, Any]) -> None:
    """Limits by address are on, as they are in life."""
    settings["server"]["limits"] = True
