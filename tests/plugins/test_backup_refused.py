"""What `backup` and `restore` refuse, in words (F48, A157, A173)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import acts
from tests.plugins.test_backup import _mask, data, run, said, saved
from vorzimmer.testing import Practice

__all__ = ["_mask", "data"]


@pytest.fixture
def database_url() -> str:
    return ""


def failed(*arguments: object, given: str = "") -> str:
    return said(run(*arguments, given=given), code=1)


def test_a_flipped_byte_is_named_and_nothing_is_restored(practice: Practice, data: Path) -> None:
    """F48: in the middle of the sealed file, wherever it is."""
    file = saved(data)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    said_of_it = failed("restore", file, "--into", data.parent / "again", "--data", data)
    assert "damaged between byte 58 and byte" in said_of_it.replace(",", "")
    assert list((data.parent / "again").iterdir()) == []
    assert "damaged between byte" in failed("restore", "--verify", file, "--data", data)


def test_a_backup_that_is_cut_off_is_named(practice: Practice, data: Path) -> None:
    file = saved(data)
    file.write_bytes(file.read_bytes()[:-7])
    assert "or cut off there" in failed("restore", "--verify", file, "--data", data)


def test_a_wrong_key_opens_nothing(practice: Practice, data: Path) -> None:
    file = saved(data)
    (data / "other.key").write_text("this-is-another-key-altogether")
    options = ["--key-file", data / "other.key", "--into", data.parent / "again"]
    assert "the key is not that of this backup" in failed("restore", file, *options)


def test_whoever_made_a_backup_is_not_asked_for_its_key(practice: Practice, data: Path) -> None:
    file = saved(data)
    said(run("restore", "--verify", file, "--data", data.parent / "nowhere"))


def test_the_key_may_be_typed_on_a_new_machine(
    practice: Practice, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, secret = saved(data), (data / "backup.key").read_text()
    monkeypatch.setenv("XDG_STATE_HOME", str(data.parent / "elsewhere"))
    said(
        run("restore", file, "--into", data.parent / "again", "--data", data.parent / "nowhere", given=secret)
    )


def test_a_folder_that_holds_anything_is_left_alone(practice: Practice, data: Path) -> None:
    file = saved(data)
    (data.parent / "again").mkdir()
    (data.parent / "again" / "mine").write_text("mine")
    assert "is not empty" in failed("restore", file, "--into", data.parent / "again", "--data", data)
    assert (data.parent / "again" / "mine").read_text() == "mine"


def test_a_file_that_is_there_is_not_written_over(practice: Practice, data: Path) -> None:
    file = saved(data)
    before = file.read_bytes()
    assert "is there already" in failed("backup", file, "--data", data)
    assert file.read_bytes() == before


def test_a_backup_is_its_owners_alone_and_shows_no_secret(practice: Practice, data: Path) -> None:
    """A173, A174: neither the key nor anything else can be read in it."""
    acts.book(practice.hall)
    file = saved(data)
    assert file.stat().st_mode & 0o077 == 0
    content = file.read_bytes()
    assert not [
        secret for secret in (practice.hall.config.secret_key, b"olga@", b"Praxis") if secret in content
    ]
