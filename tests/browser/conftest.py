"""Where a browser finds the practice's pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.caldav.live import serving
from vorzimmer.testing import Practice


@pytest.fixture
def database_url() -> str:
    """SQLite is enough for what only a browser can tell."""
    return ""


@pytest.fixture
def address(practice: Practice, app: Flask) -> Iterator[str]:
    """Where the practice's pages are served."""
    with serving(app) as live:
        yield f"http://localhost:{live.port}"
