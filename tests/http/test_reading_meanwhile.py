"""What a reader leaves behind (a key's last use, the address that they came by) is noted in passing or not at all."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.caldav.live import Live
from tests.http.test_database_held import SOON, held, hold, live
from vorzimmer.database import COME_AGAIN
from vorzimmer.testing import Practice

OWNER = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
READS = ("/", "/book/massage", "/api/v1/bookings", "/api/v1/services")

__all__ = ["live"]


@pytest.fixture
def database_url() -> str:
    """SQLite: who holds it keeps everybody from writing."""
    return ""


def test_whoever_reads_while_nobody_can_write_neither_waits_nor_fails(live: Live, practice: Practice) -> None:
    """Nobody else waits here, so that a reader would have all the time of a writer."""
    with held(practice.hall):
        for path in READS:
            began = time.monotonic()
            answer = requests.get(f"http://127.0.0.1:{live.port}{path}", headers=OWNER, timeout=60)
            seconds = time.monotonic() - began
            assert (answer.status_code, seconds < SOON) == (200, True), (path, answer.text, seconds)


@pytest.fixture
def limits(settings: dict[str, Any]) -> None:
    settings["server"]["limits"] = True


@pytest.mark.usefixtures("limits")
def test_limits_do_not_say_when_to_come_again_after_something_else(live: Live, practice: Practice) -> None:
    with held(practice.hall):
        answer = hold(live)[1]
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(COME_AGAIN))
    answer = hold(live)[1]
    assert (answer.status_code, "Retry-After" in answer.headers) == (201, False)
    assert answer.headers["X-RateLimit-Remaining"]


def test_who_asks_whether_it_is_ready_hears_that_nobody_can_write(live: Live, practice: Practice) -> None:
    ready = f"http://127.0.0.1:{live.port}/ready"
    assert requests.get(ready, timeout=60).json()["writable"] is True
    with held(practice.hall):
        assert hold(live)[1].status_code == 503
        told = requests.get(ready, timeout=60)
        assert (told.status_code, told.json()["writable"]) == (503, False)
    assert hold(live)[1].status_code == 201
    assert requests.get(ready, timeout=60).json()["writable"] is True
