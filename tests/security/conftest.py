"""Fixtures of the attacks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.odd import ON_POSTGRESQL, ON_SQLITE


@pytest.fixture
def database_url() -> str:
    """SQLite: who may do what does not depend on the database. Tests of odd values override it."""
    return ""


@pytest.fixture
def limits(settings: dict[str, Any]) -> None:
    """Limits by address are on, as they are in life."""
    settings["server"]["limits"] = True


@pytest.fixture
def odd(database_url: str) -> dict[str, str]:
    """The values to try on this database."""
    return ON_POSTGRESQL if database_url else ON_SQLITE
