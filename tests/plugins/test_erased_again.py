"""Erasures outlive a restore: the list beside the backups, and what reads it (F46, A176)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from tests import acts, erased
from vorzimmer import erasure
from vorzimmer.cli import main
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer.testing import Clock, Practice
from vorzimmer_backup import nightly
from vorzimmer_backup.erased import NAME, read

on_sqlite = pytest.mark.parametrize("database_url", [""])
"""For what is about a file alone."""
LAST_WEEK = "2027-03-01-080000.vorzimmer"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(practice: Practice) -> Path:
    """Where the nightly backups are."""
    made = practice.hall.config.data / "backups"
    made.mkdir()
    url = practice.hall.config.settings.database.url
    (made.parent / "config.toml").write_text(f'[database]\nurl = "{url}"\n' if url else "")
    return made


@pytest.fixture
def empty(practice: Practice, request: pytest.FixtureRequest) -> list[str]:
    """What `restore` has to be told of an empty database."""
    if practice.hall.database.sqlite:
        return []
    return ["--database-url", request.getfixturevalue("postgresql_database")]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def said(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def been(practice: Practice) -> str:
    """Max Muster, who has an appointment tomorrow; his uid."""
    customer = practice.book("massage", "2027-03-02 10:00").customer
    assert customer is not None
    return customer.uid


def gone(practice: Practice, uid: str = "") -> str:
    """Max Muster, who has been and is erased; his uid."""
    known = uid or been(practice)
    practice.clock.move(days=2)
    erased.erase(practice.hall, known)
    return known


def test_last_weeks_backup_forgets_who_was_erased_since(
    practice: Practice, folder: Path, empty: list[str], clock: Clock, tmp_path: Path
) -> None:
    """A176, F46: nothing of them is in what can be served; the list says so."""
    uid, data = erased.known(practice, tmp_path / "old"), folder.parent
    said("backup", folder / LAST_WEEK, "--data", data)
    clock.move(days=7)
    erased.erase(practice.hall, uid)
    into = tmp_path / "again"
    output = said("restore", folder / LAST_WEEK, "--into", into, "--data", data, *empty)
    assert (
        "2 are on the list, 1 of them were in this backup" in output
    )  # the record, and the one merged into it
    again = Hall.open(Config.load(data=into))
    assert erased.left(again) == []
    again.database.dispose()


@on_sqlite
def test_it_is_written_in_the_act(practice: Practice, folder: Path) -> None:
    uid = gone(practice)
    assert read(folder / NAME) == {uid: practice.clock.now}


@on_sqlite
def test_it_tells_of_nobody(practice: Practice, folder: Path) -> None:
    uid = gone(practice)
    head, line = (folder / NAME).read_text().splitlines()
    assert (head[0], line) == ("#", f"2027-03-03T07:00:00+00:00 {uid}")


@on_sqlite
def test_an_act_that_is_taken_back_leaves_no_line(practice: Practice, folder: Path) -> None:
    uid = been(practice)
    practice.clock.move(days=2)

    def work(session: Session) -> None:
        erasure.erase(session, practice.hall, erased.OWNER, uid)
        raise LookupError

    with pytest.raises(LookupError):
        practice.hall.database.write(work)
    assert not (folder / NAME).exists()


@on_sqlite
def test_the_worker_writes_what_a_killed_process_did_not(practice: Practice, folder: Path) -> None:
    """F1: killed between the commit and the line."""
    uid = gone(practice)
    (folder / NAME).unlink()
    config = practice.hall.plugins.instance("vorzimmer_backup").config
    practice.hall.database.write(
        lambda session: nightly.look(session, practice.clock.now, hall=practice.hall, config=config)
    )
    assert list(read(folder / NAME)) == [uid]


@on_sqlite
def test_a_backup_elsewhere_has_its_list_beside_it(practice: Practice, tmp_path: Path) -> None:
    uid = gone(practice)
    said("backup", tmp_path / "one.vorzimmer", "--data", practice.hall.config.data)
    assert list(read(tmp_path / NAME)) == [uid]


@on_sqlite
def test_it_forgets_no_line_that_the_table_lacks(practice: Practice, folder: Path) -> None:
    """After a restore without it: the next erasure does not throw it away."""
    (folder / NAME).write_text("2027-02-01T10:00:00+00:00 of-before\n")
    uid = gone(practice)
    assert list(read(folder / NAME)) == ["of-before", uid]


@on_sqlite
def test_a_restore_without_it_says_so(practice: Practice, folder: Path, tmp_path: Path) -> None:
    acts.book(practice.hall)
    said("backup", folder / LAST_WEEK, "--data", folder.parent)
    output = said("restore", folder / LAST_WEEK, "--into", tmp_path / "again", "--data", folder.parent)
    assert f"there is no list {folder / NAME}" in output


@on_sqlite
def test_it_can_be_named(practice: Practice, folder: Path, tmp_path: Path) -> None:
    """The machine is lost, the list came from elsewhere."""
    uid = been(practice)
    said("backup", folder / LAST_WEEK, "--data", folder.parent)
    other = tmp_path / "list.txt"
    other.write_text(f"{practice.clock.now + timedelta(days=1):%Y-%m-%dT%H:%M:%S%z} {uid}\n")
    arguments = ("--into", tmp_path / "again", "--data", folder.parent, "--erasures", other)
    assert "1 of them were in this backup" in said("restore", folder / LAST_WEEK, *arguments)


@on_sqlite
def test_a_list_that_cannot_be_read_restores_nothing(
    practice: Practice, folder: Path, tmp_path: Path
) -> None:
    said("backup", folder / LAST_WEEK, "--data", folder.parent)
    (folder / NAME).write_text("yesterday somebody\n")
    result = run("restore", folder / LAST_WEEK, "--into", tmp_path / "again", "--data", folder.parent)
    assert (result.exit_code, (tmp_path / "again").exists()) == (1, False)


@on_sqlite
def test_a_backup_verifies_with_the_list_beside_it(practice: Practice, folder: Path) -> None:
    """Counts and hashes are those of the backup, before anybody is erased again."""
    uid = been(practice)
    said("backup", folder / LAST_WEEK, "--data", folder.parent)
    gone(practice, uid)
    assert "is whole" in said("restore", "--verify", folder / LAST_WEEK, "--data", folder.parent)
