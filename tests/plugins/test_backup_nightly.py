"""The worker's backups: every night, checked, kept by number and age; and before an update (D6, F50)."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.servers import eventually
from vorzimmer import database, hookspecs
from vorzimmer.hookspecs import Level
from vorzimmer.messages.worker import Worker
from vorzimmer.models import AuditEntry
from vorzimmer.reasons import PluginFailed
from vorzimmer.settings.config import ConfigError
from vorzimmer.testing import Practice
from vorzimmer_backup import archive, key, making, nightly, state
from vorzimmer_backup.damage import Damaged, why
from vorzimmer_backup.manifest import Contents, File, Manifest, of_file
from vorzimmer_backup.restoring import restore
from vorzimmer_backup.settings import Config


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"plugins": {"vorzimmer_backup": {"at": "02:30", "number": 2, "days": 10}}}


def known(practice: Practice) -> state.State:
    with practice.hall.database.reading() as session:
        return state.read(session)


def made(practice: Practice) -> list[str]:
    return sorted(path.name for path in (practice.hall.config.data / "backups").glob("*.vorzimmer"))


def findings(practice: Practice) -> list[hookspecs.Finding]:
    with practice.hall.database.reading() as session:
        return practice.hall.plugins.ask(hookspecs.findings, session=session, hall=practice.hall)


def test_the_worker_makes_one_when_its_time_has_come(practice: Practice) -> None:
    """D6; the clock of `practice` stands at Monday 08:00 in Berlin."""
    worker = Worker(practice.hall)
    worker.run_due()
    practice.clock.now += timedelta(hours=18)  # 02:00
    worker.run_due()
    assert known(practice).tried is None
    practice.clock.now += timedelta(minutes=35)
    worker.run_due()
    eventually(lambda: known(practice).good, "the backup")
    eventually(lambda: made(practice) == ["2027-03-02-013500.vorzimmer"], "the file of 02:35 in Berlin")
    assert [one.level for one in findings(practice)] == [Level.GOOD]
    with practice.hall.database.reading() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.act == "backup_made")).one()


def test_a_night_has_one_backup_and_a_failure_another_try_in_an_hour() -> None:
    wanted = datetime(2027, 3, 2, 1, 30, tzinfo=UTC)
    before, after = wanted - timedelta(hours=1), wanted + timedelta(minutes=1)
    one = state.State(since=before)
    assert nightly.is_due(one, after, wanted)
    tried = one.model_copy(update={"tried": after})
    assert not nightly.is_due(tried, after + timedelta(hours=5), wanted)
    broken = tried.model_copy(update={"error": "disk full"})
    assert not nightly.is_due(broken, after + timedelta(minutes=59), wanted)
    assert nightly.is_due(broken, after + timedelta(minutes=60), wanted)


def config_of(practice: Practice) -> Config:
    found: Config = practice.hall.plugins.instance("vorzimmer_backup").config
    return found


def test_old_ones_go_by_number_and_age_and_the_newest_stays(practice: Practice, tmp_path: Path) -> None:
    names = [
        "2027-02-01-013000.vorzimmer",
        "2027-02-26-013000.vorzimmer",
        "2027-02-27-013000.vorzimmer",
        "2027-02-28-013000.vorzimmer",
        "2027-02-10-100000-before-update.vorzimmer",
        "2027-02-25-100000-before-update.vorzimmer",
        "mine.vorzimmer",
    ]
    for name in names:
        (tmp_path / name).touch()

    def left(days: int) -> list[str]:
        nightly.clear(tmp_path, config_of(practice), practice.clock.now + timedelta(days=days))
        return sorted(path.stem for path in tmp_path.glob("*.vorzimmer"))

    kept = ["2027-02-25-100000-before-update", "2027-02-27-013000", "2027-02-28-013000", "mine"]
    assert left(0) == kept
    assert left(400) == ["2027-02-28-013000", "mine"]


def test_a_backup_that_fails_is_told(practice: Practice) -> None:
    """D6: a file stands where the folder should be."""
    (practice.hall.config.data / "backups").write_text("in the way")
    assert not nightly.make_one(practice.hall, config_of(practice))
    wrong = [one for one in findings(practice) if one.level is Level.WRONG]
    assert "the last one failed" in str(wrong[0])


def test_a_database_that_is_damaged_makes_no_good_backup(practice: Practice) -> None:
    """F48: a reference into nothing, written past every guard."""
    path = practice.hall.config.data / "vorzimmer.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE resource SET location_id = 999 WHERE slug = 'raum-1'")
        connection.commit()
    assert not nightly.make_one(practice.hall, config_of(practice))
    assert "table resource" in known(practice).error


def test_an_update_makes_a_backup_first_and_nothing_changes_without_one(
    practice: Practice,
) -> None:
    """F50: an older version is made by taking a plugin's tables away."""
    hall = practice.hall
    with hall.database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("DROP TABLE vorzimmer_absences_absence"))
        connection.execute(text("DROP TABLE vorzimmer_absences_version"))
    behind = [("vorzimmer_absences", dict(hall.plugins.migrations())["vorzimmer_absences"])]
    (hall.config.data / "backups").write_text("in the way")
    with pytest.raises(PluginFailed):
        hall.migrate()
    with hall.database.engine.connect() as connection:
        assert database.behind(connection, behind) == ["vorzimmer_absences"]
    (hall.config.data / "backups").unlink()
    hall.migrate()
    with hall.database.engine.connect() as connection:
        assert database.behind(connection, behind) == []
    assert [name.partition("-before-")[2] for name in made(practice)] == ["update.vorzimmer"]
    hall.migrate()
    assert len(made(practice)) == 1


