"""`vorzimmer export` (D10): everything in open formats, nothing that proves who somebody is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from icalendar import Calendar

from tests import acts
from tests.conftest import database_url
from tests.core.test_cli import data, run, said
from vorzimmer import customers
from vorzimmer.accounts import digest
from vorzimmer.customers import Record
from vorzimmer.testing import Practice

__all__ = ["data", "database_url"]
KEY = "vz_demo_0000000000000000000000000001"


@pytest.fixture
def folder(practice: Practice, data: Path, tmp_path: Path) -> Path:
    hall = practice.hall
    if not hall.database.sqlite:
        (data / "config.toml").write_text(f'[database]\nurl = "{hall.config.database_url}"\n')
    acts.book(hall)
    practice.book("massage", "2027-03-03 10:00", name="=HYPERLINK(1)", phone="+49 30 1234567")
    acts.act(hall, customers.add, acts.DESK, Record(name="Eva", note="Knie, links"))
    said(run("export", tmp_path / "out", "--data", data))
    return tmp_path / "out"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_lists_calendars_and_tables_are_there(folder: Path) -> None:
    appointments = rows(folder / "appointments.csv")
    assert [(one["starts"][:16], one["service"], one["staff"]) for one in appointments] == [
        ("2027-03-02T09:00", "massage", "anna"),
        ("2027-03-03T09:00", "massage", "anna"),
    ]
    assert {one["customer"] for one in appointments} <= {one["id"] for one in rows(folder / "customers.csv")}
    assert [one["note"] for one in rows(folder / "notes.csv")] == ["Knie, links"]
    assert {"confirmed", "customer_added"} <= {one["act"] for one in rows(folder / "log.csv")}
    (file,) = folder.glob("calendars/anna-bookings-*.ics")
    assert len(Calendar.from_ical(file.read_bytes()).walk("VEVENT")) == 2
    hours = folder / "tables/vorzimmer_weekly_hours_period.jsonl"
    named = {path.name for path in (folder / "tables").iterdir()}
    assert {"booking.jsonl", "service.jsonl"} <= named
    assert any(name.startswith("vorzimmer_weekly_hours") for name in named), hours
    assert "customers.csv" in (folder / "README.md").read_text()
    assert json.loads((folder / "settings.json").read_text()) == {}


def test_no_cell_becomes_a_formula_and_telephone_numbers_stay(folder: Path) -> None:
    """A84; office 28."""
    told = {one["name"]: one["phone"] for one in rows(folder / "customers.csv")}
    assert told["'=HYPERLINK(1)"] == "+49 30 1234567"


def test_no_secret_is_in_it_and_nobody_else_reads_it(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    whole = "".join(path.read_text() for path in files)
    for secret in (digest(KEY), digest("anna-caldav-demo-0001"), "$argon2", "fs_uniquifier"):
        assert secret not in whole
    assert '"email": "owner@praxis.example"' in whole
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_folder_that_is_not_empty_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    assert "is not empty" in said(run("export", tmp_path / "full", "--data", data), code=1)
    assert (tmp_path / "full/file").read_text() == "mine"
