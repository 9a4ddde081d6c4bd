"""The disk is full, or does not keep what it took: nothing is acknowledged that may be lost, and `/ready` says so."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from vorzimmer.practice import Hall
from vorzimmer.testing import Browser, Practice

SLOT = "2027-03-02T10:00:00+01:00"


@pytest.fixture
def database_url() -> str:
    """SQLite: PostgreSQL looks after its own disk."""
    return ""


def test_after_a_failed_sync_nothing_is_written_any_more(
    client: Browser, hall: Hall, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X10: what a later sync says proves nothing; `/ready` tells it, and whoever watches starts another process."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    def fail(_connection: object) -> None:
        raise error

    body = {"service": "massage", "start": SLOT}
    assert client.get("/ready").status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(hall.database.engine.dialect, "do_commit", fail)  # as SQLite says it
        assert client.post("/api/v1/holds", json=body).status_code == 503
    assert client.post("/api/v1/holds", json=body).status_code == 503
    ready = client.get("/ready")
    assert (ready.status_code, ready.json["writable"], ready.json["database"]) == (503, False, True)
    assert client.get("/").status_code == 200
    assert hall.database.writers.failed


def test_server_with_a_full_disk_is_not_ready(
    client: Browser, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X14: it answers, but it cannot book."""
    ready = client.get("/ready")
    assert (ready.status_code, ready.json["disk"]) == (200, True)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=0))
    ready = client.get("/ready")
    assert (ready.status_code, ready.json["disk"]) == (503, False)
