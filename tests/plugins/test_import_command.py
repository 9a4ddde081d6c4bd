"""`vorzimmer import` as scripts know it, and ten thousand lines with a kill in between (D1, D2)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from vorzimmer.cli import main
from vorzimmer.models import Booking, CalendarObject, Customer
from vorzimmer.testing import Practice

KILLED = 137


@pytest.fixture
def database_url() -> str:
    """SQLite in the data folder, which is where a command looks."""
    return ""


@pytest.fixture(autouse=True)
def _mask() -> Iterator[None]:
    before = os.umask(0o077)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def data(practice: Practice) -> Path:
    return practice.hall.config.data


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def last(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


def test_the_last_line_counts(data: Path, tmp_path: Path) -> None:
    """D1: the outer contract; a dry run first, then twice; what did not fit is in a file."""
    table, rest = tmp_path / "kunden.csv", tmp_path / "rest.csv"
    table.write_text("Wer,Adresse\nErika,e@muster.example\nMax,kaputt@\n")
    told = (table, "--data", data, "--map", "Wer=name", "--map", "2=email", "--refused", rest)
    assert last(run(*told, "--dry-run")) == "imported 1, skipped 0, failed 1"
    assert last(run(*told)) == "imported 1, skipped 0, failed 1"
    assert last(run(*told)) == "imported 0, skipped 1, failed 1"
    assert rest.read_text() == "Wer,Adresse\nMax,kaputt@\n"


@pytest.mark.parametrize(
    ("name", "text", "options", "said"),
    [
        ("a.csv", "Wer\nErika\n", [], "Please choose the column that holds the name."),
        ("a.csv", "Name\nErika\n", ["--map", "Ort=note"], "There is no such column."),
        ("a.csv", "", [], "The file has no line with headings."),
        ("a.ics", "x", ["--calendar", "anna"], "This is not a calendar file."),
        ("a.xlsx", "x", [], "Please choose a file that ends with .csv or .ics."),
    ],
)
def test_what_cannot_begin_is_said_in_one_line(
    data: Path, tmp_path: Path, name: str, text: str, options: list[str], said: str
) -> None:
    (tmp_path / name).write_text(text)
    result = run(tmp_path / name, "--data", data, *options)
    assert (result.exit_code, result.stderr) == (1, f"Error: {said}\n")


def test_letters_and_heading_can_be_told(data: Path, tmp_path: Path) -> None:
    """D1: what can be read in two ways is asked, and says how to answer."""
    table = tmp_path / "kunden.csv"
    table.write_bytes("Liste\nWer;Notiz\nŠimon;x\n".encode("cp1252"))
    asked = run(table, "--data", data)
    assert (asked.exit_code, "--encoding cp1252: Šimon" in asked.stderr) == (1, True)
    told = ("--encoding", "cp1252", "--heading", 2, "--map", "Wer=name")
    assert last(run(table, "--data", data, *told)) == "imported 1, skipped 0, failed 0"


def test_a_calendar_needs_somebody_whose_it_is(data: Path, tmp_path: Path) -> None:
    """D2."""
    event = "BEGIN:VEVENT\nUID:a\nDTSTART:20270302T100000Z\nSUMMARY:KM: Erika\nDURATION:PT30M\nEND:VEVENT\n"
    (tmp_path / "a.ics").write_text(f"BEGIN:VCALENDAR\n{event}END:VCALENDAR\n")
    assert run(tmp_path / "a.ics", "--data", data).exit_code == 1
    told = ("--data", data, "--calendar", "anna", "--map", "KM=massage")
    assert last(run(tmp_path / "a.ics", *told)) == "imported 1, skipped 0, failed 0"


# ---- ten thousand ----------------------------------------------------------------------------------------------------


def command(*arguments: object, fail_at: str = "") -> subprocess.CompletedProcess[str]:
    called = [sys.executable, "-m", "vorzimmer", "import", *map(str, arguments)]
    environment = {**os.environ, "VORZIMMER_FAIL_AT": fail_at}
    return subprocess.run(called, env=environment, capture_output=True, text=True, timeout=1200, check=False)


def finished(*arguments: object) -> str:
    """The last line, after two kills on the way: before a commit, and just behind one."""
    assert command(*arguments, fail_at="commit:90").returncode == KILLED
    assert command(*arguments, fail_at="committed:70").returncode == KILLED
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    assert "going on where it was interrupted" in done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("encoding", "separator"), [("utf-8", ";"), ("cp1252", ","), ("utf-16", "\t")])
def test_ten_thousand_customers(
    practice: Practice, data: Path, tmp_path: Path, encoding: str, separator: str
) -> None:
    """D1: duplicates and broken lines among them, killed twice: nobody doubled, nobody lost."""
    rows = [[f"Jürgen Groß {n}", f"kunde{n}@x.example", f"0171 {1_000_000 + n}"] for n in range(9_600)]
    rows += [rows[n * 7] for n in range(200)] + [[f"Kaputt {n}", "keine@", ""] for n in range(100)]
    rows += [["zu kurz"]] * 100
    table = tmp_path / "kunden.csv"
    text = "\r\n".join(separator.join(row) for row in [["Name", "E-Mail", "Telefon"], *rows])
    table.write_bytes(f"{text}\r\n".encode(encoding))
    assert finished(table, "--data", data) == "imported 9600, skipped 200, failed 200"
    with practice.hall.database.reading() as session:
        assert session.scalar(select(func.count()).where(Customer.name.startswith("Jürgen Groß"))) == 9_600
    assert command(table, "--data", data).stdout.splitlines()[-1] == "imported 0, skipped 9800, failed 200"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_events(practice: Practice, data: Path, tmp_path: Path) -> None:
    """D2, A134: past and coming appointments, private entries, series, foreign zones, bombs; killed twice."""
    events = [_event(f"a{n}", n, f"Klassische Massage: Kunde {n % 400}") for n in range(2_000)]
    zones = ("W. Europe Standard Time", "America/New_York", "Europe/Berlin")
    events += [_event(f"p{n}", n + 3_000, "Privat", zone=zones[n % 3]) for n in range(7_000)]
    events += [_event(f"s{n}", n + 3_000, "Serie", "RRULE:FREQ=WEEKLY;COUNT=10") for n in range(700)]
    bombs = ("RRULE:FREQ=SECONDLY", "RRULE=EXRULE", "RRULE:FREQ=DAILY;INTERVAL=0")
    events += [_event(f"h{n}", n, "Bombe", bombs[n % 3]) for n in range(300)]
    file = tmp_path / "anna.ics"
    file.write_text(f"BEGIN:VCALENDAR\r\n{''.join(events)}END:VCALENDAR\r\n")
    told = (file, "--data", data, "--calendar", "anna")
    assert finished(*told) == "imported 9700, skipped 0, failed 300"
    with practice.hall.database.reading() as session:
        assert session.scalar(select(func.count()).where(Booking.source == "import")) == 2_000
        own = CalendarObject.booking_id.is_(None)
        assert session.scalar(select(func.count()).where(own)) == 7_700
    assert command(*told).stdout.splitlines()[-1] == "imported 0, skipped 9700, failed 300"


def _event(uid: str, number: int, title: str, *more: str, zone: str = "Europe/Berlin") -> str:
    """A half hour of its own, from 2020 on."""
    start = (
        f"{2020 + number // 2400}{number // 200 % 12 + 1:02}{number // 16 % 12 + 1:02}T{6 + number % 16:02}"
    )
    lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART;TZID={zone}:{start}0000", "DURATION:PT30M"]
    return "\r\n".join([*lines, f"SUMMARY:{title}", *more, "END:VEVENT", ""])
