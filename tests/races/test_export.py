"""`vorzimmer export` while another process books: table, list and calendars are of one instant (D10)."""

from __future__ import annotations

import csv
import json
import multiprocessing
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from tests.core.test_cli import run, said
from tests.races import writer
from vorzimmer.cli import export
from vorzimmer.testing import Practice, berlin

PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture
def book(practice: Practice) -> Iterator[Callable[[], str]]:
    """Have another process enter one more appointment; returns its uid, committed."""
    config, (here, there) = practice.hall.config, PROCESSES.Pipe()
    given = (
        config.settings,
        config.data,
        practice.clock.now.astimezone(UTC),
        berlin("2027-03-02 09:00"),
        there,
    )
    process = PROCESSES.Process(target=writer.write, args=given, daemon=True)
    process.start()

    def one_more() -> str:
        here.send(True)
        assert here.poll(60)
        return str(here.recv())

    yield one_more
    here.send(False)
    process.join(60)


def exported(folder: Path) -> dict[str, set[str]]:
    """The uids of the appointments that each kind of file knows."""
    with (folder / "appointments.csv").open(newline="") as file:
        listed = {row["uid"] for row in csv.DictReader(file)}
    calendars = [
        Calendar.from_ical(path.read_bytes()) for path in folder.glob("calendars/anna-bookings-*.ics")
    ]
    rows = [json.loads(line) for line in (folder / "tables/booking.jsonl").read_text().splitlines()]
    return {
        "CSV": listed,
        "ICS": {str(event["UID"]) for calendar in calendars for event in calendar.walk("VEVENT")},
        "JSON": {row["uid"] for row in rows},
    }


def test_all_of_it_is_as_it_stood_at_one_instant(
    practice: Practice, tmp_path: Path, book: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody books before each part is written: what was there at the first read is in all of them, no more."""
    config = practice.hall.config
    (config.data / "config.toml").write_text(f'[database]\nurl = "{config.database_url}"\n')
    before, meanwhile = {book(), book()}, set[str]()

    def after_one_more(part: str) -> None:
        wrapped = getattr(export, part)

        def begin(*given: Any) -> Any:
            meanwhile.add(book())
            return wrapped(*given)

        monkeypatch.setattr(export, part, begin)

    for part in ("_lists", "_calendars", "_settings"):
        after_one_more(part)
    said(run("export", tmp_path / "out", "--data", config.data))
    assert len(meanwhile) == 3
    assert exported(tmp_path / "out") == dict.fromkeys(["CSV", "ICS", "JSON"], before)
    monkeypatch.undo()
    said(run("export", tmp_path / "later", "--data", config.data))
    assert exported(tmp_path / "later") == dict.fromkeys(["CSV", "ICS", "JSON"], before | meanwhile)