def test_an_operator_may_do_without_a_backup_before_an_update(practice: Practice) -> None:
    plugin = practice.hall.plugins.instance("vorzimmer_backup")
    plugin.config = plugin.config.model_copy(update={"before_update": False})
    practice.hall.plugins.ask(hookspecs.schema_outdated, hall=practice.hall)
    assert made(practice) == []


# ---- what an archive may not be ----------------------------------------------------------------------------


def archived(tmp_path: Path, names: dict[str, File], root: Path) -> Path:
    contents = Contents(tables={}, versions={})
    manifest = Manifest.model_construct(
        format=1,
        made_at=datetime(2027, 3, 1, tzinfo=UTC),
        practice="x",
        server="1",
        database="sqlite",
        contents=contents,
        files=names,
    )
    target = tmp_path / "odd.vorzimmer"
    archive.write(target, "k" * 20, manifest, root)
    return target


@pytest.mark.parametrize("name", ["../out", "/etc/hostname", "a/../../out", "a\\b"])
def test_a_name_that_leads_out_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    """A157: even with the right key."""
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    if not name.startswith("/"):
        (root / name).write_text("x")
    odd = archived(tmp_path, {name: File(size=0, sha256="")}, root)
    with pytest.raises(Damaged, match="its manifest cannot be read"), archive.opened(odd, "k" * 20):
        pytest.fail("it was opened")


def test_a_file_that_is_not_what_the_manifest_says_is_named(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "one").write_text("one")
    odd = archived(tmp_path, {"one": File(size=3, sha256="0" * 64)}, tmp_path / "root")
    with pytest.raises(Damaged, match="one is not what the manifest says"):
        restore(odd, "k" * 20, tmp_path / "into", "", len, {})
    assert list((tmp_path / "into").iterdir()) == []


def test_a_manifest_of_another_format_is_refused(tmp_path: Path) -> None:
    """X15: what a later version writes means something else."""
    (tmp_path / "root").mkdir()
    with archive.opened(archived(tmp_path, {}, tmp_path / "root"), "k" * 20) as reader:
        later = reader.manifest.model_copy(update={"format": 2})
    file = tmp_path / "later.vorzimmer"
    archive.write(file, "k" * 20, later, tmp_path / "root")
    with pytest.raises(Damaged, match="this server knows format 1"), archive.opened(file, "k" * 20):
        pytest.fail("it was opened")


def test_what_is_larger_than_the_disk_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X15: a small file may unpack to more than any disk holds."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "bomb").write_bytes(bytes(3 << 20))
    bomb = archived(tmp_path, {"bomb": of_file(tmp_path / "root" / "bomb")}, tmp_path / "root")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=2 << 20))
    with pytest.raises(Damaged, match="3 MB are in it, 2 MB are free"):
        restore(bomb, "k" * 20, tmp_path / "into", "", len, {})
    assert list((tmp_path / "into").iterdir()) == []


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    """X14: with the place that is full."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert why(full, tmp_path / "a") == f"no space is left on the disk: {tmp_path / 'a'} cannot be written"
    named = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/one", None, "/mnt/two")
    assert why(named, tmp_path) == "no space is left on the disk: /mnt/two cannot be written"


def test_a_key_too_short_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key.VARIABLE, "short")
    with pytest.raises(ConfigError, match="at least 16"):
        key.known(tmp_path)


def test_the_environment_gives_the_key(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key.VARIABLE, "a-key-of-the-operators-own")
    target = practice.hall.config.data / "one.vorzimmer"
    making.make(practice.hall, target)
    assert not (practice.hall.config.data / key.FILE).exists()
    with archive.opened(target, "a-key-of-the-operators-own") as reader:
        assert reader.manifest.practice == "Praxis am Markt"
