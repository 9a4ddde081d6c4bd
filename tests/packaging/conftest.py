"""Databases for those who lose one, update one, and restore into another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from vorzimmer.testing.servers import on_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes the URL of a new, empty database; on SQLite there is nothing to make."""
    if request.param == "sqlite":
        yield lambda: ""
        return
    server = request.getfixturevalue("postgresql_url")
    numbers, made = itertools.count(1), []

    def make() -> str:
        made.append(f"moved_{next(numbers)}")
        on_postgresql(server, f"CREATE DATABASE {made[-1]}")
        return f"{server}/{made[-1]}"

    yield make
    for name in made:
        on_postgresql(server, f"DROP DATABASE {name} WITH (FORCE)")
