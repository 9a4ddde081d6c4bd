"""Backups: whole, sealed, and the way back, on both databases (D6, F44 to F48)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests import acts
from vorzimmer.cli import main
from vorzimmer.messages.worker import Worker
from vorzimmer.models import AuditEntry, Booking, Calendar, WebSession
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer.testing import Practice
from vorzimmer_backup import archive, key
from vorzimmer_backup.restoring import unpack
from vorzimmer_backup.settling import settle


@pytest.fixture(autouse=True)
def _mask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    before = os.umask(0o077)
    os.umask(before)
    yield
    os.umask(before)


def run(*arguments: object, given: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)


def said(result: Result, *, code: int = 0) -> str:
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def data(practice: Practice) -> Path:
    """The data folder, with a configuration and a file in it."""
    config = practice.hall.config
    url = config.settings.database.url
    text = '[practice]\nname = "Praxis am Markt"\n' + (f'\n[database]\nurl = "{url}"\n' if url else "")
    (config.data / "config.toml").write_text(text)
    (config.data / "papers").mkdir()
    (config.data / "papers" / "Größe.txt").write_text("a document")
    return config.data


@pytest.fixture
def empty(practice: Practice, request: pytest.FixtureRequest) -> str:
    """What `restore` needs to know of a database: nothing on SQLite, an empty one on PostgreSQL."""
    return "" if practice.hall.database.sqlite else request.getfixturevalue("postgresql_database")


def saved(data: Path, name: str = "one.vorzimmer") -> Path:
    file = data.parent / name
    said(run("backup", file, "--data", data))
    return file


def restored(data: Path, file: Path, empty: str) -> Hall:
    into = data.parent / "again"
    options = ["--database-url", empty] if empty else []
    said(run("restore", file, "--into", into, "--data", data, *options))
    return Hall.open(Config.load(data=into, over={"mail": {"directory": "mail"}}))


def test_what_was_booked_is_there_again(practice: Practice, data: Path, empty: str) -> None:
    """F45: database, files, configuration and keys, in a folder of their own."""
    uid = acts.book(practice.hall).uid
    again = restored(data, saved(data), empty)
    assert acts.again(again, uid).status == "confirmed"
    assert (again.config.data / "papers" / "Größe.txt").read_text() == "a document"
    assert again.config.settings.practice.name == "Praxis am Markt"
    assert again.config.secret_key == practice.hall.config.secret_key
    assert (again.config.data / "backup.key").read_bytes() == (data / "backup.key").read_bytes()
    assert again.config.database_url != practice.hall.config.database_url
    again.database.dispose()


def test_the_restored_practice_takes_a_booking(practice: Practice, data: Path, empty: str) -> None:
    """Ids go on where they were, and the belt holds."""
    acts.book(practice.hall)
    again = restored(data, saved(data), empty)
    again.migrate()
    assert acts.book(again, "2027-03-02 11:00").status == "confirmed"
    again.database.dispose()


def test_a_backup_verifies_and_says_each_thing(practice: Practice, data: Path) -> None:
    acts.book(practice.hall)
    lines = said(run("restore", "--verify", saved(data), "--data", data)).splitlines()
    assert "table booking: 1 rows, hash is equal" in lines
    assert lines[-1].endswith("one.vorzimmer is whole")
    with practice.hall.database.reading() as session:
        assert len(session.scalars(select(Booking)).all()) == 1


def settled(hall: Hall) -> None:
    with hall.database.engine.execution_options(writes=True).begin() as connection:
        settle(connection, say=len)


def test_an_archive_that_counts_otherwise_than_its_tables_is_refused(
    practice: Practice, data: Path, empty: str
) -> None:
    """F45: whole, rightly sealed, every file as it was; but a row is missing, or another one is in its place."""
    file, secret = saved(data), key.made(data)
    options = ["--database-url", empty] if empty else []
    wrongs: list[dict[str, Any]] = [{"rows": 25_000}, {"sha256": "0" * 64}]
    for number, wrong in enumerate(wrongs):
        odd, root, into = (
            data.parent / f"{number}.vorzimmer",
            data.parent / str(number),
            data.parent / f"into {number}",
        )
        root.mkdir()
        manifest = unpack(file, secret, root, len)
        tables = dict(manifest.contents.tables)
        tables["customer"] = tables["customer"].model_copy(update=wrong)
        contents = manifest.contents.model_copy(update={"tables": tables})
        archive.write(odd, secret, manifest.model_copy(update={"contents": contents}), root)
        told = said(run("restore", odd, "--into", into, "--data", data, *options), code=1)
        assert "table customer differs" in told
        assert list(into.iterdir()) == []
    restored(data, file, empty).database.dispose()


def test_a_message_that_may_have_left_leaves_no_second_time(practice: Practice) -> None:
    """F46: it is kept back, and told as given up; reminders that were not due yet are sent."""
    found = acts.book(practice.hall)
    settled(practice.hall)
    Worker(practice.hall).run_due()
    states = dict(acts.told(practice.hall, found.uid))
    assert (states["confirmed"], states["reminder"]) == ("parked", "due")
    assert acts.again(practice.hall, found.uid).call_until == found.starts
    mails = [path.read_text() for path in (practice.hall.config.data / "mail").glob("*.eml")]
    assert [mail for mail in mails if "@praxis.example" not in mail.partition("\nTo:")[2][:60]] == []


def test_no_number_is_used_twice(practice: Practice) -> None:
    """F46: neither iTIP's SEQUENCE nor a calendar's token."""
    found = acts.book(practice.hall)
    before = calendars(practice.hall)
    settled(practice.hall)
    assert acts.again(practice.hall, found.uid).sequence >= found.sequence + 100
    assert all(now >= before[which] + 1000 for which, now in calendars(practice.hall).items())


def calendars(hall: Hall) -> dict[int, int]:
    with hall.database.reading() as session:
        return {one.id: one.sequence for one in session.scalars(select(Calendar))}


def test_sessions_end_with_a_restore_and_the_log_says_so(practice: Practice) -> None:
    moment = practice.clock.now
    times = {"created_at": moment, "seen_at": moment, "expires_at": moment, "data": {}}
    practice.hall.database.write(lambda db: db.add(WebSession(key_hash="k" * 64, **times)))
    settled(practice.hall)
    with practice.hall.database.reading() as session:
        assert session.scalars(select(WebSession)).all() == []
        found = session.scalars(select(AuditEntry).where(AuditEntry.act == "backup_restored"))
        assert found.one().door == "cli"
