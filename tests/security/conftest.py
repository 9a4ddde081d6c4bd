"""Fixtures of the attacks."""

from __future__ import annotations

import pytest


@pytest.fixture
def database_url() -> str:
    """SQLite: who may do what does not depend on the database. Tests of odd values override it."""
    return ""
