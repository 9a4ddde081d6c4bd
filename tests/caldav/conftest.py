"""Anna and Ben with their calendar apps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.caldav.desk import Phone
from tests.caldav.live import Live, serving
from vorzimmer.testing import Practice


@pytest.fixture
def anna(practice: Practice, app: Flask) -> Phone:
    """Anna's phone."""
    return Phone(app, "anna@praxis.example", "anna-caldav-demo-0001")


@pytest.fixture
def ben(practice: Practice, app: Flask) -> Phone:
    """Ben's phone."""
    return Phone(app, "ben@praxis.example", "ben-caldav-demo-0001")


@pytest.fixture
def live(practice: Practice, app: Flask) -> Iterator[Live]:
    """The whole server on a port; nobody there but Anna's phone asks it."""
    with serving(app) as found:
        yield found
