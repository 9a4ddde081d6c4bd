"""Backups while others book, and killed on their way (F1, F44, F48)."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests import acts
from tests.races import victim
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.settings.config import PLUGINS
from vorzimmer.testing import Practice, berlin
from vorzimmer_backup import key, making, postgresql, sqlite
from vorzimmer_backup.restoring import unpack, verify

TIMES = ("10:30", "11:15", "13:30", "14:15", "15:00", "15:45")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.races.victim", *PLUGINS])


class Load:
    """What was acknowledged so far, and when to stop."""

    def __init__(self) -> None:
        self.uids: list[str] = []
        self.over = threading.Event()

    def book(self, hall: Hall, person: str) -> None:
        """Book one appointment after the other until it is over; on holidays there is none."""
        days = (berlin("2027-03-02 12:00") + timedelta(days=number) for number in range(80))
        for when in (f"{day:%Y-%m-%d} {time}" for day in days for time in TIMES):
            if self.over.is_set():
                return
            with suppress(Refused):
                self.uids.append(acts.book(hall, when, staff=person).uid)


@contextmanager
def under_load(hall: Hall) -> Iterator[Load]:
    """Two people's calendars fill up until the block ends; an error of theirs is raised."""
    load = Load()
    with ThreadPoolExecutor(2) as pool:
        going = [pool.submit(load.book, hall, person) for person in ("anna", "ben")]
        try:
            yield load
        finally:
            load.over.set()
        for one in going:
            one.result()


def confirmed(folder: Path, columns: tuple[str, ...]) -> set[str]:
    """The uids of the confirmed bookings in an unpacked backup."""
    if (folder / sqlite.NAME).exists():
        with closing(sqlite3.connect(folder / sqlite.NAME)) as copy:
            return {uid for (uid,) in copy.execute("SELECT uid FROM booking WHERE status = 'confirmed'")}
    rows = (folder / postgresql.FOLDER / "booking").read_text(encoding="utf-8").splitlines()
    found = [dict(zip(columns, row.split("\t"), strict=True)) for row in rows]
    return {row["uid"] for row in found if row["status"] == "confirmed"}


def back_up_under_load(hall: Hall, folder: Path, rounds: int) -> None:
    with under_load(hall) as load:
        for number in range(rounds):
            before = set(load.uids)
            target = folder / f"{number}{making.SUFFIX}"
            manifest = making.make(hall, target)
            secret = key.made(hall.config.data)
            verify(target, secret, hall.config.database_url, say=len)
            (folder / str(number)).mkdir()
            unpack(target, secret, folder / str(number), say=len)
            columns = manifest.contents.tables["booking"].columns
            assert before <= confirmed(folder / str(number), columns), "acknowledged, but not in the backup"
    assert len(load.uids) > rounds


def test_a_backup_under_load_holds_all_that_was_acknowledged_before_it(
    practice: Practice, tmp_path: Path
) -> None:
    """F44: each is whole by itself, pages and references included (I8)."""
    back_up_under_load(practice.hall, tmp_path, 2)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_backups_under_load(practice: Practice, tmp_path: Path) -> None:
    """F44."""
    back_up_under_load(practice.hall, tmp_path, 20)


@pytest.mark.parametrize("database_url", [""])
@pytest.mark.parametrize("step", ["backup", "backup written"])
def test_a_backup_that_is_killed_leaves_nothing_under_its_name(
    practice: Practice, tmp_path: Path, step: str
) -> None:
    """F1: what it left is cleared away by the next one."""
    config, target = practice.hall.config, tmp_path / f"one{making.SUFFIX}"
    process = PROCESSES.Process(target=victim.back_up, args=(config.settings, config.data, target, step))
    process.start()
    process.join(60)
    assert process.exitcode == 137
    assert not target.exists()
    making.make(practice.hall, target)
    verify(target, key.made(config.data), config.database_url, say=len)
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []
    assert list(config.data.glob(".backup-*")) == []
