"""Real calendar apps against the real server: each program as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from caldav.davclient import DAVClient

from tests import acts
from tests.caldav.desk import event
from tests.caldav.live import Live
from tests.node import node
from vorzimmer.models import Status
from vorzimmer.testing import Practice, berlin

HERE = Path(__file__).parent
TSDAV = HERE / "tsdav"
BETTER = (
    "principal-search",
    "principal-search.by-name.self",
    "principal-search.list-all",
    "search.recurrences.expanded.todo",
    "search.text.comp-type-optional",
    "sync-token.limit",
    "sync-token.limit.initial-sync",
)
"""What stock Radicale cannot and we can."""


@pytest.fixture
def database_url() -> str:
    """The apps do not see the database: once, on SQLite, is enough."""
    return ""


def run(command: list[str], given: str) -> str:
    """Run a program to its end; its output is shown where it fails."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_no_feature_is_worse_than_that_of_stock_radicale(live: Live) -> None:
    """`caldav.md`, table of the peers, by caldav-server-tester."""
    lines = (HERE / "stock_radicale.txt").read_text().splitlines()[1:]
    stock = {name: support for name, _, support in (line.partition(" ") for line in lines)}
    command = [sys.executable, str(HERE / "run_tester.py"), live.url, live.address, live.password]
    found = json.loads(run(command, json.dumps(sorted(stock))))
    assert {
        name: found[name] for name, support in stock.items() if support == "full" and found[name] != "full"
    } == {}
    assert {name: found[name] for name in BETTER if found[name] != "full"} == {}
    assert "ungraceful" not in found.values()


def test_python_caldav_sees_moves_and_cancels_a_booking(practice: Practice, live: Live) -> None:
    made = acts.book(practice.hall, staff="anna")
    with DAVClient(live.url, username=live.address, password=live.password) as client:
        calendar = client.principal().calendars()[0]
        assert str(calendar.url).endswith("/bookings/")
        seen = calendar.search(start=made.starts, end=made.ends, event=True)[0]
        with seen.edit_icalendar_instance() as calendar_data:
            part = calendar_data.events[0]
            part["DTSTART"].dt += timedelta(hours=1)
            part["DTEND"].dt += timedelta(hours=1)
        seen.save()
        assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 11:00")
        seen.load()
        seen.delete()
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED


OWN = [["calendar", "calendar", "bookings"], ["own", "own", "own"]]


def vdirsyncer(folder: Path, live: Live, *commands: str, collections: list[list[str]] = OWN) -> None:
    """Run vdirsyncer with Anna's calendars and a folder of files."""
    config = folder / "config"
    config.write_text(
        f"""[general]
status_path = "{folder}/status/"
[pair anna]
a = "files"
b = "server"
collections = {json.dumps(collections)}
conflict_resolution = "b wins"
[storage files]
type = "filesystem"
path = "{folder}/files/"
fileext = ".ics"
[storage server]
type = "caldav"
url = "{live.url}"
username = "{live.address}"
password = "{live.password}"
"""
    )
    program = str(Path(sys.executable).with_name("vdirsyncer"))
    for command in commands:
        run([program, "-c", str(config), *command.split()], "y\n" * 10)


def test_vdirsyncer_carries_both_ways(practice: Practice, live: Live, tmp_path: Path) -> None:
    made = acts.book(practice.hall, staff="anna")
    vdirsyncer(tmp_path, live, "discover", "sync")
    file = tmp_path / "files/calendar" / f"{made.uid}.ics"
    assert "SUMMARY:Klassische Massage" in file.read_text()

    text = file.read_text().replace("T100000", "T140000").replace("T103000", "T143000")
    file.write_text(text)
    (tmp_path / "files/own/dentist.ics").write_text(
        event("dentist", start="20270303T090000Z", end="20270303T100000Z")
    )
    vdirsyncer(tmp_path, live, "sync")
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 14:00")
    assert berlin("2027-03-03 10:00") not in acts.offered(
        practice.hall, "massage", "2027-03-03", staff="anna"
    )

    vdirsyncer(tmp_path, live, "sync")
    assert "SEQUENCE:1" in file.read_text()
    (tmp_path / "files/own/dentist.ics").unlink()
    file.unlink()
    vdirsyncer(tmp_path, live, "sync --force-delete anna")
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED
    assert berlin("2027-03-03 10:00") in acts.offered(practice.hall, "massage", "2027-03-03", staff="anna")


def test_tsdav_finds_reads_moves_syncs_and_deletes(practice: Practice, live: Live) -> None:
    made = acts.book(practice.hall, staff="anna")
    told = json.loads(node(TSDAV, "app.mjs", live.url, live.address, live.password, made.uid))
    assert told["calendars"][0].endswith("/bookings/")
    assert told["summary"].startswith("Klassische Massage")
    assert told["moved"] == 204
    assert told["made"] == 201
    assert told["synced"] == {"created": 1, "updated": 1, "deleted": 0}
    assert told["deleted"] == 204
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 14:00")
