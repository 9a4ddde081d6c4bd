"""Fixtures of the attacks."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def database_url() -> str:
    """SQLite: who may do what does not depend on the database. Tests of odd values override it."""
    return ""


@pytest.fixture
def limits(settings: dict[str, Any]) -> None:
    """Limits by address are on, as they are in life."""
    settings["server"]["limits"] = True
